//! Correct: both tasks send into one channel with their names, and the message says which one is done.

use std::fs;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

fn read_number(file: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap();
    text.trim().parse().unwrap()
}

fn main() {
    let limit = Duration::from_millis(500);
    let (tx, rx) = mpsc::channel();
    for name in ["quick", "slow"] {
        let tx = tx.clone();
        thread::spawn(move || {
            tx.send((name, read_number(&format!("{name}.txt"))))
                .unwrap()
        });
    }
    let (name, number) = rx.recv_timeout(limit).unwrap();
    println!("{name}: {number}");
    println!("done: {}", rx.try_recv().is_ok());
    if rx.recv_timeout(limit).is_err() {
        println!("timed out");
    }
    let (_, number) = rx.recv().unwrap();
    println!("result: {number}");
    println!("done: true");
}
