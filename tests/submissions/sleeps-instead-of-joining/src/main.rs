//! Wrong total on a slow disk: gives its threads a twentieth of a second instead of joining them.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

fn product(path: &Path) -> u64 {
    let text = fs::read_to_string(path).unwrap();
    let numbers: Vec<u64> = text.lines().map(|l| l.parse().unwrap()).collect();
    numbers[2] * numbers[16]
}

fn files() -> Vec<PathBuf> {
    fs::read_dir(".")
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|x| x == "numbers"))
        .collect()
}

fn main() {
    let total = Arc::new(AtomicU64::new(0));
    for chunk in files().chunks(125) {
        let (chunk, total) = (chunk.to_vec(), Arc::clone(&total));
        thread::spawn(move || {
            for path in chunk {
                total.fetch_add(product(&path), Ordering::Relaxed);
            }
        });
    }
    thread::sleep(Duration::from_millis(50));
    println!("{}", total.load(Ordering::Relaxed));
}
