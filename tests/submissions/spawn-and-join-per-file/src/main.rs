//! Right total, but not parallel: starts a thread for each file and joins it before the next one starts.

use std::fs;
use std::thread;

fn main() {
    let mut total = 0u64;
    for entry in fs::read_dir(".").unwrap() {
        let path = entry.unwrap().path();
        if !path.extension().is_some_and(|ext| ext == "numbers") {
            continue;
        }
        let handle = thread::spawn(move || {
            let text = fs::read_to_string(path).unwrap();
            let lines: Vec<&str> = text.lines().collect();
            let a: u64 = lines[2].parse().unwrap();
            let b: u64 = lines[16].parse().unwrap();
            a * b
        });
        total += handle.join().unwrap();
    }
    println!("{total}");
}
