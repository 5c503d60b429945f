//! Does not compile: gives a limit to `join`, which takes none.

use std::fs;
use std::thread;
use std::time::Duration;

fn read_number(file: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap();
    text.trim().parse().unwrap()
}

fn main() {
    let limit = Duration::from_millis(500);
    let quick = thread::spawn(|| read_number("quick.txt"));
    let slow = thread::spawn(|| read_number("slow.txt"));
    println!("quick: {}", quick.join(limit).unwrap());
    println!("done: {}", slow.is_finished());
    match slow.join(limit) {
        Ok(number) => println!("slow: {number}"),
        Err(_) => println!("timed out"),
    }
    println!("result: {}", slow.join().unwrap());
    println!("done: true");
}
