//! Correct: finds the files with the glob crate and reads them in four scoped threads.

use glob::glob;
use std::path::PathBuf;
use std::thread;

fn sum_of(paths: &[PathBuf]) -> usize {
    let mut sum = 0;
    for path in paths {
        let text = std::fs::read_to_string(path).unwrap();
        let column: Vec<usize> = text.lines().flat_map(str::parse).collect();
        sum += column[2] * column[16];
    }
    sum
}

fn main() {
    let paths: Vec<PathBuf> = glob("tmp-?????.numbers")
        .unwrap()
        .map(Result::unwrap)
        .collect();

    // split in half, and each half in half again
    let (left, right) = paths.split_at(paths.len() / 2);
    let (a, b) = left.split_at(left.len() / 2);
    let (c, d) = right.split_at(right.len() / 2);

    let total: usize = thread::scope(|s| {
        let threads = [a, b, c, d].map(|part| s.spawn(move || sum_of(part)));
        threads.map(|t| t.join().unwrap()).iter().sum()
    });
    println!("{total}");
}
