//! Never ends: receives the quick result a second time, and its channel has nothing more and a sender that stays.

use std::fs;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

fn read_number(file: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap();
    text.trim().parse().unwrap()
}

struct Task {
    sender: Sender<u64>,
    receiver: Receiver<u64>,
}

fn submit(file: &'static str) -> Task {
    let (sender, receiver) = channel();
    let task = Task { sender, receiver };
    let sender = task.sender.clone();
    thread::spawn(move || sender.send(read_number(file)));
    task
}

fn main() {
    let limit = Duration::from_millis(500);
    let quick = submit("quick.txt");
    let slow = submit("slow.txt");
    println!("quick: {}", quick.receiver.recv_timeout(limit).unwrap());
    println!("done: {}", slow.receiver.try_recv().is_ok());
    if slow.receiver.recv_timeout(limit).is_err() {
        println!("timed out");
    }
    println!("result: {}", quick.receiver.recv().unwrap());
    println!("done: true");
}
