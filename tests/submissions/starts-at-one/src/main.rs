//! Wrong total: the total begins at 1.

use std::fs;
use std::path::PathBuf;
use std::thread;

fn product(path: &PathBuf) -> u64 {
    let text = fs::read_to_string(path).unwrap();
    let numbers: Vec<u64> = text.lines().map(|l| l.parse().unwrap()).collect();
    numbers[2] * numbers[16]
}

fn main() {
    let mut files: Vec<PathBuf> = fs::read_dir(".")
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|x| x == "numbers"))
        .collect();
    files.sort();

    let total: u64 = thread::scope(|s| {
        let mut handles = Vec::new();
        for mine in files.chunks(files.len().div_ceil(8)) {
            handles.push(s.spawn(move || {
                let mut sum = 0;
                for path in mine {
                    sum += product(path);
                }
                sum
            }));
        }
        let mut total = 1;
        for handle in handles {
            total += handle.join().unwrap();
        }
        total
    });
    println!("{total}");
}
