//! Correct: eight workers; one thread receives their progress with a time limit, and another watches over them.

use std::fs;
use std::path::PathBuf;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Condvar, Mutex};
use std::thread;
use std::time::Duration;

const THREADS: usize = 8;
const OFTEN: Duration = Duration::from_millis(10);

fn product(path: &PathBuf) -> u64 {
    let text = fs::read_to_string(path).unwrap();
    let numbers: Vec<u64> = text.lines().map(|l| l.parse().unwrap()).collect();
    numbers[2] * numbers[16]
}

fn main() {
    let files: Vec<PathBuf> = fs::read_dir(".")
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().map_or(false, |x| x == "numbers"))
        .collect();

    let (send, progress) = mpsc::channel::<usize>();
    let (finished, changed) = (Mutex::new(false), Condvar::new());
    let total: u64 = thread::scope(|s| {
        s.spawn(move || {
            let mut done = 0;
            loop {
                match progress.recv_timeout(OFTEN) {
                    Ok(files) => done += files,
                    Err(RecvTimeoutError::Timeout) => eprintln!("{done} files are done"),
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            }
        });
        s.spawn(|| {
            let mut finished = finished.lock().unwrap();
            let mut rounds = 0;
            while !*finished {
                finished = changed.wait_timeout(finished, OFTEN).unwrap().0;
                rounds += 1;
                assert!(rounds < 60_000, "the workers hang");
            }
        });
        let size = files.len().div_ceil(THREADS).max(1);
        let handles: Vec<_> = files
            .chunks(size)
            .map(|chunk| {
                let send = send.clone();
                s.spawn(move || {
                    let total = chunk.iter().map(product).sum::<u64>();
                    send.send(chunk.len()).unwrap();
                    total
                })
            })
            .collect();
        drop(send);
        let total = handles.into_iter().map(|h| h.join().unwrap()).sum();
        *finished.lock().unwrap() = true;
        changed.notify_all();
        total
    });
    println!("{total}");
}
