//! Wrong total: two threads read one file each, and that is all.

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

fn main() {
    let files = files();
    let total: u64 = thread::scope(|s| {
        let handles: Vec<_> = files[..2].iter().map(|path| s.spawn(|| product(path))).collect();
        handles.into_iter().map(|h| h.join().unwrap()).sum()
    });
    println!("{total}");
}
