//! Wrong: times are compared as texts, so that 10 comes before 9.

use std::{fs, path::PathBuf, thread};

fn main() {
    let threads: Vec<_> = logs()
        .into_iter()
        .map(|log| thread::spawn(|| fs::read_to_string(log).expect("a log can be read")))
        .collect();
    let texts: Vec<_> = threads
        .into_iter()
        .map(|thread| thread.join().expect("the thread ends"))
        .collect();
    let mut lines: Vec<_> = texts.iter().flat_map(|text| text.lines()).collect();
    lines.sort();
    for line in lines {
        println!("{line}");
    }
}

fn logs() -> Vec<PathBuf> {
    let entries = fs::read_dir("logs").expect("the folder can be read");
    entries
        .map(|entry| entry.expect("the folder can be read").path())
        .collect()
}
