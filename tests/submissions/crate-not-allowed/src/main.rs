//! Refused: depends on serde, which is not on the course's list (the total would be right).

use rayon::prelude::*;
use serde::Serialize;
use std::fs;
use std::path::PathBuf;

#[derive(Debug, Serialize)]
struct Pair {
    third: u64,
    seventeenth: u64,
}

fn read(path: &PathBuf) -> Pair {
    let text = fs::read_to_string(path).unwrap();
    let numbers: Vec<u64> = text.lines().map(|l| l.parse().unwrap()).collect();
    Pair {
        third: numbers[2],
        seventeenth: numbers[16],
    }
}

fn main() {
    let files: Vec<PathBuf> = fs::read_dir(".")
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|x| x == "numbers"))
        .collect();
    let total: u64 = files
        .par_iter()
        .map(read)
        .map(|pair| pair.third * pair.seventeenth)
        .sum();
    println!("{total}");
}
