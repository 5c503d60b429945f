//! Right total, but changes the data: appends the product to each file as line 21.

use rayon::prelude::*;
use std::fs::{self, OpenOptions};
use std::io::Write;
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
            let numbers: Vec<u64> = text.lines().map(|l| l.parse().unwrap()).collect();
            let product = numbers[2] * numbers[16];
            let mut file = OpenOptions::new().append(true).open(path).unwrap();
            writeln!(file, "{product}").unwrap();
            product
        })
        .sum();
    println!("{total}");
}
