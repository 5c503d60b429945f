//! Correct: looks every millisecond whether both threads have ended.

use std::fs;
use std::thread;
use std::time::Duration;

fn read_number(file: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap();
    text.trim().parse().unwrap()
}

fn main() {
    let first = thread::spawn(|| read_number("first.txt"));
    let second = thread::spawn(|| read_number("second.txt"));
    while !(first.is_finished() && second.is_finished()) {
        thread::sleep(Duration::from_millis(1));
    }
    println!("first: {}", first.join().unwrap());
    println!("second: {}", second.join().unwrap());
}
