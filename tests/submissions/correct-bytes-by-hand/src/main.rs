//! Correct: reads raw bytes and parses the digits by hand; workers pop from a lock-free queue.

use crossbeam::queue::SegQueue;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Read;
use std::thread;

fn product(bytes: &[u8]) -> u32 {
    let mut line = 1;
    let mut value = 0;
    let mut product = 1;
    for &byte in bytes {
        match byte {
            b'0'..=b'9' => value = value * 10 + u32::from(byte - b'0'),
            b'\n' => {
                if line == 3 || line == 17 {
                    product *= value;
                }
                line += 1;
                value = 0;
            }
            _ => {}
        }
    }
    product
}

fn main() {
    let queue: SegQueue<OsString> = SegQueue::new();
    for entry in fs::read_dir(".").unwrap() {
        let name = entry.unwrap().file_name();
        if name.as_encoded_bytes().ends_with(b".numbers") {
            queue.push(name);
        }
    }

    let worker = || {
        let mut sum = 0;
        let mut buffer = Vec::with_capacity(64);
        while let Some(name) = queue.pop() {
            buffer.clear();
            File::open(name).unwrap().read_to_end(&mut buffer).unwrap();
            sum += product(&buffer);
        }
        sum
    };
    let total: u32 = thread::scope(|s| {
        let handles: Vec<_> = (0..8).map(|_| s.spawn(worker)).collect();
        handles.into_iter().map(|h| h.join().unwrap()).sum()
    });
    println!("{total}");
}
