//! Correct: has unit tests, a dev-dependency and a release profile of its own.

use rayon::prelude::*;
use std::fs;
use std::path::PathBuf;

fn product(text: &str) -> Option<u64> {
    let mut numbers = text.lines().map(|line| line.trim().parse::<u64>());
    let third = numbers.nth(2)?.ok()?;
    let seventeenth = numbers.nth(13)?.ok()?;
    Some(third * seventeenth)
}

fn main() {
    let files: Vec<PathBuf> = fs::read_dir(".")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "numbers"))
        .collect();
    let total: u64 = files
        .par_iter()
        .map(|path| product(&fs::read_to_string(path).unwrap()).unwrap())
        .sum();
    println!("{total}");
}

#[cfg(test)]
mod tests {
    use super::product;
    use itertools::Itertools;

    #[test]
    fn multiplies_lines_3_and_17() {
        let text = (1..=20).join("\n");
        assert_eq!(product(&text), Some(3 * 17));
    }

    #[test]
    fn too_short() {
        assert_eq!(product("1\n2\n3\n"), None);
    }
}
