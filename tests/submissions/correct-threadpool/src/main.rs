//! Correct: one job per file on the pool of the threadpool crate, answers over a channel.

use std::fs;
use std::path::PathBuf;
use std::sync::mpsc::channel;
use threadpool::ThreadPool;

fn multiply(path: PathBuf) -> u64 {
    let text = fs::read_to_string(&path).expect("could not read");
    let get = |n: usize| -> u64 { text.lines().nth(n - 1).unwrap().parse().unwrap() };
    get(3) * get(17)
}

fn main() {
    let pool = ThreadPool::new(10);
    let (tx, rx) = channel();
    for entry in fs::read_dir("./").unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ext| ext == "numbers") {
            let tx = tx.clone();
            pool.execute(move || tx.send(multiply(path)).unwrap());
        }
    }
    drop(tx);
    let total: u64 = rx.iter().sum();
    println!("{}", total);
}
