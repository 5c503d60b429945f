//! Correct: a thread reads the second file while `main` reads the first.

use std::{fs, io, thread};

fn read_number(file: &str) -> io::Result<u64> {
    let text = fs::read_to_string(file)?;
    text.trim().parse().map_err(io::Error::other)
}

fn main() -> io::Result<()> {
    let second = thread::spawn(|| read_number("second.txt"));
    let first = read_number("first.txt")?;
    println!("first: {first}");
    let second = second.join().expect("the thread does not panic")?;
    println!("second: {second}");
    Ok(())
}
