//! Wrong output: prints a line when a task starts, too.

use std::fs;
use std::thread;

fn task(number: usize) -> String {
    let word = fs::read_to_string(format!("task-{number}.txt")).unwrap();
    format!("task-{number}: {}", word.trim())
}

fn main() {
    thread::scope(|scope| {
        for number in 0..10 {
            println!("task-{number}: started");
            scope.spawn(move || println!("{}", task(number)));
        }
    });
}
