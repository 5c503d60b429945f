//! Correct: the receiver of a channel waits with a limit, looks without waiting, and waits without a limit.

use std::fs;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

fn read_number(file: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap();
    text.trim().parse().unwrap()
}

fn submit(file: &'static str) -> Receiver<u64> {
    let (sender, receiver) = channel();
    thread::spawn(move || sender.send(read_number(file)));
    receiver
}

fn main() {
    let limit = Duration::from_millis(500);
    let quick = submit("quick.txt");
    let slow = submit("slow.txt");
    match quick.recv_timeout(limit) {
        Ok(number) => println!("quick: {number}"),
        Err(_) => println!("quick: timed out"),
    }
    let mut result = slow.try_recv().ok();
    println!("done: {}", result.is_some());
    if result.is_none() {
        result = slow.recv_timeout(limit).ok();
    }
    if result.is_none() {
        println!("timed out");
    }
    let result = result.unwrap_or_else(|| slow.recv().unwrap());
    println!("result: {result}");
    println!("done: true");
}
