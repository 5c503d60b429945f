//! Correct: a pool of threads that take the next file by an atomic index.

use std::fs;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;

fn number(text: &str, line: usize) -> u64 {
    text.lines().nth(line - 1).unwrap().parse().unwrap()
}

fn main() {
    let files: Vec<_> = fs::read_dir(".")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "numbers"))
        .collect();
    let workers = thread::available_parallelism().map_or(4, |n| n.get().max(4));

    let next = AtomicUsize::new(0);
    let total = AtomicU64::new(0);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    let Some(path) = files.get(i) else { break };
                    let text = fs::read_to_string(path).unwrap();
                    total.fetch_add(number(&text, 3) * number(&text, 17), Ordering::Relaxed);
                }
            });
        }
    });
    println!("{}", total.into_inner());
}
