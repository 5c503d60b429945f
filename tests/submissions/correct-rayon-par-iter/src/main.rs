//! Correct: a rayon parallel iterator maps every file to its product and sums them.

use rayon::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};

fn product(path: &Path) -> u64 {
    let text = fs::read_to_string(path).expect("cannot read file");
    let lines: Vec<&str> = text.lines().collect();
    let a: u64 = lines[2].trim().parse().expect("line 3 is not a number");
    let b: u64 = lines[16].trim().parse().expect("line 17 is not a number");
    a * b
}

fn main() {
    let paths: Vec<PathBuf> = fs::read_dir(".")
        .expect("cannot list the folder")
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "numbers"))
        .collect();
    let total: u64 = paths.par_iter().map(|path| product(path)).sum();
    println!("{total}");
}
