//! Correct: rayon reads the files, and a thread beside it prints every 10 ms how many are done.

use rayon::prelude::*;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

fn product(path: &PathBuf) -> u64 {
    let text = fs::read_to_string(path).unwrap();
    let numbers: Vec<u64> = text.lines().map(|l| l.parse().unwrap()).collect();
    numbers[2] * numbers[16]
}

fn main() {
    let files: Vec<PathBuf> = fs::read_dir(".")
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().map_or(false, |x| x == "numbers"))
        .collect();

    let done = AtomicUsize::new(0);
    let finished = AtomicBool::new(false);
    let total: u64 = thread::scope(|s| {
        s.spawn(|| {
            while !finished.load(Ordering::SeqCst) {
                eprintln!("{} of {}", done.load(Ordering::SeqCst), files.len());
                thread::sleep(Duration::from_millis(10));
            }
        });
        let total = files
            .par_iter()
            .map(|path| {
                let product = product(path);
                done.fetch_add(1, Ordering::SeqCst);
                product
            })
            .sum();
        finished.store(true, Ordering::SeqCst);
        total
    });
    println!("{total}");
}
