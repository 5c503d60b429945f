//! Refused: takes rayon from a git repository instead of the registry.

use rayon::prelude::*;
use std::fs;

fn main() {
    let files: Vec<_> = fs::read_dir(".").unwrap().flatten().collect();
    let total: u64 = files
        .par_iter()
        .map(|entry| {
            let text = fs::read_to_string(entry.path()).unwrap();
            let numbers: Vec<u64> = text.lines().map(|l| l.parse().unwrap()).collect();
            numbers[2] * numbers[16]
        })
        .sum();
    println!("{total}");
}
