//! Correct: blocking tasks of tokio send their lines into a channel of tokio.

use std::fs;
use tokio::sync::mpsc;

fn task(number: usize) -> String {
    let word = fs::read_to_string(format!("task-{number}.txt")).unwrap();
    format!("task-{number}: {}", word.trim())
}

#[tokio::main]
async fn main() {
    let (sender, mut lines) = mpsc::unbounded_channel();
    for number in 0..10 {
        let sender = sender.clone();
        tokio::task::spawn_blocking(move || sender.send(task(number)).unwrap());
    }
    drop(sender);
    while let Some(line) = lines.recv().await {
        println!("{line}");
    }
}
