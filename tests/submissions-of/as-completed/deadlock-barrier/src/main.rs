//! Never ends: eleven are to meet at a barrier, and `main` does not come.

use std::fs;
use std::sync::{Arc, Barrier};
use std::thread;

fn task(number: usize) -> String {
    let word = fs::read_to_string(format!("task-{number}.txt")).unwrap();
    format!("task-{number}: {}", word.trim())
}

fn main() {
    let barrier = Arc::new(Barrier::new(11));
    let handles: Vec<_> = (0..10)
        .map(|number| {
            let barrier = Arc::clone(&barrier);
            thread::spawn(move || {
                println!("{}", task(number));
                barrier.wait();
            })
        })
        .collect();
    for handle in handles {
        handle.join().unwrap();
    }
}
