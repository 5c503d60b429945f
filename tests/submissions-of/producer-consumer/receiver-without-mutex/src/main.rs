//! Does not compile: the consumers share the receiver in an `Arc` alone, and a receiver is for one thread at a time.

use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::{fs, thread};

fn number(path: String) -> u64 {
    fs::read_to_string(path).unwrap().trim().parse().unwrap()
}

fn main() {
    let (tx, rx) = sync_channel::<(String, u64)>(10);
    let rx = Arc::new(rx);
    let mut threads = Vec::new();
    for p in 0..10 {
        let tx = tx.clone();
        threads.push(thread::spawn(move || {
            for n in 0..20 {
                let id = format!("{p:02}-{n:02}");
                let price = number(format!("item-{id}.txt"));
                tx.send((id, price)).unwrap();
            }
        }));
    }
    drop(tx);
    for _ in 0..5 {
        let rx = Arc::clone(&rx);
        threads.push(thread::spawn(move || {
            while let Ok((id, price)) = rx.recv() {
                let stock = number(format!("stock-{id}.txt"));
                println!("{id}: {}", price * stock);
            }
        }));
    }
    for thread in threads {
        thread.join().unwrap();
    }
}
