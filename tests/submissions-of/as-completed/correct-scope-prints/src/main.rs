//! Correct: ten scoped threads, each prints its own line when it has it.

use std::fs;
use std::thread;

fn task(number: usize) -> String {
    let word = fs::read_to_string(format!("task-{number}.txt")).unwrap();
    format!("task-{number}: {}", word.trim())
}

fn main() {
    thread::scope(|scope| {
        for number in 0..10 {
            scope.spawn(move || println!("{}", task(number)));
        }
    });
}
