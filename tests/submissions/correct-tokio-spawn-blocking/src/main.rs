//! Correct: tokio, with one spawn_blocking task per file and all tasks awaited at the end.

use std::fs;
use std::path::PathBuf;

fn product(path: PathBuf) -> u64 {
    let text = fs::read_to_string(path).unwrap();
    let numbers: Vec<u64> = text.lines().map(|line| line.parse().unwrap()).collect();
    numbers[2] * numbers[16]
}

#[tokio::main]
async fn main() {
    let mut tasks = Vec::new();
    for entry in fs::read_dir(".").unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "numbers") {
            tasks.push(tokio::task::spawn_blocking(move || product(path)));
        }
    }

    let mut total = 0;
    for task in tasks {
        total += task.await.unwrap();
    }
    println!("{total}");
}
