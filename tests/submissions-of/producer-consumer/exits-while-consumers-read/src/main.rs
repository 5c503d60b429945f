//! `main` waits for the producers and a moment more, and ends while the consumers still read.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::{fs, thread, time::Duration};

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
    for _ in 0..5 {
        let rx = Arc::clone(&rx);
        thread::spawn(move || consume(rx));
    }
    let mut producers = Vec::new();
    for p in 0..10 {
        let tx = tx.clone();
        producers.push(thread::spawn(move || produce(p, tx)));
    }
    for producer in producers {
        producer.join().unwrap();
    }
    thread::sleep(Duration::from_millis(10));
}
