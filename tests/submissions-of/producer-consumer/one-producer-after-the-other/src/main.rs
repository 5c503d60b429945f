//! Each producer is waited for before the next one starts; the consumers run beside them.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::{fs, thread};

fn number(path: String) -> u64 {
    fs::read_to_string(path).unwrap().trim().parse().unwrap()
}

fn produce(p: u32, tx: SyncSender<(String, u64)>) {
    for n in 0..20 {
        let id = format!("{p:02}-{n:02}");
        let price = number(format!("item-{id}.txt"));
        tx.send((id, price)).unwrap();
    }
}

fn consume(rx: Arc<Mutex<Receiver<(String, u64)>>>) {
    loop {
        let next = rx.lock().unwrap().recv();
        let Ok((id, price)) = next else { break };
        let stock = number(format!("stock-{id}.txt"));
        println!("{id}: {}", price * stock);
    }
}

fn main() {
    let (tx, rx) = sync_channel(10);
    let rx = Arc::new(Mutex::new(rx));
    let mut consumers = Vec::new();
    for _ in 0..5 {
        let rx = Arc::clone(&rx);
        consumers.push(thread::spawn(move || consume(rx)));
    }
    for p in 0..10 {
        let tx = tx.clone();
        thread::spawn(move || produce(p, tx)).join().unwrap();
    }
    drop(tx);
    for consumer in consumers {
        consumer.join().unwrap();
    }
}
