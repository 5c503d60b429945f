//! Correct: tokio reads each file in a task for blocking work, and both are started before one is awaited.

use std::fs;
use tokio::task::spawn_blocking;

fn read_number(file: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap();
    text.trim().parse().unwrap()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let first = spawn_blocking(|| read_number("first.txt"));
    let second = spawn_blocking(|| read_number("second.txt"));
    println!("first: {}", first.await.unwrap());
    println!("second: {}", second.await.unwrap());
}
