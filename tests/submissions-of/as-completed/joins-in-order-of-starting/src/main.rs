//! Late: all tasks run at once, but their results are waited for and printed in the order of their numbers.

use std::fs;
use std::thread;

fn task(number: usize) -> String {
    let word = fs::read_to_string(format!("task-{number}.txt")).unwrap();
    format!("task-{number}: {}", word.trim())
}

fn main() {
    let handles: Vec<_> = (0..10)
        .map(|number| thread::spawn(move || task(number)))
        .collect();
    for handle in handles {
        println!("{}", handle.join().unwrap());
    }
}
