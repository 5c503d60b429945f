//! Crashes: parses the text with its line end.

use std::fs;
use std::thread;

fn read_number(file: &str) -> u64 {
    fs::read_to_string(file).unwrap().parse().unwrap()
}

fn main() {
    let first = thread::spawn(|| read_number("first.txt"));
    let second = thread::spawn(|| read_number("second.txt"));
    println!("first: {}", first.join().unwrap());
    println!("second: {}", second.join().unwrap());
}
