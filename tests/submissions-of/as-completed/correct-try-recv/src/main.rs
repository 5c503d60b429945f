//! Correct: asks a channel for the next line every five milliseconds.

use std::fs;
use std::sync::mpsc::{TryRecvError, channel};
use std::thread::{sleep, spawn};
use std::time::Duration;

fn task(number: usize) -> String {
    let word = fs::read_to_string(format!("task-{number}.txt")).unwrap();
    format!("task-{number}: {}", word.trim())
}

fn main() {
    let (tx, rx) = channel();
    for number in 0..10 {
        let tx = tx.clone();
        spawn(move || tx.send(task(number)));
    }
    drop(tx);
    loop {
        match rx.try_recv() {
            Ok(line) => println!("{line}"),
            Err(TryRecvError::Empty) => sleep(Duration::from_millis(5)),
            Err(TryRecvError::Disconnected) => break,
        }
    }
}
