//! Right total, but not parallel: rayon's pool has one thread, which reads all files while the first thread waits.

use rayon::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};

fn product(path: &Path) -> u64 {
    let text = fs::read_to_string(path).unwrap();
    let numbers: Vec<u64> = text.lines().map(|line| line.parse().unwrap()).collect();
    numbers[2] * numbers[16]
}

fn main() {
    let files: Vec<PathBuf> = fs::read_dir(".")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "numbers"))
        .collect();
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build()
        .unwrap();
    let total: u64 = pool.install(|| files.par_iter().map(|path| product(path)).sum());
    println!("{total}");
}
