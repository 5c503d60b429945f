//! Wrong output: gives its threads a tenth of a second, and prints what is there by then.

use std::fs;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

static FIRST: Mutex<u64> = Mutex::new(0);
static SECOND: Mutex<u64> = Mutex::new(0);

fn read_number(file: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap();
    text.trim().parse().unwrap()
}

fn main() {
    thread::spawn(|| {
        let number = read_number("first.txt");
        *FIRST.lock().unwrap() = number;
    });
    thread::spawn(|| {
        let number = read_number("second.txt");
        *SECOND.lock().unwrap() = number;
    });
    thread::sleep(Duration::from_millis(100));
    println!("first: {}", FIRST.lock().unwrap());
    println!("second: {}", SECOND.lock().unwrap());
}
