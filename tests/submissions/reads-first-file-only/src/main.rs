//! Wrong total: returns from inside the loop, so it reads only the first file in order of names.

use std::fs;
use std::path::PathBuf;
use std::thread;

fn sum(files: &[PathBuf]) -> u64 {
    let mut sum = 0;
    for path in files {
        let text = fs::read_to_string(path).unwrap();
        let numbers: Vec<u64> = text.lines().map(|l| l.parse().unwrap()).collect();
        sum += numbers[2] * numbers[16];
        if sum > 0 {
            return sum;
        }
    }
    sum
}

fn main() {
    let mut files: Vec<PathBuf> = fs::read_dir(".")
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|x| x == "numbers"))
        .collect();
    files.sort();
    let handle = thread::spawn(move || sum(&files));
    println!("{}", handle.join().unwrap());
}
