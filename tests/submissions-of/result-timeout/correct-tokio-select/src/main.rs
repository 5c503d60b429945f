//! Correct: blocking tasks of tokio, and `select!` between a result and a sleep.

use std::fs;
use std::time::Duration;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

fn read_number(file: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap();
    text.trim().parse().unwrap()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut quick = spawn_blocking(|| read_number("quick.txt"));
    let mut slow = spawn_blocking(|| read_number("slow.txt"));
    tokio::select! {
        number = &mut quick => println!("quick: {}", number.unwrap()),
        () = sleep(Duration::from_millis(500)) => println!("quick: timed out"),
    }
    println!("done: {}", slow.is_finished());
    tokio::select! {
        number = &mut slow => println!("slow: {}", number.unwrap()),
        () = sleep(Duration::from_millis(500)) => println!("timed out"),
    }
    println!("result: {}", slow.await.unwrap());
    println!("done: true");
}
