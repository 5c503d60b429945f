use std::fs;
use std::path::Path;

pub fn product(path: &Path) -> u64 {
    let text = fs::read_to_string(path).unwrap();
    let numbers: Vec<u64> = text.lines().map(|l| l.parse().unwrap()).collect();
    numbers[2] * numbers[16]
}
