//! Correct: an unsigned fold per thread, where every thread is joined before the sums are folded again.

use std::env;
use std::fs::{self, DirEntry};
use std::thread::{self, JoinHandle};

fn fold(entries: Vec<DirEntry>) -> u64 {
    entries.iter().fold(0u64, |sum, entry| {
        let text = fs::read_to_string(entry.path()).unwrap();
        let product = text
            .lines()
            .zip(1u64..)
            .filter(|&(_, n)| n == 3 || n == 17)
            .fold(1u64, |product, (line, _)| {
                product * line.parse::<u64>().unwrap()
            });
        sum + product
    })
}

fn main() {
    let here = env::current_dir().unwrap();
    let mut entries: Vec<DirEntry> = fs::read_dir(here)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_name().to_string_lossy().ends_with(".numbers"))
        .collect();

    let mut threads: Vec<JoinHandle<u64>> = Vec::new();
    while !entries.is_empty() {
        let rest = entries.split_off(entries.len().min(50));
        threads.push(thread::spawn(move || fold(entries)));
        entries = rest;
    }
    let total = threads
        .into_iter()
        .map(|thread| thread.join().unwrap())
        .fold(0, |a, b| a + b);
    println!("{total}");
}
