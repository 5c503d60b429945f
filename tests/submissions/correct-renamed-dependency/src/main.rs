//! Correct: uses rayon under another name, given in the manifest.

use par::prelude::*;
use std::fs;

fn main() {
    let files: Vec<_> = fs::read_dir(".").unwrap().collect();
    let total: u64 = files
        .into_par_iter()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "numbers"))
        .map(|path| fs::read_to_string(path).unwrap())
        .map(|text| {
            let lines: Vec<&str> = text.lines().collect();
            let x: u64 = lines[2].parse().unwrap();
            let y: u64 = lines[16].parse().unwrap();
            x * y
        })
        .sum();
    println!("{total}");
}
