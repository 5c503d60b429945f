//! The model solution: a thread for each file, both started before either is waited for.

use std::{error::Error, fs, thread};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Result<()> {
    let first = thread::spawn(|| read_number("first.txt"));
    let second = thread::spawn(|| read_number("second.txt"));
    let first = first.join().map_err(|_| "the first task panicked")??;
    println!("first: {first}");
    let second = second.join().map_err(|_| "the second task panicked")??;
    println!("second: {second}");
    Ok(())
}

/// The number in a file.
fn read_number(file: &str) -> Result<u64> {
    Ok(fs::read_to_string(file)?.trim().parse()?)
}
