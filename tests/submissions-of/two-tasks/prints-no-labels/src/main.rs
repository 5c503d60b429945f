//! Wrong output: prints the two numbers alone.

use std::fs;
use std::thread;

fn read_number(file: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap();
    text.trim().parse().unwrap()
}

fn main() {
    let first = thread::spawn(|| read_number("first.txt"));
    let second = thread::spawn(|| read_number("second.txt"));
    println!("{}", first.join().unwrap());
    println!("{}", second.join().unwrap());
}
