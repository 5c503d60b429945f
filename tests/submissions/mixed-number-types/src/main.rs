//! Does not compile: adds numbers of 64 bits to a total of 32 bits.

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
    let total: u32 = thread::scope(|scope| {
        let mut workers = Vec::new();
        for part in files.chunks(files.len().div_ceil(8)) {
            workers.push(scope.spawn(move || part.iter().map(|path| product(path)).sum::<u64>()));
        }
        let mut total: u32 = 0;
        for worker in workers {
            let sum: u32 = worker.join().unwrap();
            total += sum;
        }
        total
    });
    println!("{total}");
}
