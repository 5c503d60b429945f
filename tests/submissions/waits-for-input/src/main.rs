//! Crashes: asks at standard input how many threads to start, and nobody answers.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;

fn product(path: &Path) -> u64 {
    let text = fs::read_to_string(path).unwrap();
    let numbers: Vec<u64> = text.lines().map(|line| line.parse().unwrap()).collect();
    numbers[2] * numbers[16]
}

fn main() {
    println!("How many threads?");
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).unwrap();
    let threads: usize = answer.trim().parse().unwrap();
    let files: Vec<PathBuf> = fs::read_dir(".")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "numbers"))
        .collect();
    let total: u64 = thread::scope(|scope| {
        let parts: Vec<_> = files
            .chunks(files.len().div_ceil(threads))
            .map(|part| scope.spawn(move || part.iter().map(|path| product(path)).sum::<u64>()))
            .collect();
        parts.into_iter().map(|part| part.join().unwrap()).sum()
    });
    println!("{total}");
}
