//! Wrong output: prints each product without a line end and never adds them.

use std::fs;
use std::path::PathBuf;
use std::thread;

fn product(path: &PathBuf) -> u64 {
    let text = fs::read_to_string(path).unwrap();
    let numbers: Vec<u64> = text.lines().map(|l| l.parse().unwrap()).collect();
    numbers[2] * numbers[16]
}

fn main() {
    let mut files: Vec<PathBuf> = fs::read_dir(".")
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|x| x == "numbers"))
        .collect();
    files.sort();

    let products: Vec<u64> = thread::scope(|s| {
        let mut handles = Vec::new();
        for mine in files.chunks(files.len().div_ceil(8)) {
            handles.push(s.spawn(move || mine.iter().map(product).collect::<Vec<u64>>()));
        }
        let products = handles.into_iter().map(|h| h.join().unwrap());
        products.flatten().collect()
    });
    for product in products {
        print!("{product}");
    }
}
