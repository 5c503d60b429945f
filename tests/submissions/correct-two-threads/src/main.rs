//! Correct: two threads, the first with two files more than the second.

use std::fs;
use std::path::PathBuf;
use std::thread;

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

    let mut total = 0;
    thread::scope(|s| {
        let handles: Vec<_> = files
            .chunks(files.len() / 2 + 1)
            .map(|half| s.spawn(move || half.iter().map(product).sum::<u64>()))
            .collect();
        for handle in handles {
            total += handle.join().unwrap();
        }
    });
    println!("{total}");
}
