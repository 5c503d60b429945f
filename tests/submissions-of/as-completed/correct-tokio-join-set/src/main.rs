//! Correct: a JoinSet of tokio gives each result when it is there.

use std::error::Error;
use tokio::fs;
use tokio::task::JoinSet;

async fn task(number: usize) -> std::io::Result<String> {
    let word = fs::read_to_string(format!("task-{number}.txt")).await?;
    Ok(format!("task-{number}: {}", word.trim()))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut tasks: JoinSet<_> = (0..10).map(task).collect();
    while let Some(line) = tasks.join_next().await {
        println!("{}", line??);
    }
    Ok(())
}
