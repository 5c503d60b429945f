//! Does not compile: the threads borrow the files and the total, which may not live as long as they do.

use std::fs;
use std::path::PathBuf;
use std::thread;

fn main() {
    let files: Vec<PathBuf> = fs::read_dir(".")
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|x| x == "numbers"))
        .collect();

    let mut total = 0u64;
    let mut handles = Vec::new();
    for chunk in files.chunks(100) {
        handles.push(thread::spawn(|| {
            for path in chunk {
                let text = fs::read_to_string(path).unwrap();
                let numbers: Vec<u64> = text.lines().map(|l| l.parse().unwrap()).collect();
                total += numbers[2] * numbers[16];
            }
        }));
    }
    for handle in handles {
        handle.join().unwrap();
    }
    println!("{total}");
}
