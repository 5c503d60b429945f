//! Wrong total: 1000 files for 16 threads make 62 each, and the last 8 files are left out.

use std::fs;
use std::path::PathBuf;
use std::thread;

const THREADS: usize = 16;

fn main() {
    let mut files: Vec<PathBuf> = fs::read_dir(".")
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|x| x == "numbers"))
        .collect();
    files.sort();

    let per_thread = files.len() / THREADS;
    let total: u64 = thread::scope(|s| {
        let mut handles = Vec::new();
        for i in 0..THREADS {
            let mine = &files[i * per_thread..(i + 1) * per_thread];
            handles.push(s.spawn(move || {
                let mut sum = 0;
                for path in mine {
                    let text = fs::read_to_string(path).unwrap();
                    let numbers: Vec<u64> = text.lines().map(|l| l.parse().unwrap()).collect();
                    sum += numbers[2] * numbers[16];
                }
                sum
            }));
        }
        handles.into_iter().map(|h| h.join().unwrap()).sum()
    });
    println!("{total}");
}
