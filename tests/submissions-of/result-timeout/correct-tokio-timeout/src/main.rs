//! Correct: `tokio::time::timeout` waits with a limit for the handle of a task, which goes on afterwards.

use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::timeout;

async fn read_number(file: &str) -> u64 {
    let text = tokio::fs::read_to_string(file).await.unwrap();
    text.trim().parse().unwrap()
}

#[tokio::main]
async fn main() {
    let limit = Duration::from_millis(500);
    let mut quick: JoinHandle<u64> = tokio::spawn(read_number("quick.txt"));
    let mut slow: JoinHandle<u64> = tokio::spawn(read_number("slow.txt"));
    match timeout(limit, &mut quick).await {
        Ok(number) => println!("quick: {}", number.unwrap()),
        Err(_) => println!("quick: timed out"),
    }
    println!("done: {}", slow.is_finished());
    match timeout(limit, &mut slow).await {
        Ok(number) => println!("slow: {}", number.unwrap()),
        Err(_) => println!("timed out"),
    }
    let result = (&mut slow).await.unwrap();
    println!("result: {result}");
    println!("done: {}", slow.is_finished());
}
