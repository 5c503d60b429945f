//! Wrong: the counts of a thread take the place of those before, and are not added to them.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    thread,
};

fn main() {
    let files = files();
    let mut total = Counts::new();
    thread::scope(|scope| {
        let threads: Vec<_> = files.iter().map(|file| scope.spawn(|| count(file))).collect();
        for thread in threads {
            total.extend(thread.join().unwrap());
        }
    });
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
