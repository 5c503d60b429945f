//! Wrong output: each thread prints its own line, so the faster task comes first.

use std::fs;
use std::thread;

fn read_number(file: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap();
    text.trim().parse().unwrap()
}

fn main() {
    thread::scope(|scope| {
        for name in ["first", "second"] {
            scope.spawn(move || {
                let number = read_number(&format!("{name}.txt"));
                println!("{name}: {number}");
            });
        }
    });
}
