//! Wrong total: starts with the product of the first file and then adds the products of all files, the first included.

use rayon::prelude::*;
use std::fs;
use std::path::PathBuf;

fn product(path: &PathBuf) -> u64 {
    let text = fs::read_to_string(path).unwrap();
    let numbers: Vec<u64> = text.lines().map(|l| l.parse().unwrap()).collect();
    numbers[2] * numbers[16]
}

fn main() {
    let mut files: Vec<PathBuf> = fs::read_dir(".")
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|x| x == "numbers"))
        .collect();
    files.sort();

    let mut total = product(&files[0]);
    total += files.par_iter().map(product).sum::<u64>();
    println!("{total}");
}
