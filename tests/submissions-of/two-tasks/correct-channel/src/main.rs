//! Correct: both threads send their number with its place, and `main` sorts the two answers.

use std::fs;
use std::sync::mpsc;
use std::thread;

fn read_number(file: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap();
    text.trim().parse().unwrap()
}

fn main() {
    let (tx, rx) = mpsc::channel();
    for (place, name) in ["first", "second"].into_iter().enumerate() {
        let tx = tx.clone();
        thread::spawn(move || {
            let number = read_number(&format!("{name}.txt"));
            tx.send((place, name, number)).unwrap();
        });
    }
    drop(tx);
    let mut answers: Vec<_> = rx.iter().collect();
    answers.sort();
    for (_, name, number) in answers {
        println!("{name}: {number}");
    }
}
