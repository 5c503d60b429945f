//! Correct: each thread takes a lock of parking_lot after its read, writes its line and flushes it.

use parking_lot::Mutex;
use std::fs;
use std::io::{self, Write};
use std::sync::Arc;
use std::thread;

fn task(number: usize) -> String {
    let word = fs::read_to_string(format!("task-{number}.txt")).unwrap();
    format!("task-{number}: {}", word.trim())
}

fn main() {
    let out = Arc::new(Mutex::new(io::BufWriter::new(io::stdout())));
    let handles: Vec<_> = (0..10)
        .map(|number| {
            let out = out.clone();
            thread::spawn(move || {
                let line = task(number);
                let mut out = out.lock();
                writeln!(out, "{line}").unwrap();
                out.flush().unwrap();
            })
        })
        .collect();
    for handle in handles {
        handle.join().unwrap();
    }
}
