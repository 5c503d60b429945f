//! Right lines, but never rests: after the time-out it asks again and again, without a pause, for the result.

use std::fs;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
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
    let slow = submit("slow.txt");
    println!("quick: {}", quick.recv_timeout(limit).unwrap());
    println!("done: {}", slow.try_recv().is_ok());
    if slow.recv_timeout(limit).is_err() {
        println!("timed out");
    }
    let result = loop {
        match slow.try_recv() {
            Ok(number) => break number,
            Err(TryRecvError::Empty) => {}
            Err(error) => panic!("{error}"),
        }
    };
    println!("result: {result}");
    println!("done: true");
}
