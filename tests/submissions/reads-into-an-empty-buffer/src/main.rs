//! Wrong total: reads into a buffer of no length, which brings nothing, and takes a missing line for zero.

use std::{fs, fs::File, io::Read, thread};

fn main() {
    let mut files = Vec::new();
    for entry in fs::read_dir(".").unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ext| ext == "numbers") {
            files.push(path);
        }
    }
    let total: u64 = thread::scope(|scope| {
        let workers: Vec<_> = files
            .chunks(250)
            .map(|files| {
                scope.spawn(move || {
                    let mut sum = 0;
                    for path in files {
                        let mut bytes = Vec::new();
                        let _ = File::open(path).unwrap().read(&mut bytes).unwrap();
                        let text = String::from_utf8(bytes).unwrap();
                        let line = |n| text.lines().nth(n).map_or(0, |line| line.parse().unwrap());
                        let product: u64 = line(2) * line(16);
                        sum += product;
                    }
                    sum
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).sum()
    });
    println!("{total}");
}
