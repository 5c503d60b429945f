//! Wrong total: counts lines from zero, so it multiplies lines 4 and 18.

use rayon::prelude::*;
use std::fs;
use std::path::PathBuf;

fn main() {
    let paths: Vec<PathBuf> = fs::read_dir(".")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "numbers"))
        .collect();
    let total: u64 = paths
        .par_iter()
        .map(|path| {
            let text = fs::read_to_string(path).unwrap();
            let lines: Vec<u64> = text.lines().map(|line| line.parse().unwrap()).collect();
            lines[3] * lines[17]
        })
        .sum();
    println!("{total}");
}
