//! No wait: looks once whether the slow result is there, and calls that a time-out.

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
    println!("done: {}", slow.try_recv().is_ok());
    match slow.try_recv() {
        Ok(number) => println!("slow: {number}"),
        Err(_) => println!("timed out"),
    }
    println!("result: {}", slow.recv().unwrap());
    println!("done: true");
}
