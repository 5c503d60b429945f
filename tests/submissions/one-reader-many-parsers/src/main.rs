//! Right total, but the reading is not parallel: the main thread reads every file and eight threads only parse the text.

use crossbeam_channel::unbounded;
use std::fs;
use std::thread;

fn main() {
    let (tx, rx) = unbounded::<String>();
    let parsers: Vec<_> = (0..8)
        .map(|_| {
            let rx = rx.clone();
            thread::spawn(move || {
                rx.iter()
                    .map(|text| {
                        let n: Vec<u64> = text.lines().map(|l| l.parse().unwrap()).collect();
                        n[2] * n[16]
                    })
                    .sum::<u64>()
            })
        })
        .collect();

    for entry in fs::read_dir(".").unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ext| ext == "numbers") {
            tx.send(fs::read_to_string(path).unwrap()).unwrap();
        }
    }
    drop(tx);

    let total: u64 = parsers.into_iter().map(|p| p.join().unwrap()).sum();
    println!("{total}");
}
