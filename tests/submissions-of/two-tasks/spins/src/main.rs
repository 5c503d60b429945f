//! Everything is right, but `main` asks again and again without a pause whether both threads have ended.

use std::fs;
use std::thread;

fn read_number(file: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap();
    text.trim().parse().unwrap()
}

fn main() {
    let first = thread::spawn(|| read_number("first.txt"));
    let second = thread::spawn(|| read_number("second.txt"));
    while !(first.is_finished() && second.is_finished()) {}
    println!("first: {}", first.join().unwrap());
    println!("second: {}", second.join().unwrap());
}
