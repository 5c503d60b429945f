//! Right lines, but one after the other: the pool has one thread.

use std::fs;
use std::sync::mpsc::channel;
use threadpool::ThreadPool;

fn read_number(file: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap();
    text.trim().parse().unwrap()
}

fn main() {
    let pool = ThreadPool::new(1);
    let (first, first_result) = channel();
    let (second, second_result) = channel();
    pool.execute(move || first.send(read_number("first.txt")).unwrap());
    pool.execute(move || second.send(read_number("second.txt")).unwrap());
    println!("first: {}", first_result.recv().unwrap());
    println!("second: {}", second_result.recv().unwrap());
}
