//! Two threads read both files and throw the results away; `main` reads them again, one after the other.

use std::{fs, thread};
fn main() {
    thread::spawn(|| fs::read_to_string("first.txt"));
    thread::spawn(|| fs::read_to_string("second.txt"));
    let a = fs::read_to_string("first.txt").unwrap();
    let b = fs::read_to_string("second.txt").unwrap();
    println!("first: {}\nsecond: {}", a.trim(), b.trim());
}
