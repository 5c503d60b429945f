//! Correct: a bounded channel of crossbeam, whose receiver every consumer has a clone of.

use crossbeam_channel::bounded;
use std::{fs, thread};

fn number(path: &str) -> u64 {
    fs::read_to_string(path).unwrap().trim().parse().unwrap()
}

fn main() {
    let (sender, receiver) = bounded::<(String, u64)>(10);
    let mut handles = vec![];
    for producer in 0..10 {
        let sender = sender.clone();
        handles.push(thread::spawn(move || {
            for item in 0..20 {
                let id = format!("{producer:02}-{item:02}");
                let price = number(&format!("item-{id}.txt"));
                sender.send((id, price)).unwrap();
            }
        }));
    }
    drop(sender);
    for _ in 0..5 {
        let receiver = receiver.clone();
        handles.push(thread::spawn(move || {
            for (id, price) in receiver {
                let stock = number(&format!("stock-{id}.txt"));
                println!("{id}: {}", price * stock);
            }
        }));
    }
    for handle in handles {
        handle.join().unwrap();
    }
}
