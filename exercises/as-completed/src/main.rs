//! Start ten tasks at once, and print the result of each as soon as it is there.
//!
//! This starter does one task after the other. What is missing has a TODO.

use std::{fs, io};

/// How many tasks there are.
const TASKS: usize = 10;

fn main() -> io::Result<()> {
    for number in 0..TASKS {
        // TODO: start all ten tasks first, and then print each result when it is there, whichever comes first.
        println!("{}", task(number)?);
    }
    Ok(())
}

/// One task: the line to print. It takes long: the file lies on a slow disk.
fn task(number: usize) -> io::Result<String> {
    let word = fs::read_to_string(format!("task-{number}.txt"))?;
    Ok(format!("task-{number}: {}", word.trim()))
}
