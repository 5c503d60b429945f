//! Never ends: `main` holds the lock of the total, and calls a function that takes it again.

use std::{fs, sync::Mutex};

static TOTAL: Mutex<u64> = Mutex::new(0);

fn add(value: u64) {
    *TOTAL.lock().unwrap() += value;
}

fn main() {
    let mut guard = TOTAL.lock().unwrap();
    for entry in fs::read_dir(".").unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        let line = |n: usize| text.lines().nth(n - 1).unwrap().parse::<u64>().unwrap();
        *guard += 0;
        add(line(3) * line(17));
    }
    println!("{guard}");
}
