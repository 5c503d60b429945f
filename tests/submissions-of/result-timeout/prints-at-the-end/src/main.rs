//! Late: does everything right, but collects its lines and prints them at the end.

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
    let slow = submit("slow.txt");
    let mut lines = Vec::new();
    lines.push(match quick.recv_timeout(limit) {
        Ok(number) => format!("quick: {number}"),
        Err(_) => "quick: timed out".to_string(),
    });
    lines.push(format!("done: {}", slow.try_recv().is_ok()));
    if slow.recv_timeout(limit).is_err() {
        lines.push("timed out".to_string());
    }
    lines.push(format!("result: {}", slow.recv().unwrap()));
    lines.push("done: true".to_string());
    println!("{}", lines.join("\n"));
}
