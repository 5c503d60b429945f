//! Print how often each letter is in all files of the folder where the program starts.

use std::{collections::BTreeMap, fs, io};

fn main() -> io::Result<()> {
    let mut counts = BTreeMap::new();
    for entry in fs::read_dir(".")? {
        // TODO: share the files out among several threads.
        for letter in fs::read_to_string(entry?.path())?.chars() {
            // TODO: count all letters, and what is no letter not at all.
            counts.insert(letter, 1);
        }
    }
    for (letter, count) in counts {
        println!("{letter}: {count}");
    }
    Ok(())
}
