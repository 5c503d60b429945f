//! Crashes: `read_line` keeps the line end, and `parse` takes no line end.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::thread;

fn product(path: &Path) -> u64 {
    let mut file = BufReader::new(File::open(path).unwrap());
    let mut numbers: Vec<u64> = Vec::new();
    for _ in 0..17 {
        let mut line = String::new();
        file.read_line(&mut line).unwrap();
        numbers.push(line.parse().unwrap());
    }
    numbers[2] * numbers[16]
}

fn main() {
    let files: Vec<PathBuf> = fs::read_dir(".")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "numbers"))
        .collect();
    let total: u64 = thread::scope(|scope| {
        let parts: Vec<_> = files
            .chunks(files.len().div_ceil(8))
            .map(|part| scope.spawn(move || part.iter().map(|path| product(path)).sum::<u64>()))
            .collect();
        parts.into_iter().map(|part| part.join().unwrap()).sum()
    });
    println!("{total}");
}
