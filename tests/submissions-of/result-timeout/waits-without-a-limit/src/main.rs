//! No time-out: `recv` waits until the result is there, however long it takes.

use std::fs;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

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
    let quick = submit("quick.txt");
    let slow = submit("slow.txt");
    println!("quick: {}", quick.recv().unwrap());
    let early = slow.try_recv().ok();
    println!("done: {}", early.is_some());
    let result = slow.recv().ok();
    if result.is_none() {
        println!("timed out");
    }
    println!("result: {}", result.unwrap());
    println!("done: true");
}
