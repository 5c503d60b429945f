//! Correct: consumers ask with `try_recv`, and sleep for a millisecond if there is nothing.

use std::sync::mpsc::{TryRecvError, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use std::{fs, thread};

fn number(path: String) -> u64 {
    fs::read_to_string(path).unwrap().trim().parse().unwrap()
}

fn main() {
    let (tx, rx) = sync_channel::<(String, u64)>(10);
    let rx = Arc::new(Mutex::new(rx));
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
            loop {
                let next = rx.lock().unwrap().try_recv();
                match next {
                    Ok((id, price)) => {
                        let stock = number(format!("stock-{id}.txt"));
                        println!("{id}: {}", price * stock);
                    }
                    Err(TryRecvError::Empty) => thread::sleep(Duration::from_millis(1)),
                    Err(TryRecvError::Disconnected) => break,
                }
            }
        }));
    }
    for thread in threads {
        thread.join().unwrap();
    }
}
