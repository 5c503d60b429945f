//! Late: writes each line when it comes, into a buffer that is flushed at the end.

use std::fs;
use std::io::{BufWriter, Write, stdout};
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
    drop(tx);
    let mut out = BufWriter::new(stdout());
    for line in rx {
        writeln!(out, "{line}").unwrap();
    }
}
