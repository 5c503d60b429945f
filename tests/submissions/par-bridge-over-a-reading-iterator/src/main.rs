//! Right total, but not parallel: the iterator before `par_bridge` reads the files, and rayon takes one item at a time.

use rayon::prelude::*;
use std::fs;

fn main() {
    let total: u64 = fs::read_dir(".")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "numbers"))
        .map(|path| fs::read_to_string(path).unwrap())
        .par_bridge()
        .map(|text| {
            let numbers: Vec<u64> = text.lines().map(|line| line.parse().unwrap()).collect();
            numbers[2] * numbers[16]
        })
        .sum();
    println!("{total}");
}
