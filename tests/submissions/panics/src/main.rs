//! Crashes: the closure of a thread indexes one past the end of the files and the panic reaches main.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

fn main() {
    let files: Vec<PathBuf> = fs::read_dir(".")
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|x| x == "numbers"))
        .collect();
    let files = Arc::new(files);

    let mut handles = Vec::new();
    for start in 0..4 {
        let files = Arc::clone(&files);
        handles.push(thread::spawn(move || {
            let mut sum = 0u64;
            let mut i = start;
            while i <= files.len() {
                let text = fs::read_to_string(&files[i]).unwrap();
                let numbers: Vec<u64> = text.lines().map(|l| l.parse().unwrap()).collect();
                sum += numbers[2] * numbers[16];
                i += 4;
            }
            sum
        }));
    }
    let total: u64 = handles.into_iter().map(|h| h.join().unwrap()).sum();
    println!("{total}");
}
