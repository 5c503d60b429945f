//! The consumers stop when all producers are done, although the queue still holds some items.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use std::{fs, thread};

fn number(path: String) -> u64 {
    fs::read_to_string(path).unwrap().trim().parse().unwrap()
}

fn main() {
    let (tx, rx) = sync_channel(10);
    let rx = Arc::new(Mutex::new(rx));
    let done = Arc::new(AtomicBool::new(false));
    let mut consumers = Vec::new();
    for _ in 0..5 {
        let rx = Arc::clone(&rx);
        let done = Arc::clone(&done);
        consumers.push(thread::spawn(move || {
            while !done.load(Ordering::SeqCst) {
                let next = rx.lock().unwrap().recv_timeout(Duration::from_millis(5));
                if let Ok((id, price)) = next {
                    let stock = number(format!("stock-{id}.txt"));
                    println!("{id}: {}", price * stock);
                }
            }
        }));
    }
    let mut producers = Vec::new();
    for p in 0..10 {
        let tx = tx.clone();
        producers.push(thread::spawn(move || {
            for n in 0..20 {
                let id = format!("{p:02}-{n:02}");
                let price = number(format!("item-{id}.txt"));
                tx.send((id, price)).unwrap();
            }
        }));
    }
    for producer in producers {
        producer.join().unwrap();
    }
    done.store(true, Ordering::SeqCst);
    for consumer in consumers {
        consumer.join().unwrap();
    }
}
