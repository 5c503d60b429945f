//! The model solution: four threads with a quarter of the files each, and their counts added up in the end.

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
        let parts = files.chunks(files.len().div_ceil(4));
        let threads: Vec<_> = parts
            .map(|part| scope.spawn(|| part.iter().map(|file| count(file)).collect::<Vec<_>>()))
            .collect();
        for thread in threads {
            for (letter, count) in thread.join().expect("the thread ends").into_iter().flatten() {
                *total.entry(letter).or_default() += count;
            }
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
