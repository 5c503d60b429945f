//! Correct: scoped threads of crossbeam, joined in the order of the lines.

use std::fs;

fn read_number(file: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap();
    text.trim().parse().unwrap()
}

fn main() {
    crossbeam::scope(|s| {
        let tasks = ["first", "second"]
            .map(|name| (name, s.spawn(move |_| read_number(&format!("{name}.txt")))));
        for (name, task) in tasks {
            println!("{name}: {}", task.join().unwrap());
        }
    })
    .unwrap();
}
