//! Correct: tokio::fs reads every file in a task of a JoinSet.

use std::error::Error;
use std::path::PathBuf;
use tokio::task::JoinSet;

async fn product(path: PathBuf) -> u64 {
    let text = tokio::fs::read_to_string(path).await.unwrap();
    let mut lines = text.lines();
    let third: u64 = lines.nth(2).unwrap().parse().unwrap();
    let seventeenth: u64 = lines.nth(13).unwrap().parse().unwrap();
    third * seventeenth
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut set = JoinSet::new();
    let mut dir = tokio::fs::read_dir(".").await?;
    while let Some(entry) = dir.next_entry().await? {
        let path = entry.path();
        if path.extension().is_some_and(|ext| ext == "numbers") {
            set.spawn(product(path));
        }
    }

    let mut total = 0;
    while let Some(answer) = set.join_next().await {
        total += answer?;
    }
    println!("{total}");
    Ok(())
}
