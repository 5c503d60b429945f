//! Wrong total: writes the digits of line 17 behind those of line 3 and reads them as one number.

use std::fs;
use std::path::PathBuf;
use std::thread;

fn product(path: &PathBuf) -> u64 {
    let text = fs::read_to_string(path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let both = lines[2].to_owned() + lines[16];
    both.parse().unwrap()
}

fn main() {
    let mut files: Vec<PathBuf> = fs::read_dir(".")
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|x| x == "numbers"))
        .collect();
    files.sort();

    let total: u64 = thread::scope(|s| {
        let mut handles = Vec::new();
        for mine in files.chunks(files.len().div_ceil(8)) {
            handles.push(s.spawn(move || {
                let mut sum = 0;
                for path in mine {
                    sum += product(path);
                }
                sum
            }));
        }
        handles.into_iter().map(|h| h.join().unwrap()).sum()
    });
    println!("{total}");
}
