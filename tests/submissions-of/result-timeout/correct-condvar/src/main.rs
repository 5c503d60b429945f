//! Correct: a result behind a mutex, and a condition variable that waits with a limit.

use std::fs;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

fn read_number(file: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap();
    text.trim().parse().unwrap()
}

#[derive(Default)]
struct Promise {
    value: Mutex<Option<u64>>,
    ready: Condvar,
}

impl Promise {
    fn start(file: &'static str) -> Arc<Self> {
        let promise = Arc::new(Self::default());
        let ours = Arc::clone(&promise);
        thread::spawn(move || {
            let number = read_number(file);
            *ours.value.lock().unwrap() = Some(number);
            ours.ready.notify_all();
        });
        promise
    }

    fn is_done(&self) -> bool {
        self.value.lock().unwrap().is_some()
    }

    fn within(&self, limit: Duration) -> Option<u64> {
        let value = self.value.lock().unwrap();
        let (value, _) = self
            .ready
            .wait_timeout_while(value, limit, |value| value.is_none())
            .unwrap();
        *value
    }

    fn wait(&self) -> u64 {
        let value = self.value.lock().unwrap();
        let value = self.ready.wait_while(value, |value| value.is_none());
        value.unwrap().unwrap()
    }
}

fn main() {
    let limit = Duration::from_millis(500);
    let quick = Promise::start("quick.txt");
    let slow = Promise::start("slow.txt");
    match quick.within(limit) {
        Some(number) => println!("quick: {number}"),
        None => println!("quick: timed out"),
    }
    println!("done: {}", slow.is_done());
    match slow.within(limit) {
        Some(number) => println!("slow: {number}"),
        None => println!("timed out"),
    }
    println!("result: {}", slow.wait());
    println!("done: {}", slow.is_done());
}
