//! Never ends: receives until the last sender is gone, and has a sender itself.

use std::fs;
use std::sync::mpsc;
use std::thread;

fn read_number(file: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap();
    text.trim().parse().unwrap()
}

fn main() {
    let (tx, rx) = mpsc::channel();
    for name in ["first", "second"] {
        let tx = tx.clone();
        thread::spawn(move || {
            let number = read_number(&format!("{name}.txt"));
            tx.send((name, number)).unwrap();
        });
    }
    let mut answers: Vec<_> = rx.iter().collect();
    answers.sort();
    for (name, number) in answers {
        println!("{name}: {number}");
    }
}
