//! Correct: edition 2024 with nothing but the standard library.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;

fn product(path: &Path) -> Option<u64> {
    let text = fs::read_to_string(path).ok()?;
    let mut lines = text.lines();
    let third: u64 = lines.nth(2)?.parse().ok()?;
    let seventeenth: u64 = lines.nth(13)?.parse().ok()?;
    Some(third * seventeenth)
}

fn numbers_files() -> impl Iterator<Item = PathBuf> {
    fs::read_dir(".")
        .expect("a folder to read")
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "numbers"))
}

fn main() {
    let queue = Mutex::new(numbers_files());
    let total: u64 = thread::scope(|scope| {
        let workers: Vec<_> = (0..16)
            .map(|_| {
                scope.spawn(|| {
                    let mut sum = 0;
                    loop {
                        let next = queue.lock().unwrap().next();
                        let Some(path) = next else { break };
                        sum += product(&path).expect("a file of twenty numbers");
                    }
                    sum
                })
            })
            .collect();
        workers.into_iter().map(|w| w.join().unwrap()).sum()
    });
    println!("{total}");
}
