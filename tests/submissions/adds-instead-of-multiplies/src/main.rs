//! Wrong total: adds lines 3 and 17 of each file instead of multiplying them.

use rayon::prelude::*;
use std::fs;
use std::path::Path;

fn sum_of_lines(path: &Path) -> u64 {
    let text = fs::read_to_string(path).unwrap();
    text.lines()
        .enumerate()
        .filter(|(i, _)| *i == 2 || *i == 16)
        .map(|(_, line)| line.parse::<u64>().unwrap())
        .sum()
}

fn main() {
    let total: u64 = fs::read_dir(".")
        .unwrap()
        .par_bridge()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "numbers"))
        .map(|path| sum_of_lines(&path))
        .sum();
    println!("{total}");
}
