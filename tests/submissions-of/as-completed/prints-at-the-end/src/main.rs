//! Late: collects the lines in the order in which they come, and prints them when all tasks are done.

use std::fs;
use std::sync::{Arc, Mutex};
use std::thread;

fn task(number: usize) -> String {
    let word = fs::read_to_string(format!("task-{number}.txt")).unwrap();
    format!("task-{number}: {}", word.trim())
}

fn main() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let mut handles = Vec::new();
    for number in 0..10 {
        let lines = Arc::clone(&lines);
        handles.push(thread::spawn(move || {
            let line = task(number);
            lines.lock().unwrap().push(line);
        }));
    }
    for handle in handles {
        handle.join().unwrap();
    }
    for line in lines.lock().unwrap().iter() {
        println!("{line}");
    }
}
