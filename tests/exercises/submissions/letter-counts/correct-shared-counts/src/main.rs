//! Right: a thread for each file adds to counts that all share, behind a lock.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Mutex,
    thread,
};

fn main() {
    let total = Mutex::new(Counts::new());
    thread::scope(|scope| {
        for file in files() {
            let total = &total;
            scope.spawn(move || {
                for (letter, count) in count(&file) {
                    *total.lock().unwrap().entry(letter).or_default() += count;
                }
            });
        }
    });
    print(&total.into_inner().unwrap());
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
