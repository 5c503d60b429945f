//! Right total, but not parallel: eight threads read the first byte of their files at once, and the rest in small pieces under a lock.

use std::fs::{self, File};
use std::io::Read;
use std::path::PathBuf;
use std::sync::Mutex;
use std::thread;

fn main() {
    let files: Vec<PathBuf> = fs::read_dir(".")
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|x| x == "numbers"))
        .collect();
    let lock = Mutex::new(0u64);
    thread::scope(|s| {
        for chunk in files.chunks(files.len().div_ceil(8).max(1)) {
            let lock = &lock;
            s.spawn(move || {
                for path in chunk {
                    let mut file = File::open(path).unwrap();
                    let mut first = [0];
                    file.read_exact(&mut first).unwrap();
                    let mut text = first.to_vec();
                    let mut total = lock.lock().unwrap();
                    let mut piece = [0; 8];
                    loop {
                        let n = file.read(&mut piece).unwrap();
                        if n == 0 {
                            break;
                        }
                        text.extend_from_slice(&piece[..n]);
                    }
                    let text = String::from_utf8(text).unwrap();
                    let numbers: Vec<u64> = text.lines().map(|l| l.parse().unwrap()).collect();
                    *total += numbers[2] * numbers[16];
                }
            });
        }
    });
    println!("{}", lock.into_inner().unwrap());
}
