//! Correct: walks the folder with walkdir and bridges the walk to rayon's threads.

use rayon::iter::{ParallelBridge, ParallelIterator};
use std::fs;
use walkdir::{DirEntry, WalkDir};

fn is_data(entry: &DirEntry) -> bool {
    let name = entry.file_name().to_string_lossy();
    name.starts_with("tmp-") && name.ends_with(".numbers")
}

fn main() {
    let total: u64 = WalkDir::new(".")
        .max_depth(1)
        .into_iter()
        .filter_map(Result::ok)
        .filter(is_data)
        .par_bridge()
        .map(|entry| {
            let text = fs::read_to_string(entry.path()).unwrap();
            let lines: Vec<&str> = text.lines().collect();
            lines[2].parse::<u64>().unwrap() * lines[16].parse::<u64>().unwrap()
        })
        .sum();
    println!("{total}");
}
