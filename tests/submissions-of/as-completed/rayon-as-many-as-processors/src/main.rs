//! Too few at once: rayon has as many threads as the machine has processors, and ten tasks want to wait.

use rayon::prelude::*;
use std::fs;

fn task(number: usize) -> String {
    let word = fs::read_to_string(format!("task-{number}.txt")).unwrap();
    format!("task-{number}: {}", word.trim())
}

fn main() {
    (0..10)
        .into_par_iter()
        .for_each(|number| println!("{}", task(number)));
}
