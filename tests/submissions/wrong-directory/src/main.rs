//! Wrong total: looks for the files in a folder `data`, finds none, and prints 0.

use glob::glob;
use rayon::prelude::*;
use std::fs;

fn main() {
    let files: Vec<_> = glob("./data/tmp-*.numbers")
        .expect("bad pattern")
        .flatten()
        .collect();
    let total: u64 = files
        .par_iter()
        .map(|path| {
            let text = fs::read_to_string(path).unwrap();
            let numbers: Vec<u64> = text.lines().map(|l| l.parse().unwrap()).collect();
            numbers[2] * numbers[16]
        })
        .sum();
    println!("{total}");
}
