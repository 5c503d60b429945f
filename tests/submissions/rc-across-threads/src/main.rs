//! Does not compile: gives an `Rc` of the files to the threads.

use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::thread;

fn product(path: &Path) -> u64 {
    let text = fs::read_to_string(path).unwrap();
    let numbers: Vec<u64> = text.lines().map(|line| line.parse().unwrap()).collect();
    numbers[2] * numbers[16]
}

fn data_files() -> Vec<PathBuf> {
    fs::read_dir(".")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "numbers"))
        .collect()
}

fn main() {
    let files = Rc::new(data_files());
    let mut workers = Vec::new();
    for number in 0..8 {
        let files = Rc::clone(&files);
        workers.push(thread::spawn(move || {
            files
                .iter()
                .skip(number)
                .step_by(8)
                .map(|path| product(path))
                .sum::<u64>()
        }));
    }
    let total: u64 = workers
        .into_iter()
        .map(|worker| worker.join().unwrap())
        .sum();
    println!("{total}");
}
