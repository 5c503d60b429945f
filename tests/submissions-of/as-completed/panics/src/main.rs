//! Crashes: counts the tasks from one, and there is no `task-10.txt`.

use std::fs;
use std::thread;

fn task(number: usize) -> String {
    let word = fs::read_to_string(format!("task-{number}.txt")).unwrap();
    format!("task-{number}: {}", word.trim())
}

fn main() {
    let handles: Vec<_> = (1..=10)
        .map(|number| thread::spawn(move || println!("{}", task(number))))
        .collect();
    for handle in handles {
        handle.join().unwrap();
    }
}
