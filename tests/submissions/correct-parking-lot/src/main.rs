//! Correct: worker threads add their products to a total behind a parking_lot mutex, locked after the reading.

use parking_lot::Mutex;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

fn main() {
    let todo: Vec<PathBuf> = fs::read_dir(".")
        .unwrap()
        .filter_map(|e| e.ok())
        .map(|e| e.path())
        .filter(|p| p.extension().is_some_and(|x| x == "numbers"))
        .collect();
    let todo = Arc::new(Mutex::new(todo));
    let total = Arc::new(Mutex::new(0u64));

    let mut threads = vec![];
    for _ in 0..4 {
        let todo = Arc::clone(&todo);
        let total = Arc::clone(&total);
        threads.push(thread::spawn(move || loop {
            let next = todo.lock().pop();
            let path = match next {
                Some(path) => path,
                None => return,
            };
            let text = fs::read_to_string(&path).unwrap();
            let numbers: Vec<u64> = text
                .split_whitespace()
                .map(|word| word.parse().unwrap())
                .collect();
            *total.lock() += numbers[2] * numbers[16];
        }));
    }
    for thread in threads {
        thread.join().unwrap();
    }
    println!("{}", *total.lock());
}
