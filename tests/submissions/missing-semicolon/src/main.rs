//! Does not compile: a semicolon is missing.

use std::fs;

fn main() {
    let mut total = 0u64
    for entry in fs::read_dir(".").unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        let numbers: Vec<u64> = text.lines().map(|l| l.parse().unwrap()).collect();
        total += numbers[2] * numbers[16];
    }
    println!("{total}");
}
