//! Right total, but not parallel: one thread reads all files, and four others only sleep until it is done.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

fn main() {
    let done = AtomicBool::new(false);
    let mut total: u64 = 0;
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    thread::sleep(Duration::from_millis(20));
                }
            });
        }
        for entry in fs::read_dir(".").unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|end| end == "numbers") {
                let text = fs::read_to_string(path).unwrap();
                let numbers: Vec<u64> = text.lines().map(|line| line.parse().unwrap()).collect();
                total += numbers[2] * numbers[16];
            }
        }
        done.store(true, Ordering::Relaxed);
    });
    println!("{total}");
}
