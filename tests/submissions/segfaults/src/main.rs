//! Crashes: follows a pointer to nowhere in unsafe code, in a thread, and gets a segmentation fault.

use std::fs;
use std::path::PathBuf;
use std::ptr;
use std::thread;

struct Node {
    value: u64,
    next: *const Node,
}

fn sum(files: &[PathBuf]) -> u64 {
    // eight is not null, so that no check for null in a debug build comes first
    let mut head: *const Node = ptr::without_provenance(8);
    for path in files {
        let text = fs::read_to_string(path).unwrap();
        let numbers: Vec<u64> = text.lines().map(|l| l.parse().unwrap()).collect();
        head = Box::leak(Box::new(Node {
            value: numbers[2] * numbers[16],
            next: head,
        }));
    }
    let mut sum = 0;
    while !head.is_null() {
        unsafe {
            sum += (*head).value;
            head = (*head).next;
        }
    }
    sum
}

fn main() {
    let files: Vec<PathBuf> = fs::read_dir(".")
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|x| x == "numbers"))
        .collect();
    let total: u64 = thread::scope(|s| {
        let handles: Vec<_> = files
            .chunks(files.len().div_ceil(4).max(1))
            .map(|chunk| s.spawn(move || sum(chunk)))
            .collect();
        handles.into_iter().map(|h| h.join().unwrap()).sum()
    });
    println!("{total}");
}
