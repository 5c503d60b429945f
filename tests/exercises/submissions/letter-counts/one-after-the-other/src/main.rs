//! Wrong: one thread reads all files, so it waits for the sum of their latencies.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

fn main() {
    let mut total = Counts::new();
    for file in files() {
        for (letter, count) in count(&file) {
            *total.entry(letter).or_default() += count;
        }
    }
    print(&total);
}

type Counts = BTreeMap<char, u32>;

fn files() -> Vec<PathBuf> {
    let entries = fs::read_dir(".").expect("the folder can be read");
    entries
        .map(|entry| entry.expect("the folder can be read").path())
        .collect()
}

fn count(file: &Path) -> Counts {
    let text = fs::read_to_string(file).expect("a data file can be read");
    let mut counts = Counts::new();
    for letter in text.chars().filter(char::is_ascii_lowercase) {
        *counts.entry(letter).or_default() += 1;
    }
    counts
}

fn print(counts: &Counts) {
    for (letter, count) in counts {
        println!("{letter}: {count}");
    }
}
