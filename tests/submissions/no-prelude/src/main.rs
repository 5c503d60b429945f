//! Does not compile: uses `par_iter` of rayon without its prelude.

use std::fs;
use std::path::{Path, PathBuf};

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
    let total: u64 = files.par_iter().map(|path| product(path)).sum();
    println!("{total}");
}
