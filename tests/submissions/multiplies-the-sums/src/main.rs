//! Wrong total: adds up lines 3 and lines 17 of all files apart, and multiplies the two sums.

use std::fs;
use std::path::PathBuf;
use std::thread;

fn main() {
    let mut files: Vec<PathBuf> = fs::read_dir(".")
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|x| x == "numbers"))
        .collect();
    files.sort();

    let (third, seventeenth) = thread::scope(|s| {
        let mut handles = Vec::new();
        for mine in files.chunks(files.len().div_ceil(8)) {
            handles.push(s.spawn(move || {
                let mut sums = (0, 0);
                for path in mine {
                    let text = fs::read_to_string(path).unwrap();
                    let numbers: Vec<u64> = text.lines().map(|l| l.parse().unwrap()).collect();
                    sums.0 += numbers[2];
                    sums.1 += numbers[16];
                }
                sums
            }));
        }
        let mut sums = (0, 0);
        for handle in handles {
            let (third, seventeenth) = handle.join().unwrap();
            sums.0 += third;
            sums.1 += seventeenth;
        }
        sums
    });
    println!("{}", third * seventeenth);
}
