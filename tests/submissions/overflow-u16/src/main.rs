//! Wrong total: adds in 16 bits and wraps around.

use rayon::prelude::*;
use std::fs;
use std::path::PathBuf;

fn product(path: &PathBuf) -> u16 {
    let text = fs::read_to_string(path).unwrap();
    let numbers: Vec<u16> = text.lines().map(|l| l.parse().unwrap()).collect();
    numbers[2].wrapping_mul(numbers[16])
}

fn main() {
    let files: Vec<PathBuf> = fs::read_dir(".")
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|x| x == "numbers"))
        .collect();
    // it panicked with "attempt to add with overflow", so I use wrapping_add
    let total = files
        .par_iter()
        .map(product)
        .reduce(|| 0, u16::wrapping_add);
    println!("{total}");
}
