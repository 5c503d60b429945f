//! Correct: ten jobs on a pool of ten threads, lines over a channel.

use std::fs;
use std::sync::mpsc::channel;
use threadpool::ThreadPool;

fn task(number: usize) -> String {
    let word = fs::read_to_string(format!("task-{number}.txt")).unwrap();
    format!("task-{number}: {}", word.trim())
}

fn main() {
    let pool = ThreadPool::new(10);
    let (tx, rx) = channel();
    for number in 0..10 {
        let tx = tx.clone();
        pool.execute(move || tx.send(task(number)).expect("main waits"));
    }
    for line in rx.iter().take(10) {
        println!("{line}");
    }
}
