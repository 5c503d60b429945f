//! Wrong output: prints the words alone.

use std::fs;
use std::thread;

fn main() {
    thread::scope(|scope| {
        for number in 0..10 {
            scope.spawn(move || {
                let word = fs::read_to_string(format!("task-{number}.txt")).unwrap();
                println!("{}", word.trim());
            });
        }
    });
}
