//! Correct: starts a thread for each file, and joins them in the order of the lines.

use std::fs;
use std::thread;

fn main() {
    let first = thread::spawn(|| read_number("first.txt"));
    let second = thread::spawn(|| read_number("second.txt"));
    println!("first: {}", first.join().unwrap());
    println!("second: {}", second.join().unwrap());
}

fn read_number(file: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap();
    text.trim().parse().unwrap()
}
