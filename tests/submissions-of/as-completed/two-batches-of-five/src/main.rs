//! Too few at once: starts five tasks, waits for all of them, and starts the other five.

use std::fs;
use std::thread;

fn task(number: usize) -> String {
    let word = fs::read_to_string(format!("task-{number}.txt")).unwrap();
    format!("task-{number}: {}", word.trim())
}

fn main() {
    for batch in [0..5, 5..10] {
        thread::scope(|scope| {
            for number in batch {
                scope.spawn(move || println!("{}", task(number)));
            }
        });
    }
}
