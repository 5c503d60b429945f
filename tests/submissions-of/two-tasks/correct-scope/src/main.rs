//! Correct: two scoped threads, and both lines are printed when the scope has ended.

use std::fs;
use std::thread;

fn read_number(file: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap();
    text.trim().parse().unwrap()
}

fn main() {
    let mut first = 0;
    let mut second = 0;
    thread::scope(|scope| {
        scope.spawn(|| first = read_number("first.txt"));
        scope.spawn(|| second = read_number("second.txt"));
    });
    println!("first: {first}");
    println!("second: {second}");
}
