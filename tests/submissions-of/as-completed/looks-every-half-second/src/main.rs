//! Late: looks only twice a second which lines are there.

use std::fs;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

fn task(number: usize) -> String {
    let word = fs::read_to_string(format!("task-{number}.txt")).unwrap();
    format!("task-{number}: {}", word.trim())
}

fn main() {
    let (tx, rx) = channel();
    for number in 0..10 {
        let tx = tx.clone();
        thread::spawn(move || tx.send(task(number)).unwrap());
    }
    let mut printed = 0;
    while printed < 10 {
        thread::sleep(Duration::from_millis(500));
        for line in rx.try_iter() {
            println!("{line}");
            printed += 1;
        }
    }
}
