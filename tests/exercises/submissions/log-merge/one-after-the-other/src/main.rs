//! Wrong: one thread waits for one log after the other.

use std::{fs, path::PathBuf};

fn main() {
    let texts: Vec<_> = logs()
        .into_iter()
        .map(|log| fs::read_to_string(log).expect("a log can be read"))
        .collect();
    let mut lines: Vec<_> = texts.iter().flat_map(|text| text.lines()).collect();
    lines.sort_by_key(|line| time(line));
    for line in lines {
        println!("{line}");
    }
}

/// The time at the beginning of a line.
fn time(line: &str) -> u64 {
    let time = line.split(' ').next().and_then(|time| time.parse().ok());
    time.expect("a line begins with its time")
}

fn logs() -> Vec<PathBuf> {
    let entries = fs::read_dir("logs").expect("the folder can be read");
    entries
        .map(|entry| entry.expect("the folder can be read").path())
        .collect()
}
