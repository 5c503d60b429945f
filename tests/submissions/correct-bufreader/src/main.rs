//! Correct: reads each file line by line with a BufReader, in three threads.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::thread;

fn product(path: &PathBuf) -> std::io::Result<u64> {
    let mut lines = BufReader::new(File::open(path)?).lines();
    let third = lines.nth(2).expect("line 3")?;
    // nth starts after the line just taken
    let seventeenth = lines.nth(13).expect("line 17")?;
    Ok(third.parse::<u64>().unwrap() * seventeenth.parse::<u64>().unwrap())
}

fn main() {
    let mut piles = [Vec::new(), Vec::new(), Vec::new()];
    let mut i = 0;
    for entry in fs::read_dir(".").unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|x| x == "numbers") {
            piles[i % 3].push(path);
            i += 1;
        }
    }

    let threads = piles.map(|pile| {
        thread::spawn(move || {
            let mut sum = 0;
            for path in &pile {
                sum += product(path).unwrap();
            }
            sum
        })
    });
    let mut total = 0;
    for t in threads {
        total += t.join().unwrap();
    }
    println!("{total}");
}
