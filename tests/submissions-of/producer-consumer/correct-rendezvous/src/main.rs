//! Correct: a queue without any room: each producer waits until a consumer takes its item from its hands.

use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex};
use std::{fs, thread};

fn number(path: String) -> u64 {
    fs::read_to_string(path).unwrap().trim().parse().unwrap()
}

fn take(queue: &Mutex<Receiver<(String, u64)>>) -> Option<(String, u64)> {
    queue.lock().unwrap().recv().ok()
}

fn main() {
    let (tx, rx) = sync_channel(0);
    let rx = Arc::new(Mutex::new(rx));
    let mut all = Vec::new();
    for p in 0..10 {
        let tx = tx.clone();
        all.push(thread::spawn(move || {
            for n in 0..20 {
                let id = format!("{p:02}-{n:02}");
                let price = number(format!("item-{id}.txt"));
                tx.send((id, price)).unwrap();
            }
        }));
    }
    drop(tx);
    for _ in 0..5 {
        let rx = rx.clone();
        all.push(thread::spawn(move || {
            while let Some((id, price)) = take(&rx) {
                let stock = number(format!("stock-{id}.txt"));
                println!("{id}: {}", price * stock);
            }
        }));
    }
    all.into_iter().for_each(|thread| thread.join().unwrap());
}
