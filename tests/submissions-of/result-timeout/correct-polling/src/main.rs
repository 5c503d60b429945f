//! Correct: looks every millisecond whether a thread has ended, until the limit is reached.

use std::fs;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

fn read_number(file: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap();
    text.trim().parse().unwrap()
}

fn wait_at_most(task: &JoinHandle<u64>, limit: Duration) -> bool {
    let begin = Instant::now();
    while !task.is_finished() && begin.elapsed() < limit {
        thread::sleep(Duration::from_millis(1));
    }
    task.is_finished()
}

fn main() {
    let limit = Duration::from_millis(500);
    let quick = thread::spawn(|| read_number("quick.txt"));
    let slow = thread::spawn(|| read_number("slow.txt"));
    if wait_at_most(&quick, limit) {
        println!("quick: {}", quick.join().unwrap());
    }
    println!("done: {}", slow.is_finished());
    if !wait_at_most(&slow, limit) {
        println!("timed out");
    }
    let result = slow.join().unwrap();
    println!("result: {result}\ndone: true");
}
