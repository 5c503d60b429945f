//! Right: edition 2018, which the compiler knows as well.

use rayon::prelude::*;
use std::fs;
use std::path::PathBuf;

fn main() {
    let files: Vec<PathBuf> = fs::read_dir(".")
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().map_or(false, |x| x == "numbers"))
        .collect();
    let total: u64 = files
        .par_iter()
        .map(|path| {
            let text = fs::read_to_string(path).unwrap();
            let numbers: Vec<u64> = text.lines().map(|l| l.parse().unwrap()).collect();
            numbers[2] * numbers[16]
        })
        .sum();
    println!("{}", total);
}
