//! Refused: the library beside it is a procedural macro, which would run inside the compiler (it makes the line numbers; the total would be right).

use proc_macro_crate::index_of_line;
use std::fs;
use std::path::PathBuf;
use std::thread;

fn main() {
    let files: Vec<PathBuf> = fs::read_dir(".")
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|x| x == "numbers"))
        .collect();

    let mut handles = Vec::new();
    for chunk in files.chunks(125) {
        let chunk = chunk.to_vec();
        handles.push(thread::spawn(move || {
            let mut sum = 0u64;
            for path in chunk {
                let text = fs::read_to_string(path).unwrap();
                let n: Vec<u64> = text.lines().map(|l| l.parse().unwrap()).collect();
                sum += n[index_of_line!(3)] * n[index_of_line!(17)];
            }
            sum
        }));
    }
    let total: u64 = handles.into_iter().map(|h| h.join().unwrap()).sum();
    println!("{total}");
}
