//! Correct: rayon with an explicit fold in each job and a reduce of the partial sums.

use rayon::iter::{IntoParallelIterator, ParallelIterator};
use std::fs;
use std::io;
use std::path::PathBuf;

fn main() -> io::Result<()> {
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(".")? {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(".numbers") {
            paths.push(path);
        }
    }

    let total = paths
        .into_par_iter()
        .fold(
            || 0u32,
            |sum, path| {
                let numbers: Vec<u32> = fs::read_to_string(path)
                    .unwrap()
                    .lines()
                    .map(|line| line.parse().unwrap())
                    .collect();
                sum + numbers[2] * numbers[16]
            },
        )
        .reduce(|| 0, |left, right| left + right);

    println!("{}", total);
    Ok(())
}
