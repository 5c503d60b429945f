//! Everything is right, but `main` asks the channel again and again without a pause.

use std::fs;
use std::sync::mpsc::channel;
use std::thread::spawn;

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
    let mut printed = 0;
    while printed < 10 {
        if let Ok(line) = rx.try_recv() {
            println!("{line}");
            printed += 1;
        }
    }
}
