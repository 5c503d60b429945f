//! Wrong output: there is one place for a result, and `main` looks too seldom, so results are overwritten.

use std::fs;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

fn task(number: usize) -> String {
    let word = fs::read_to_string(format!("task-{number}.txt")).unwrap();
    format!("task-{number}: {}", word.trim())
}

fn main() {
    let place = Arc::new(Mutex::new(None));
    let threads: Vec<_> = (0..10)
        .map(|number| {
            let place = Arc::clone(&place);
            thread::spawn(move || {
                let line = task(number);
                *place.lock().unwrap() = Some(line);
            })
        })
        .collect();
    while !threads.iter().all(|thread| thread.is_finished()) {
        if let Some(line) = place.lock().unwrap().take() {
            println!("{line}");
        }
        thread::sleep(Duration::from_millis(450));
    }
    if let Some(line) = place.lock().unwrap().take() {
        println!("{line}");
    }
}
