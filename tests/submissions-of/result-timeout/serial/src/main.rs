//! Late: reads one file after the other, without a task, and has nothing to wait for.

use std::fs;
use std::time::{Duration, Instant};

fn read_number(file: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap();
    text.trim().parse().unwrap()
}

fn main() {
    let limit = Duration::from_millis(500);
    println!("quick: {}", read_number("quick.txt"));
    let begin = Instant::now();
    let result = read_number("slow.txt");
    println!("done: false");
    if begin.elapsed() > limit {
        println!("timed out");
    }
    println!("result: {result}");
    println!("done: true");
}
