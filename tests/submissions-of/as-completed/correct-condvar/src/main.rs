//! Correct: a queue behind a mutex, and a condition variable that wakes `main` for each line.

use std::collections::VecDeque;
use std::fs;
use std::sync::{Condvar, Mutex};
use std::thread;

static QUEUE: Mutex<VecDeque<String>> = Mutex::new(VecDeque::new());
static ADDED: Condvar = Condvar::new();

fn task(number: usize) -> String {
    let word = fs::read_to_string(format!("task-{number}.txt")).unwrap();
    format!("task-{number}: {}", word.trim())
}

fn main() {
    for number in 0..10 {
        thread::spawn(move || {
            let line = task(number);
            QUEUE.lock().unwrap().push_back(line);
            ADDED.notify_one();
        });
    }
    for _ in 0..10 {
        let queue = QUEUE.lock().unwrap();
        let mut queue = ADDED.wait_while(queue, |queue| queue.is_empty()).unwrap();
        let line = queue.pop_front().unwrap();
        drop(queue);
        println!("{line}");
    }
}
