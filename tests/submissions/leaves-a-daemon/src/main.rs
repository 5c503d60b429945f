//! Right total, but leaves a process behind: starts `sleep 30` and does not wait for it.

use rayon::prelude::*;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

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
            numbers[2] * numbers[16]
        })
        .sum();
    println!("{total}");

    // it keeps our standard output and error open as long as it lives
    if let Err(error) = Command::new("sleep").arg("30").spawn() {
        eprintln!("no sleep: {error}");
    }
}
