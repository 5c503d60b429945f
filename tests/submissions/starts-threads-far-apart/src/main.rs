//! Right total, but not parallel: sleeps so long between two starts that each thread is done before the next one begins.

use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

fn main() {
    let files: Vec<PathBuf> = fs::read_dir(".")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "numbers"))
        .collect();
    let mut workers = Vec::new();
    for part in files.chunks(files.len().div_ceil(2)) {
        if !workers.is_empty() {
            thread::sleep(Duration::from_millis(1500));
        }
        let part = part.to_vec();
        workers.push(thread::spawn(move || {
            let mut sum = 0;
            for path in part {
                let text = fs::read_to_string(path).unwrap();
                let numbers: Vec<u64> = text.lines().map(|line| line.parse().unwrap()).collect();
                sum += numbers[2] * numbers[16];
            }
            sum
        }));
    }
    let total: u64 = workers.into_iter().map(|worker| worker.join().unwrap()).sum();
    println!("{total}");
}
