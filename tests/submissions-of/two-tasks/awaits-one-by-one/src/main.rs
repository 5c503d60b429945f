//! Right lines, but one after the other: awaits the first read before it begins the second.

async fn read_number(file: &str) -> u64 {
    let text = tokio::fs::read_to_string(file).await.unwrap();
    text.trim().parse().unwrap()
}

#[tokio::main]
async fn main() {
    let first = read_number("first.txt").await;
    let second = read_number("second.txt").await;
    println!("first: {first}");
    println!("second: {second}");
}
