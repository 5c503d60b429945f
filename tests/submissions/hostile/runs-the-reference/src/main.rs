//! Looks for the model solution among what the grader keeps, runs it and prints its answer.

mod sum;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

fn main() {
    sum::print_unless(attack());
}

/// Whether it worked.
fn attack() -> bool {
    // Programs have no ending there; libraries and descriptions do.
    fn programs(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                programs(&path, found);
            } else if path.extension().is_none() {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    programs(Path::new("@CACHE@"), &mut found);
    found.iter().any(|program| {
        let output = Command::new(program).output();
        output.is_ok_and(|output| {
            let answer = String::from_utf8_lossy(&output.stdout)
                .trim()
                .parse::<u64>();
            answer.is_ok()
        })
    })
}
