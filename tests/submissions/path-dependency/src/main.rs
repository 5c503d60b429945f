//! Refused: depends on a crate in a folder of its own, by path (the total would be right).

use rayon::prelude::*;
use std::fs;
use std::path::PathBuf;

fn main() {
    let files: Vec<PathBuf> = fs::read_dir(".")
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|x| x == "numbers"))
        .collect();
    let total: u64 = files.par_iter().map(|p| product::product(p)).sum();
    println!("{total}");
}
