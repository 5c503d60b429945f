//! Right: the first lines of all logs are in a heap, which gives the earliest one.

use std::{cmp::Reverse, collections::BinaryHeap, fs, path::PathBuf, thread};

fn main() {
    let threads: Vec<_> = logs()
        .into_iter()
        .map(|log| thread::spawn(|| fs::read_to_string(log).expect("a log can be read")))
        .collect();
    let texts: Vec<_> = threads
        .into_iter()
        .map(|thread| thread.join().expect("the thread ends"))
        .collect();
    let mut logs: Vec<_> = texts.iter().map(|text| text.lines()).collect();
    let mut heap = BinaryHeap::new();
    for (at, log) in logs.iter_mut().enumerate() {
        heap.extend(log.next().map(|line| Reverse((time(line), at, line))));
    }
    while let Some(Reverse((_, at, line))) = heap.pop() {
        println!("{line}");
        heap.extend(logs[at].next().map(|line| Reverse((time(line), at, line))));
    }
}

/// The time at the beginning of a line.
fn time(line: &str) -> u64 {
    let time = line.split(' ').next().and_then(|time| time.parse().ok());
    time.expect("a line begins with its time")
}

fn logs() -> Vec<PathBuf> {
    let entries = fs::read_dir("logs").expect("the folder can be read");
    entries
        .map(|entry| entry.expect("the folder can be read").path())
        .collect()
}
