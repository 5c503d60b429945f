//! One after the other: the tasks are async on one thread, and read with the blocking functions of the standard library.

use std::fs;
use tokio::task::JoinSet;

async fn task(number: usize) -> String {
    let word = fs::read_to_string(format!("task-{number}.txt")).unwrap();
    format!("task-{number}: {}", word.trim())
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut tasks = JoinSet::new();
    for number in 0..10 {
        tasks.spawn(task(number));
    }
    while let Some(line) = tasks.join_next().await {
        println!("{}", line.unwrap());
    }
}
