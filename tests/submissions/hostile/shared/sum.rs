//! The honest part of a hostile submission: the right total, by one thread.

#![allow(dead_code)]

use std::fs;

/// The total of the data files in the current folder.
fn total() -> u64 {
    let mut total = 0;
    for entry in fs::read_dir(".").unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ext| ext == "numbers") {
            let text = fs::read_to_string(path).unwrap();
            let number = |line: usize| text.lines().nth(line).unwrap().parse::<u64>().unwrap();
            total += number(2) * number(16);
        }
    }
    total
}

/// Print the total.
pub fn print() {
    println!("{}", total());
}

/// Print the total, or the mark if an attack worked: then the grader's record tells of it.
pub fn print_unless(attack_worked: bool) {
    let total = total();
    if attack_worked {
        println!("@MARK@");
    } else {
        println!("{total}");
    }
}

/// Print what was stolen, or the total if nothing was.
pub fn print_stolen(stolen: Option<String>) {
    let total = total();
    match stolen {
        Some(stolen) => println!("{}", stolen.replace(['\0', '\n'], " ")),
        None => println!("{total}"),
    }
}
