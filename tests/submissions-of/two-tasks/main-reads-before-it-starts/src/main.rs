//! Right lines, but one after the other: `main` has read the first file when it starts the thread for the second.

use std::fs;
use std::thread;

fn read_number(file: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap();
    text.trim().parse().unwrap()
}

fn main() {
    let first = read_number("first.txt");
    let second = thread::spawn(|| read_number("second.txt"));
    println!("first: {first}");
    println!("second: {}", second.join().unwrap());
}
