//! Correct: deals the files to the threads with itertools and takes the two lines with tuples.

use itertools::Itertools;
use std::fs;
use std::path::Path;
use std::thread;

fn product(path: &Path) -> u64 {
    let text = fs::read_to_string(path).unwrap();
    let (a, b) = text
        .lines()
        .enumerate()
        .filter(|(i, _)| [3, 17].contains(&(i + 1)))
        .map(|(_, line)| line.parse::<u64>().unwrap())
        .collect_tuple()
        .expect("two lines");
    a * b
}

fn main() {
    let workers = num_cpus::get().max(4);
    let groups = fs::read_dir(".")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "numbers"))
        .sorted()
        .enumerate()
        .map(|(i, path)| (i % workers, path))
        .into_group_map();

    let handles = groups
        .into_values()
        .map(|paths| thread::spawn(move || paths.iter().map(|p| product(p)).sum::<u64>()))
        .collect_vec();
    let total: u64 = handles.into_iter().map(|h| h.join().unwrap()).sum();
    println!("{total}");
}
