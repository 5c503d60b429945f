//! Correct: scoped threads of the standard library, one chunk of the files for each.

use std::fs;
use std::path::PathBuf;
use std::thread;

const THREADS: usize = 8;

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

    let size = files.len().div_ceil(THREADS).max(1);
    let total: u64 = thread::scope(|s| {
        let handles: Vec<_> = files
            .chunks(size)
            .map(|chunk| s.spawn(move || chunk.iter().map(product).sum::<u64>()))
            .collect();
        handles.into_iter().map(|h| h.join().unwrap()).sum()
    });
    println!("{total}");
}
