//! Correct: starts a thread for every file first and joins them all afterwards.

use std::fs;
use std::thread;

fn main() {
    let mut handles = Vec::new();
    for entry in fs::read_dir(".").unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "numbers") {
            continue;
        }
        handles.push(thread::spawn(move || {
            let text = fs::read_to_string(path).unwrap();
            let lines: Vec<u64> = text.lines().map(|l| l.parse().unwrap()).collect();
            lines[2] * lines[16]
        }));
    }

    let mut total = 0;
    for handle in handles {
        total += handle.join().unwrap();
    }
    println!("{total}");
}
