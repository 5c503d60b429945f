//! Refused: the manifest is not TOML, a quotation mark is missing (the program itself would be right).

use std::fs;
use std::thread;

fn main() {
    let mut handles = Vec::new();
    for entry in fs::read_dir(".").unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|x| x == "numbers") {
            handles.push(thread::spawn(move || {
                let text = fs::read_to_string(path).unwrap();
                let n: Vec<u64> = text.lines().map(|l| l.parse().unwrap()).collect();
                n[2] * n[16]
            }));
        }
    }
    let total: u64 = handles.into_iter().map(|h| h.join().unwrap()).sum();
    println!("{total}");
}
