//! Eight threads read one byte of each file; then the first thread reads the rest of all.

use std::fs::{self, File};
use std::io::Read;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

fn main() {
    let files: Vec<File> = fs::read_dir(".")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().map_or(false, |x| x == "numbers"))
        .map(|path| File::open(path).unwrap())
        .collect();
    let firsts: Vec<AtomicUsize> = files.iter().map(|_| AtomicUsize::new(0)).collect();
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(mut file) = files.get(index) else {
                    break;
                };
                let mut byte = [0];
                file.read_exact(&mut byte).unwrap();
                firsts[index].store(byte[0].into(), Ordering::Relaxed);
            });
        }
    });
    let mut total = 0;
    for (mut file, first) in files.iter().zip(&firsts) {
        let mut text = String::from(first.load(Ordering::Relaxed) as u8 as char);
        file.read_to_string(&mut text).unwrap();
        let numbers: Vec<u64> = text.lines().map(|line| line.parse().unwrap()).collect();
        total += numbers[2] * numbers[16];
    }
    println!("{total}");
}
