//! Does not compile: the first turn of the loop moves the files into its thread.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

fn product(path: &Path) -> u64 {
    let text = fs::read_to_string(path).unwrap();
    let numbers: Vec<u64> = text.lines().map(|line| line.parse().unwrap()).collect();
    numbers[2] * numbers[16]
}

fn data_files() -> Vec<PathBuf> {
    fs::read_dir(".")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "numbers"))
        .collect()
}

fn main() {
    let files = data_files();
    let mut workers = Vec::new();
    for number in 0..8 {
        workers.push(thread::spawn(move || {
            files
                .iter()
                .skip(number)
                .step_by(8)
                .map(|path| product(path))
                .sum::<u64>()
        }));
    }
    let total: u64 = workers
        .into_iter()
        .map(|worker| worker.join().unwrap())
        .sum();
    println!("{total}");
}
