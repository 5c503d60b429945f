//! Right lines, but one after the other: there is no thread.

use std::fs;

fn read_number(file: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap();
    text.trim().parse().unwrap()
}

fn main() {
    let first = read_number("first.txt");
    let second = read_number("second.txt");
    println!("first: {first}");
    println!("second: {second}");
}
