//! One after the other: waits for each thread before it starts the next.

use std::fs;
use std::thread;

fn task(number: usize) -> String {
    let word = fs::read_to_string(format!("task-{number}.txt")).unwrap();
    format!("task-{number}: {}", word.trim())
}

fn main() {
    for number in 0..10 {
        let handle = thread::spawn(move || task(number));
        println!("{}", handle.join().unwrap());
    }
}
