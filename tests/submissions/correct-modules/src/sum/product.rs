use std::fs;
use std::path::Path;

pub fn product(path: &Path) -> u64 {
    let text = fs::read_to_string(path).unwrap();
    let mut numbers = text.lines().map(|line| line.parse::<u64>().unwrap());
    numbers.nth(2).unwrap() * numbers.nth(13).unwrap()
}
