//! Wrong output: writes the right total in UTF-16 with a byte order mark, which is not UTF-8.

use rayon::prelude::*;
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

fn main() -> io::Result<()> {
    let files: Vec<PathBuf> = fs::read_dir(".")?
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|x| x == "numbers"))
        .collect();
    let total: u64 = files
        .par_iter()
        .map(|path| {
            let text = fs::read_to_string(path).unwrap();
            let numbers: Vec<u64> = text.lines().map(|l| l.parse().unwrap()).collect();
            numbers[2] * numbers[16]
        })
        .sum();

    let mut out = io::stdout().lock();
    for unit in format!("\u{feff}{total}\r\n").encode_utf16() {
        out.write_all(&unit.to_le_bytes())?;
    }
    out.flush()
}
