//! Wrong total: every worker loads the total, waits for the others, and stores its own sum over theirs, so the last writer wins.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Barrier;
use std::thread;

const WORKERS: usize = 8;

fn main() {
    let mut files: Vec<PathBuf> = fs::read_dir(".")
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|x| x == "numbers"))
        .collect();
    files.sort();

    let total = AtomicU64::new(0);
    let all_done = Barrier::new(WORKERS);
    thread::scope(|scope| {
        for worker in 0..WORKERS {
            let (files, total, all_done) = (&files, &total, &all_done);
            scope.spawn(move || {
                let before = total.load(Ordering::SeqCst);
                let mut sum = 0;
                for path in files.iter().skip(worker).step_by(WORKERS) {
                    let text = fs::read_to_string(path).unwrap();
                    let numbers: Vec<u64> = text.lines().map(|l| l.parse().unwrap()).collect();
                    sum += numbers[2] * numbers[16];
                }
                all_done.wait();
                total.store(before + sum, Ordering::SeqCst);
            });
        }
    });
    println!("{}", total.load(Ordering::SeqCst));
}
