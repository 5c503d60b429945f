//! Correct: `tokio::join!` waits for both reads of `tokio::fs` at the same time.

async fn read_number(file: &str) -> u64 {
    let text = tokio::fs::read_to_string(file).await.unwrap();
    text.trim().parse().unwrap()
}

#[tokio::main]
async fn main() {
    let (first, second) = tokio::join!(read_number("first.txt"), read_number("second.txt"));
    println!("first: {first}");
    println!("second: {second}");
}
