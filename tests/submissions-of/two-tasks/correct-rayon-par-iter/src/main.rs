//! Correct: a parallel iterator over the two names keeps their order in the list that it collects.

use rayon::prelude::*;
use std::fs;

fn read_number(file: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap();
    text.trim().parse().unwrap()
}

fn main() {
    let names = ["first", "second"];
    let numbers: Vec<u64> = names
        .par_iter()
        .map(|name| read_number(&format!("{name}.txt")))
        .collect();
    for (name, number) in names.iter().zip(numbers) {
        println!("{name}: {number}");
    }
}
