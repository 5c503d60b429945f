//! One after the other: each thread holds the lock of the output while it reads.

use std::fs;
use std::io::{Write, stdout};
use std::thread;

fn task(number: usize) -> String {
    let word = fs::read_to_string(format!("task-{number}.txt")).unwrap();
    format!("task-{number}: {}", word.trim())
}

fn main() {
    thread::scope(|scope| {
        for number in 0..10 {
            scope.spawn(move || {
                let mut out = stdout().lock();
                writeln!(out, "{}", task(number)).unwrap();
            });
        }
    });
}
