//! Right total, but not parallel: `map` is lazy, so each thread is started only after the one before was joined.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

fn product(path: &Path) -> u64 {
    let text = fs::read_to_string(path).unwrap();
    let numbers: Vec<u64> = text.lines().map(|l| l.parse().unwrap()).collect();
    numbers[2] * numbers[16]
}

fn files() -> Vec<PathBuf> {
    fs::read_dir(".")
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|x| x == "numbers"))
        .collect()
}

fn main() {
    let total: u64 = files()
        .chunks(125)
        .map(|chunk| {
            let chunk = chunk.to_vec();
            thread::spawn(move || chunk.iter().map(|path| product(path)).sum::<u64>())
        })
        .map(|handle| handle.join().unwrap())
        .sum();
    println!("{total}");
}
