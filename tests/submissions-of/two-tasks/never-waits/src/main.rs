//! Wrong output: nothing waits for the threads, which end with `main`.

use std::fs;
use std::thread;

fn read_number(file: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap();
    text.trim().parse().unwrap()
}

fn main() {
    thread::spawn(|| println!("first: {}", read_number("first.txt")));
    thread::spawn(|| println!("second: {}", read_number("second.txt")));
}
