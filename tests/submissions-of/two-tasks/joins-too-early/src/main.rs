//! Right lines, but one after the other: waits for the first thread before it starts the second.

use std::fs;
use std::thread;

fn read_number(file: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap();
    text.trim().parse().unwrap()
}

fn main() {
    let first = thread::spawn(|| read_number("first.txt")).join().unwrap();
    let second = thread::spawn(|| read_number("second.txt")).join().unwrap();
    println!("first: {first}");
    println!("second: {second}");
}
