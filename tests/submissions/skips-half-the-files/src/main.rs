//! Wrong total: four threads take steps of eight, so every other group of four files is never read.

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

    let total: u64 = thread::scope(|s| {
        let handles: Vec<_> = (0..4)
            .map(|i| {
                let mine = files.iter().skip(i).step_by(8);
                s.spawn(move || {
                    mine.map(|path| {
                        let text = fs::read_to_string(path).unwrap();
                        let n: Vec<u64> = text.lines().map(|l| l.parse().unwrap()).collect();
                        n[2] * n[16]
                    })
                    .sum::<u64>()
                })
            })
            .collect();
        handles.into_iter().map(|h| h.join().unwrap()).sum()
    });
    println!("{total}");
}
