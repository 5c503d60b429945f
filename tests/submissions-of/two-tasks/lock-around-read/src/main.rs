//! Right lines, but one after the other: both threads read while they hold the same lock.

use std::collections::HashMap;
use std::fs;
use std::sync::{Arc, Mutex};
use std::thread;

fn read_number(file: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap();
    text.trim().parse().unwrap()
}

fn main() {
    let numbers = Arc::new(Mutex::new(HashMap::new()));
    let mut handles = vec![];
    for name in ["first", "second"] {
        let numbers = Arc::clone(&numbers);
        handles.push(thread::spawn(move || {
            let mut numbers = numbers.lock().unwrap();
            numbers.insert(name, read_number(&format!("{name}.txt")));
        }));
    }
    for handle in handles {
        handle.join().unwrap();
    }
    let numbers = numbers.lock().unwrap();
    println!("first: {}", numbers["first"]);
    println!("second: {}", numbers["second"]);
}
