//! Does not compile: joins the handles by reference.

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
    for part in files.chunks(files.len().div_ceil(8)) {
        let part = part.to_vec();
        workers.push(thread::spawn(move || {
            part.iter().map(|path| product(path)).sum::<u64>()
        }));
    }
    let mut total = 0;
    for worker in &workers {
        total += worker.join().unwrap();
    }
    println!("{total}");
}
