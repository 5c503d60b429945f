//! Late: sleeps for two seconds and a half, because all tasks are done by then, and prints the lines in the order in which they came.

use std::fs;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn task(number: usize) -> String {
    let word = fs::read_to_string(format!("task-{number}.txt")).unwrap();
    format!("task-{number}: {}", word.trim())
}

fn main() {
    for number in 0..10 {
        thread::spawn(move || {
            let line = task(number);
            LINES.lock().unwrap().push(line);
        });
    }
    thread::sleep(Duration::from_millis(2500));
    for line in LINES.lock().unwrap().iter() {
        println!("{line}");
    }
}
