//! Right total, but not parallel: eight threads open a file and read most of it under a lock, and only its end without.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;

fn product(path: &Path, disk: &Mutex<()>) -> u64 {
    let mut text = String::new();
    let mut file = {
        let _guard = disk.lock().unwrap();
        let mut file = File::open(path).unwrap();
        let most = file.metadata().unwrap().len() * 3 / 4;
        file.by_ref().take(most).read_to_string(&mut text).unwrap();
        file
    };
    file.read_to_string(&mut text).unwrap();
    let numbers: Vec<u64> = text.lines().map(|line| line.parse().unwrap()).collect();
    numbers[2] * numbers[16]
}

fn main() {
    let files: Vec<PathBuf> = fs::read_dir(".")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "numbers"))
        .collect();
    let disk = Mutex::new(());
    let total: u64 = thread::scope(|scope| {
        let parts: Vec<_> = files
            .chunks(files.len().div_ceil(8))
            .map(|part| scope.spawn(|| part.iter().map(|path| product(path, &disk)).sum::<u64>()))
            .collect();
        parts.into_iter().map(|part| part.join().unwrap()).sum()
    });
    println!("{total}");
}
