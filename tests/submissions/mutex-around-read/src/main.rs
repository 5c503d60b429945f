//! Right total, but not parallel: eight threads hold one mutex while they read, so only one reads at a time.

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
    let total = Arc::new(Mutex::new(0u64));

    let mut handles = Vec::new();
    for chunk in files.chunks(files.len().div_ceil(8).max(1)) {
        let chunk = chunk.to_vec();
        let total = Arc::clone(&total);
        handles.push(thread::spawn(move || {
            for path in chunk {
                let mut total = total.lock().unwrap();
                let text = fs::read_to_string(path).unwrap();
                let numbers: Vec<u64> = text.lines().map(|l| l.parse().unwrap()).collect();
                *total += numbers[2] * numbers[16];
            }
        }));
    }
    for handle in handles {
        handle.join().unwrap();
    }
    println!("{}", total.lock().unwrap());
}
