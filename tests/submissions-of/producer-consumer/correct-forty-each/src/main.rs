//! Correct: each consumer takes exactly its fifth of the items, so that it knows when it is done.

use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex};
use std::{fs, thread};

fn number(path: String) -> u64 {
    fs::read_to_string(path).unwrap().trim().parse().unwrap()
}

fn main() {
    let (tx, rx) = sync_channel(10);
    let rx = Arc::new(Mutex::new(rx));
    let mut threads = Vec::new();
    for _ in 0..5 {
        let rx = Arc::clone(&rx);
        threads.push(thread::spawn(move || {
            for _ in 0..40 {
                let (id, price): (String, u64) = rx.lock().unwrap().recv().unwrap();
                let stock = number(format!("stock-{id}.txt"));
                println!("{id}: {}", price * stock);
            }
        }));
    }
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
    for thread in threads {
        thread.join().unwrap();
    }
}
