mod product;

use product::product;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;

pub fn in_parallel(files: Vec<PathBuf>, threads: usize) -> u64 {
    let queue = Arc::new(Mutex::new(files));
    let handles: Vec<_> = (0..threads)
        .map(|_| {
            let queue = Arc::clone(&queue);
            thread::spawn(move || worker(&queue))
        })
        .collect();
    handles.into_iter().map(|h| h.join().unwrap()).sum()
}

fn worker(queue: &Mutex<Vec<PathBuf>>) -> u64 {
    let mut sum = 0;
    loop {
        let next = queue.lock().unwrap().pop();
        let Some(path) = next else { return sum };
        sum += product(&path);
    }
}
