//! Wrong output: prints the right total, and then one more line.

use std::fs;
use std::sync::mpsc;
use threadpool::ThreadPool;

fn main() {
    let pool = ThreadPool::new(8);
    let (tx, rx) = mpsc::channel::<u64>();
    for entry in fs::read_dir(".").unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|x| x == "numbers") {
            let tx = tx.clone();
            pool.execute(move || {
                let text = fs::read_to_string(path).unwrap();
                let numbers: Vec<u64> = text.lines().map(|l| l.parse().unwrap()).collect();
                tx.send(numbers[2] * numbers[16]).unwrap();
            });
        }
    }
    drop(tx);
    println!("{}", rx.iter().sum::<u64>());
    println!("done");
}
