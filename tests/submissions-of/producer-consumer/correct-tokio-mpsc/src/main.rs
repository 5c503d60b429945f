//! Correct: tokio's bounded channel between async tasks; files are read by `tokio::fs`, off the threads of the runtime.

use std::sync::Arc;
use tokio::fs;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

async fn number(path: String) -> u64 {
    let text = fs::read_to_string(path).await.unwrap();
    text.trim().parse().unwrap()
}

#[tokio::main]
async fn main() {
    let (tx, rx) = mpsc::channel::<(String, u64)>(10);
    let rx = Arc::new(Mutex::new(rx));
    let mut tasks = JoinSet::new();
    for p in 0..10 {
        let tx = tx.clone();
        tasks.spawn(async move {
            for n in 0..20 {
                let id = format!("{p:02}-{n:02}");
                let price = number(format!("item-{id}.txt")).await;
                tx.send((id, price)).await.unwrap();
            }
        });
    }
    drop(tx);
    for _ in 0..5 {
        let rx = Arc::clone(&rx);
        tasks.spawn(async move {
            loop {
                let next = rx.lock().await.recv().await;
                let Some((id, price)) = next else { break };
                let stock = number(format!("stock-{id}.txt")).await;
                println!("{id}: {}", price * stock);
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
}
