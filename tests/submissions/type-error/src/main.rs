//! Does not compile: multiplies two lines as text, without parsing them to numbers.

use std::fs;

fn main() {
    let mut total = 0u64;
    for entry in fs::read_dir(".").unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        total += lines[2] * lines[16];
    }
    println!("{total}");
}
