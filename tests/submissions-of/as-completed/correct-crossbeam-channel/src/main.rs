//! Correct: a bounded channel of crossbeam without room, and a loop over its receiver.

use crossbeam_channel::bounded;
use std::fs;
use std::thread;

fn task(number: usize) -> String {
    let word = fs::read_to_string(format!("task-{number}.txt")).unwrap();
    format!("task-{number}: {}", word.trim())
}

fn main() {
    let (sender, receiver) = bounded(0);
    let threads: Vec<_> = (0..10)
        .map(|number| {
            let sender = sender.clone();
            thread::spawn(move || sender.send(task(number)).unwrap())
        })
        .collect();
    drop(sender);
    for line in receiver {
        println!("{line}");
    }
    for thread in threads {
        thread.join().unwrap();
    }
}
