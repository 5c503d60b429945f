//! Never ends: two threads take two locks in opposite orders.

use std::{
    fs,
    sync::{Arc, Barrier, Mutex},
    thread,
};

fn add(first: &Mutex<u64>, second: &Mutex<u64>, barrier: &Barrier, value: u64) {
    let mut total = first.lock().unwrap();
    barrier.wait();
    let mut count = second.lock().unwrap();
    *total += value;
    *count += 1;
}

fn main() {
    let total = Arc::new(Mutex::new(0));
    let count = Arc::new(Mutex::new(0));
    let barrier = Arc::new(Barrier::new(2));
    let files: Vec<_> = fs::read_dir(".")
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    let mut handles = Vec::new();
    for (n, half) in files.chunks(files.len() / 2).enumerate() {
        let half = half.to_vec();
        let (total, count, barrier) = (total.clone(), count.clone(), barrier.clone());
        handles.push(thread::spawn(move || {
            let mut sum = 0;
            for path in half {
                let text = fs::read_to_string(path).unwrap();
                let line = |n: usize| text.lines().nth(n - 1).unwrap().parse::<u64>().unwrap();
                sum += line(3) * line(17);
            }
            if n == 0 {
                add(&total, &count, &barrier, sum)
            } else {
                add(&count, &total, &barrier, sum)
            }
        }));
    }
    for handle in handles {
        handle.join().unwrap();
    }
    println!("{}", total.lock().unwrap());
}
