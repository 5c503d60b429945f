//! One after the other, in the order of the numbers: there is no thread.

use std::fs;

fn task(number: usize) -> String {
    let word = fs::read_to_string(format!("task-{number}.txt")).unwrap();
    format!("task-{number}: {}", word.trim())
}

fn main() {
    for number in 0..10 {
        println!("{}", task(number));
    }
}
