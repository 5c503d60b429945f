//! Right total, but not parallel: one thread reads file after file, and threads touch each group of them before and after.

use std::fs::{self, File};
use std::io::Read;
use std::path::PathBuf;
use std::thread;

fn product(path: &PathBuf) -> u64 {
    let text = fs::read_to_string(path).unwrap();
    let numbers: Vec<u64> = text.lines().map(|l| l.parse().unwrap()).collect();
    numbers[2] * numbers[16]
}

fn touch(path: &PathBuf) -> File {
    let mut file = File::open(path).unwrap();
    file.read_exact(&mut [0]).unwrap();
    file
}

fn main() {
    let files: Vec<PathBuf> = fs::read_dir(".")
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|x| x == "numbers"))
        .collect();
    let mut total = 0;
    for group in files.chunks(16) {
        let touched: Vec<File> = thread::scope(|s| {
            let threads: Vec<_> = group.iter().map(|path| s.spawn(|| touch(path))).collect();
            threads.into_iter().map(|t| t.join().unwrap()).collect()
        });
        total += group.iter().map(product).sum::<u64>();
        thread::scope(|s| {
            for mut file in touched {
                s.spawn(move || file.read_to_end(&mut Vec::new()).unwrap());
            }
        });
    }
    println!("{total}");
}
