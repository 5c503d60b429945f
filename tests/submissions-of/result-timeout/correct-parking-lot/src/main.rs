//! Correct: a condition variable of parking_lot waits with a limit.

use parking_lot::{Condvar, Mutex};
use std::fs;
use std::thread;
use std::time::Duration;

fn read_number(file: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap();
    text.trim().parse().unwrap()
}

struct Slot {
    number: Mutex<Option<u64>>,
    filled: Condvar,
}

static QUICK: Slot = Slot::new();
static SLOW: Slot = Slot::new();

impl Slot {
    const fn new() -> Self {
        Slot {
            number: Mutex::new(None),
            filled: Condvar::new(),
        }
    }

    fn fill_from(&'static self, file: &'static str) {
        thread::spawn(move || {
            let number = read_number(file);
            *self.number.lock() = Some(number);
            self.filled.notify_one();
        });
    }

    fn get(&self, limit: Duration) -> Option<u64> {
        let mut number = self.number.lock();
        self.filled
            .wait_while_for(&mut number, |number| number.is_none(), limit);
        *number
    }
}

fn main() {
    QUICK.fill_from("quick.txt");
    SLOW.fill_from("slow.txt");
    let limit = Duration::from_millis(500);
    match QUICK.get(limit) {
        Some(number) => println!("quick: {number}"),
        None => println!("quick: timed out"),
    }
    println!("done: {}", SLOW.get(Duration::ZERO).is_some());
    match SLOW.get(limit) {
        Some(number) => println!("slow: {number}"),
        None => println!("timed out"),
    }
    println!("result: {}", SLOW.get(Duration::from_secs(60)).unwrap());
    println!("done: {}", SLOW.get(Duration::ZERO).is_some());
}
