//! Right total, but not parallel: waits for each task of tokio before it makes the next one.

use std::path::PathBuf;

async fn product(path: PathBuf) -> u64 {
    let text = tokio::fs::read_to_string(path).await.unwrap();
    let numbers: Vec<u64> = text.lines().map(|line| line.parse().unwrap()).collect();
    numbers[2] * numbers[16]
}

#[tokio::main]
async fn main() {
    let mut total = 0;
    let mut folder = tokio::fs::read_dir(".").await.unwrap();
    while let Some(entry) = folder.next_entry().await.unwrap() {
        let path = entry.path();
        if path.extension().is_some_and(|end| end == "numbers") {
            total += tokio::spawn(product(path)).await.unwrap();
        }
    }
    println!("{total}");
}
