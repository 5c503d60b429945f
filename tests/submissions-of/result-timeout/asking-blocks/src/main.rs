//! Late: joins the thread to find out whether it has ended.

use std::fs;
use std::thread;

fn read_number(file: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap();
    text.trim().parse().unwrap()
}

fn main() {
    let quick = thread::spawn(|| read_number("quick.txt"));
    let slow = thread::spawn(|| read_number("slow.txt"));
    println!("quick: {}", quick.join().unwrap());
    let result = slow.join();
    println!("done: {}", result.is_ok());
    println!("timed out");
    println!("result: {}", result.unwrap());
    println!("done: true");
}
