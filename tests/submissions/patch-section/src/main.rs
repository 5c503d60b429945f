//! Refused: patches num_cpus with a copy of its own that always answers 64 (the total would be right).

use std::fs;
use std::path::PathBuf;
use std::thread;

fn main() {
    let files: Vec<PathBuf> = fs::read_dir(".")
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|x| x == "numbers"))
        .collect();

    let size = files.len().div_ceil(num_cpus::get()).max(1);
    let total: u64 = thread::scope(|s| {
        let handles: Vec<_> = files
            .chunks(size)
            .map(|chunk| {
                s.spawn(move || {
                    let mut sum = 0;
                    for path in chunk {
                        let text = fs::read_to_string(path).unwrap();
                        let n: Vec<u64> = text.lines().map(|l| l.parse().unwrap()).collect();
                        sum += n[2] * n[16];
                    }
                    sum
                })
            })
            .collect();
        handles.into_iter().map(|h| h.join().unwrap()).sum()
    });
    println!("{total}");
}
