//! Never ends: sleeps until nine of its eight workers are done (it gives up by itself after two minutes, with code 1).

use std::fs;
use std::path::PathBuf;
use std::process;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

fn main() {
    let files: Vec<PathBuf> = fs::read_dir(".")
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|x| x == "numbers"))
        .collect();
    let files = Arc::new(files);
    let total = Arc::new(AtomicU64::new(0));
    let done = Arc::new(AtomicUsize::new(0));

    for worker in 0..8 {
        let files = Arc::clone(&files);
        let total = Arc::clone(&total);
        let done = Arc::clone(&done);
        thread::spawn(move || {
            for path in files.iter().skip(worker).step_by(8) {
                let text = fs::read_to_string(path).unwrap();
                let numbers: Vec<u64> = text.lines().map(|l| l.parse().unwrap()).collect();
                total.fetch_add(numbers[2] * numbers[16], Ordering::SeqCst);
            }
            done.fetch_add(1, Ordering::SeqCst);
        });
    }

    let start = Instant::now();
    while done.load(Ordering::SeqCst) <= 8 {
        thread::sleep(Duration::from_millis(10));
        if start.elapsed() > Duration::from_secs(120) {
            eprintln!("gave up");
            process::exit(1);
        }
    }
    println!("{}", total.load(Ordering::SeqCst));
}
