//! Too few at once: the pool has four threads for ten tasks.

use std::fs;
use std::sync::mpsc::channel;
use threadpool::ThreadPool;

fn task(number: usize) -> String {
    let word = fs::read_to_string(format!("task-{number}.txt")).unwrap();
    format!("task-{number}: {}", word.trim())
}

fn main() {
    let pool = ThreadPool::new(4);
    let (tx, rx) = channel();
    for number in 0..10 {
        let tx = tx.clone();
        pool.execute(move || tx.send(task(number)).unwrap());
    }
    for line in rx.iter().take(10) {
        println!("{line}");
    }
}
