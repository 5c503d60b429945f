//! Crashes: expects a line 21 in every file and unwraps what is not there.

use rayon::prelude::*;
use std::fs;
use std::path::PathBuf;

fn main() {
    let files: Vec<PathBuf> = fs::read_dir(".")
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|x| x == "numbers"))
        .collect();
    let total: u64 = files
        .par_iter()
        .map(|path| {
            let text = fs::read_to_string(path).unwrap();
            let mut lines = text.lines();
            let third: u64 = lines.nth(3).unwrap().parse().unwrap();
            let seventeenth: u64 = lines.nth(16).unwrap().parse().unwrap();
            third * seventeenth
        })
        .sum();
    println!("{total}");
}
