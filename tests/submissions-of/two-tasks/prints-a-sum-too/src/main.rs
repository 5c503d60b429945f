//! Wrong output: prints a third line that nobody asked for.

use std::fs;
use std::thread;

fn read_number(file: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap();
    text.trim().parse().unwrap()
}

fn main() {
    let first = thread::spawn(|| read_number("first.txt"));
    let second = thread::spawn(|| read_number("second.txt"));
    let first = first.join().unwrap();
    let second = second.join().unwrap();
    println!("first: {first}");
    println!("second: {second}");
    println!("together: {}", first + second);
}
