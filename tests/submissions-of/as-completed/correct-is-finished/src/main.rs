//! Correct: looks every millisecond which of its threads have ended.

use std::fs;
use std::thread;
use std::time::Duration;

fn task(number: usize) -> String {
    let word = fs::read_to_string(format!("task-{number}.txt")).unwrap();
    format!("task-{number}: {}", word.trim())
}

fn main() {
    let mut running: Vec<_> = (0..10)
        .map(|number| thread::spawn(move || task(number)))
        .collect();
    while !running.is_empty() {
        let mut index = 0;
        while index < running.len() {
            if running[index].is_finished() {
                println!("{}", running.swap_remove(index).join().unwrap());
            } else {
                index += 1;
            }
        }
        thread::sleep(Duration::from_millis(1));
    }
}
