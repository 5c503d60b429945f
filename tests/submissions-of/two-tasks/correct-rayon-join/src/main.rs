//! Correct: `rayon::join` runs two closures at the same time.

use std::fs;

fn read_number(file: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap();
    text.trim().parse().unwrap()
}

fn main() {
    let (first, second) = rayon::join(|| read_number("first.txt"), || read_number("second.txt"));
    println!("first: {first}\nsecond: {second}");
}
