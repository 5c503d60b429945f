//! Correct: scoped threads, which borrow the queue; the scope waits for all of them.

use std::sync::{Mutex, mpsc};
use std::{fs, thread};

fn number(path: String) -> u32 {
    fs::read_to_string(path).unwrap().trim().parse().unwrap()
}

fn main() {
    let (sender, receiver) = mpsc::sync_channel(8);
    let receiver = Mutex::new(receiver);
    let take = || receiver.lock().unwrap().recv();
    thread::scope(|scope| {
        for p in 0..10 {
            let sender = sender.clone();
            scope.spawn(move || {
                for n in 0..20 {
                    let id = format!("{p:02}-{n:02}");
                    let price = number(format!("item-{id}.txt"));
                    sender.send((id, price)).unwrap();
                }
            });
        }
        drop(sender);
        for _ in 0..5 {
            scope.spawn(|| {
                while let Ok((id, price)) = take() {
                    println!("{id}: {}", price * number(format!("stock-{id}.txt")));
                }
            });
        }
    });
}
