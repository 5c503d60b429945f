//! Wrong output: copied the line that starts a thread, and did not change the name of the file.

use std::fs;
use std::thread;

fn read_number(file: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap();
    text.trim().parse().unwrap()
}

fn main() {
    let first = thread::spawn(|| read_number("first.txt"));
    let second = thread::spawn(|| read_number("first.txt"));
    println!("first: {}", first.join().unwrap());
    println!("second: {}", second.join().unwrap());
}
