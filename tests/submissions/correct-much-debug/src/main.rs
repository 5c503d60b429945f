//! Correct: prints a line per file on both standard output and standard error, and the total last.

use rayon::prelude::*;
use std::fs;
use std::path::PathBuf;

fn main() {
    let mut paths: Vec<PathBuf> = fs::read_dir(".")
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    eprintln!("DEBUG: {} entries in the folder", paths.len());
    paths.retain(|p| p.extension().is_some_and(|x| x == "numbers"));
    paths.sort();
    println!("found {} files", paths.len());
    eprintln!("DEBUG: first file is {:?}", paths.first());

    let total: u64 = paths
        .par_iter()
        .map(|path| {
            let text = fs::read_to_string(path).unwrap();
            let numbers: Vec<u64> = text.lines().map(|l| l.parse().unwrap()).collect();
            eprintln!("DEBUG: {path:?}: {numbers:?}");
            let product = numbers[2] * numbers[16];
            println!("{}: {product}", path.display());
            product
        })
        .sum();

    println!("the total is:");
    println!("{total}");
    println!();
    eprintln!("DEBUG: bye");
}
