//! The tasks of tokio read with `std::fs`, which blocks the threads of the runtime: two are too few for all.

use std::fs;
use std::sync::Arc;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

fn number(path: String) -> u64 {
    fs::read_to_string(path).unwrap().trim().parse().unwrap()
}

#[tokio::main(worker_threads = 2)]
async fn main() {
    let (tx, rx) = mpsc::channel::<(String, u64)>(10);
    let rx = Arc::new(Mutex::new(rx));
    let mut tasks = JoinSet::new();
    for p in 0..10 {
        let tx = tx.clone();
        tasks.spawn(async move {
            for n in 0..20 {
                let id = format!("{p:02}-{n:02}");
                let price = number(format!("item-{id}.txt"));
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
                let stock = number(format!("stock-{id}.txt"));
                println!("{id}: {}", price * stock);
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
}
