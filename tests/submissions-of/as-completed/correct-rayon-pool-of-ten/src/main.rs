//! Correct: a rayon pool of ten threads, one file for each job, and each job prints its line.

use rayon::prelude::*;
use std::fs;

fn task(number: usize) -> String {
    let word = fs::read_to_string(format!("task-{number}.txt")).unwrap();
    format!("task-{number}: {}", word.trim())
}

fn main() {
    rayon::ThreadPoolBuilder::new()
        .num_threads(10)
        .build_global()
        .unwrap();
    (0..10)
        .into_par_iter()
        .with_max_len(1)
        .for_each(|number| println!("{}", task(number)));
}
