//! Correct: two jobs on the pool of the threadpool crate, answers in two channels.

use std::fs;
use std::sync::mpsc::{Receiver, channel};
use threadpool::ThreadPool;

fn read_number(file: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap();
    text.trim().parse().unwrap()
}

fn submit(pool: &ThreadPool, file: &'static str) -> Receiver<u64> {
    let (sender, receiver) = channel();
    pool.execute(move || sender.send(read_number(file)).unwrap());
    receiver
}

fn main() {
    let pool = ThreadPool::new(2);
    let first = submit(&pool, "first.txt");
    let second = submit(&pool, "second.txt");
    println!("first: {}", first.recv().unwrap());
    println!("second: {}", second.recv().unwrap());
}
