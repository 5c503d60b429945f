//! Correct: a bounded crossbeam channel of file names, with twice as many workers as processors.

use crossbeam_channel::bounded;
use std::fs;
use std::thread;

fn work_on(path: &std::path::Path) -> u64 {
    let data = fs::read_to_string(path).unwrap();
    let mut lines = data.lines().skip(2);
    let a: u64 = lines.next().unwrap().parse().unwrap();
    let b: u64 = lines.nth(13).unwrap().parse().unwrap();
    a * b
}

fn main() {
    let (tx, rx) = bounded(16);
    let workers: Vec<_> = (0..2 * num_cpus::get())
        .map(|_| {
            let rx = rx.clone();
            thread::spawn(move || {
                let mut sum = 0;
                for path in rx {
                    let path: std::path::PathBuf = path;
                    sum += work_on(&path);
                }
                sum
            })
        })
        .collect();
    drop(rx);

    for entry in fs::read_dir(".").unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|x| x == "numbers") {
            tx.send(path).unwrap();
        }
    }
    drop(tx);

    let total: u64 = workers.into_iter().map(|w| w.join().unwrap()).sum();
    println!("{total}");
}
