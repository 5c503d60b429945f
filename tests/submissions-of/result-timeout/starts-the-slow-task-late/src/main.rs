//! Starts too late: the slow task begins only when the quick one is done.

use std::fs;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

fn read_number(file: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap();
    text.trim().parse().unwrap()
}

fn submit(file: &'static str) -> Receiver<u64> {
    let (sender, receiver) = channel();
    thread::spawn(move || sender.send(read_number(file)));
    receiver
}

fn main() {
    let limit = Duration::from_millis(500);
    let quick = submit("quick.txt");
    println!("quick: {}", quick.recv_timeout(limit).unwrap());
    let slow = submit("slow.txt");
    println!("done: {}", slow.try_recv().is_ok());
    let early = slow.recv_timeout(limit);
    if early.is_err() {
        println!("timed out");
    }
    let result = early.or_else(|_| slow.recv()).unwrap();
    println!("result: {result}");
    println!("done: true");
}
