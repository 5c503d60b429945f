//! Does not compile: the threads borrow the list of names of `main`.

use std::fs;
use std::thread;

fn read_number(file: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap();
    text.trim().parse().unwrap()
}

fn main() {
    let names = vec!["first.txt".to_string(), "second.txt".to_string()];
    let first = thread::spawn(|| read_number(&names[0]));
    let second = thread::spawn(|| read_number(&names[1]));
    println!("first: {}", first.join().unwrap());
    println!("second: {}", second.join().unwrap());
}
