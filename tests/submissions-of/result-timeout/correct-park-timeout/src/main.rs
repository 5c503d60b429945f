//! Correct: parks with a limit until the task unparks `main`, and looks at the clock because a park may end early.

use std::fs;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

fn read_number(file: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap();
    text.trim().parse().unwrap()
}

struct Task(Arc<OnceLock<u64>>);

impl Task {
    fn start(file: &'static str) -> Self {
        let result = Arc::new(OnceLock::new());
        let ours = result.clone();
        let main = thread::current();
        thread::spawn(move || {
            ours.set(read_number(file)).unwrap();
            main.unpark();
        });
        Task(result)
    }

    fn wait(&self, limit: Option<Duration>) -> Option<u64> {
        let end = limit.map(|limit| Instant::now() + limit);
        loop {
            if let Some(number) = self.0.get() {
                return Some(*number);
            }
            match end {
                None => thread::park(),
                Some(end) => {
                    let rest = end.saturating_duration_since(Instant::now());
                    if rest.is_zero() {
                        return None;
                    }
                    thread::park_timeout(rest);
                }
            }
        }
    }
}

fn main() {
    let limit = Some(Duration::from_millis(500));
    let quick = Task::start("quick.txt");
    let slow = Task::start("slow.txt");
    if let Some(number) = quick.wait(limit) {
        println!("quick: {number}");
    }
    println!("done: {}", slow.0.get().is_some());
    if slow.wait(limit).is_none() {
        println!("timed out");
    }
    println!("result: {}", slow.wait(None).unwrap());
    println!("done: {}", slow.0.get().is_some());
}
