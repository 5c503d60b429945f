//! Correct: two threads fill two slots behind a mutex, and `main` waits at a condition variable until both are full.

use std::fs;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

fn read_number(file: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap();
    text.trim().parse().unwrap()
}

fn main() {
    let shared = Arc::new((Mutex::new([None, None]), Condvar::new()));
    for (place, file) in ["first.txt", "second.txt"].into_iter().enumerate() {
        let shared = Arc::clone(&shared);
        thread::spawn(move || {
            let number = read_number(file);
            let (slots, changed) = &*shared;
            slots.lock().unwrap()[place] = Some(number);
            changed.notify_one();
        });
    }
    let (slots, changed) = &*shared;
    let slots = changed
        .wait_while(slots.lock().unwrap(), |slots| slots.contains(&None))
        .unwrap();
    println!("first: {}", slots[0].unwrap());
    println!("second: {}", slots[1].unwrap());
}
