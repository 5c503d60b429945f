//! Wrong total: computes everything in 8 bits without a sign, and wraps around at 256.

use std::fs;
use std::path::PathBuf;
use std::thread;

fn product(path: &PathBuf) -> u8 {
    let text = fs::read_to_string(path).unwrap();
    let numbers: Vec<u8> = text.lines().map(|l| l.parse().unwrap()).collect();
    numbers[2].wrapping_mul(numbers[16])
}

fn main() {
    let mut files: Vec<PathBuf> = fs::read_dir(".")
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|x| x == "numbers"))
        .collect();
    files.sort();

    let total: u8 = thread::scope(|s| {
        let mut handles = Vec::new();
        for mine in files.chunks(files.len().div_ceil(8)) {
            handles.push(s.spawn(move || {
                let mut sum = 0u8;
                for path in mine {
                    sum = sum.wrapping_add(product(path));
                }
                sum
            }));
        }
        let mut total = 0u8;
        for handle in handles {
            total = total.wrapping_add(handle.join().unwrap());
        }
        total
    });
    println!("{total}");
}
