//! Late: sleeps for the whole limit and then looks, so the quick result waits as well.

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

fn wait_at_most(task: &Receiver<u64>, limit: Duration) -> Option<u64> {
    thread::sleep(limit);
    task.try_recv().ok()
}

fn main() {
    let limit = Duration::from_millis(500);
    let quick = submit("quick.txt");
    let slow = submit("slow.txt");
    match wait_at_most(&quick, limit) {
        Some(number) => println!("quick: {number}"),
        None => println!("quick: timed out"),
    }
    println!("done: {}", slow.try_recv().is_ok());
    match wait_at_most(&slow, limit) {
        Some(number) => println!("slow: {number}"),
        None => println!("timed out"),
    }
    println!("result: {}", slow.recv().unwrap());
    println!("done: true");
}
