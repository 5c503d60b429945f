//! Never ends: prints all lines, and then waits for one more, because `main` has a sender itself.

use std::fs;
use std::sync::mpsc;
use std::thread;

fn task(number: usize) -> String {
    let word = fs::read_to_string(format!("task-{number}.txt")).unwrap();
    format!("task-{number}: {}", word.trim())
}

fn main() {
    let (tx, rx) = mpsc::channel();
    for number in 0..10 {
        let tx = tx.clone();
        thread::spawn(move || tx.send(task(number)).unwrap());
    }
    for line in rx {
        println!("{line}");
    }
}
