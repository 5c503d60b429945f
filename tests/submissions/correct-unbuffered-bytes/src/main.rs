//! Correct: eight threads read their files byte by byte, without a buffer.

use std::fs::{self, File};
use std::io::Read;
use std::path::PathBuf;
use std::thread;

const THREADS: usize = 8;

fn product(path: &PathBuf) -> u64 {
    let mut numbers = vec![0];
    for byte in File::open(path).unwrap().bytes() {
        match byte.unwrap() {
            b'\n' => numbers.push(0),
            digit => {
                let last = numbers.last_mut().unwrap();
                *last = *last * 10 + u64::from(digit - b'0');
            }
        }
    }
    numbers[2] * numbers[16]
}

fn main() {
    let files: Vec<PathBuf> = fs::read_dir(".")
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().map_or(false, |x| x == "numbers"))
        .collect();

    let size = files.len().div_ceil(THREADS).max(1);
    let total: u64 = thread::scope(|s| {
        let handles: Vec<_> = files
            .chunks(size)
            .map(|chunk| s.spawn(move || chunk.iter().map(product).sum::<u64>()))
            .collect();
        handles.into_iter().map(|h| h.join().unwrap()).sum()
    });
    println!("{total}");
}
