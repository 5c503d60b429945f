//! Correct: the binary has a name of its own and lives in src/bin.

use rayon::prelude::*;
use std::fs;

fn main() {
    let names: Vec<String> = fs::read_dir(".")
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".numbers"))
        .collect();
    let products: Vec<u64> = names
        .par_iter()
        .map(|name| {
            let content = fs::read_to_string(name).unwrap();
            let v: Vec<u64> = content.lines().map(|l| l.parse().unwrap()).collect();
            v[2] * v[16]
        })
        .collect();
    println!("{}", products.iter().sum::<u64>());
}
