//! Right lines, but one after the other: the tasks are async, and read with the blocking functions of the standard library.

use std::fs;

async fn read_number(file: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap();
    text.trim().parse().unwrap()
}

#[tokio::main]
async fn main() {
    let (first, second) = tokio::join!(read_number("first.txt"), read_number("second.txt"));
    println!("first: {first}");
    println!("second: {second}");
}
