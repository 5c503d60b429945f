//! Timed out too early: the limit is 500 microseconds and not 500 milliseconds, so the quick task is late as well.

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
    let limit = Duration::from_micros(500);
    let quick = submit("quick.txt");
    let slow = submit("slow.txt");
    match quick.recv_timeout(limit) {
        Ok(number) => println!("quick: {number}"),
        Err(_) => println!("quick: timed out"),
    }
    println!("done: {}", slow.try_recv().is_ok());
    match slow.recv_timeout(limit) {
        Ok(number) => println!("slow: {number}"),
        Err(_) => println!("timed out"),
    }
    println!("result: {}", slow.recv().unwrap());
    println!("done: true");
}
