//! Correct: ten threads send their lines into one channel, and `main` prints what comes.

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
    for _ in 0..10 {
        println!("{}", rx.recv().unwrap());
    }
}
