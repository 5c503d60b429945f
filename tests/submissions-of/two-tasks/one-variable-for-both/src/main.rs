//! Wrong output: both threads store into one variable, so the last one wins.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

fn read_number(file: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap();
    text.trim().parse().unwrap()
}

fn main() {
    let number = Arc::new(AtomicU64::new(0));
    let handles = ["first.txt", "second.txt"].map(|file| {
        let number = Arc::clone(&number);
        thread::spawn(move || number.store(read_number(file), Ordering::Relaxed))
    });
    for handle in handles {
        handle.join().unwrap();
    }
    println!("first: {}", number.load(Ordering::Relaxed));
    println!("second: {}", number.load(Ordering::Relaxed));
}
