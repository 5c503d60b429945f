//! Right total, but not parallel: the guard in the `while let` lives as long as the loop's body, so the reading is locked too.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;

fn main() {
    let files: Vec<PathBuf> = fs::read_dir(".")
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|x| x == "numbers"))
        .collect();
    let queue = Arc::new(Mutex::new(files));

    let handles: Vec<_> = (0..8)
        .map(|_| {
            let queue = Arc::clone(&queue);
            thread::spawn(move || {
                let mut sum = 0u64;
                while let Some(path) = queue.lock().unwrap().pop() {
                    let text = fs::read_to_string(path).unwrap();
                    let numbers: Vec<u64> = text.lines().map(|l| l.parse().unwrap()).collect();
                    sum += numbers[2] * numbers[16];
                }
                sum
            })
        })
        .collect();
    let total: u64 = handles.into_iter().map(|h| h.join().unwrap()).sum();
    println!("{total}");
}
