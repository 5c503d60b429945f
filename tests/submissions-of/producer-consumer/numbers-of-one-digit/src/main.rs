//! No such file: the numbers in the names of files have one digit where two are needed.

use std::fs;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex};
use std::thread;

fn number(path: String) -> u64 {
    fs::read_to_string(path).unwrap().trim().parse().unwrap()
}

fn main() {
    let (tx, rx) = sync_channel::<(usize, usize, u64)>(10);
    let rx = Arc::new(Mutex::new(rx));

    let consumers: Vec<_> = (0..5)
        .map(|_| {
            let rx = Arc::clone(&rx);
            thread::spawn(move || {
                loop {
                    // the lock is gone at the end of this statement
                    let next = rx.lock().unwrap().recv();
                    match next {
                        Ok((p, n, item)) => {
                            let stock = number(format!("stock-{p}-{n}.txt"));
                            println!("{p}-{n}: {}", item * stock);
                        }
                        Err(_) => break,
                    }
                }
            })
        })
        .collect();

    let producers: Vec<_> = (0..10)
        .map(|p| {
            let tx = tx.clone();
            thread::spawn(move || {
                for n in 0..20 {
                    let item = number(format!("item-{p}-{n}.txt"));
                    tx.send((p, n, item)).unwrap();
                }
            })
        })
        .collect();
    drop(tx);

    for producer in producers {
        producer.join().unwrap();
    }
    for consumer in consumers {
        consumer.join().unwrap();
    }
}
