//! Correct: channels of crossbeam, with `select!` and a default after the limit.

use crossbeam::channel::{bounded, Receiver};
use crossbeam::select;
use std::fs;
use std::thread;
use std::time::Duration;

fn read_number(file: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap();
    text.trim().parse().unwrap()
}

fn submit(file: &'static str) -> Receiver<u64> {
    let (sender, receiver) = bounded(1);
    thread::spawn(move || sender.send(read_number(file)).unwrap());
    receiver
}

fn main() {
    let limit = Duration::from_millis(500);
    let (quick, slow) = (submit("quick.txt"), submit("slow.txt"));
    select! {
        recv(quick) -> number => println!("quick: {}", number.unwrap()),
        default(limit) => println!("quick: timed out"),
    }
    println!("done: {}", !slow.is_empty());
    select! {
        recv(slow) -> number => println!("slow: {}", number.unwrap()),
        default(limit) => println!("timed out"),
    }
    println!("result: {}", slow.recv().unwrap());
    println!("done: true");
}
