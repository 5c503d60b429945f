//! Never ends: `main` reads a channel to its end while it holds the first sender itself.

use std::{fs, sync::mpsc, thread};

fn main() {
    let (sender, receiver) = mpsc::channel();
    let files: Vec<_> = fs::read_dir(".")
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    for part in files.chunks(125) {
        let part = part.to_vec();
        let sender = sender.clone();
        thread::spawn(move || {
            for path in part {
                let text = fs::read_to_string(path).unwrap();
                let line = |n: usize| text.lines().nth(n - 1).unwrap().parse::<u64>().unwrap();
                sender.send(line(3) * line(17)).unwrap();
            }
        });
    }
    let total: u64 = receiver.iter().sum();
    println!("{total}");
}
