//! Wrong total: every thread moves the total, a plain number, and so adds to a copy of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

fn product(path: &Path) -> u64 {
    let text = fs::read_to_string(path).unwrap();
    let numbers: Vec<u64> = text.lines().map(|l| l.parse().unwrap()).collect();
    numbers[2] * numbers[16]
}

fn files() -> Vec<PathBuf> {
    fs::read_dir(".")
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|x| x == "numbers"))
        .collect()
}

#[allow(unused_variables, unused_assignments)]
fn main() {
    let mut total = 0;
    let mut handles = Vec::new();
    for chunk in files().chunks(125) {
        let chunk = chunk.to_vec();
        handles.push(thread::spawn(move || {
            for path in chunk {
                total += product(&path);
            }
        }));
    }
    for handle in handles {
        handle.join().unwrap();
    }
    println!("{total}");
}
