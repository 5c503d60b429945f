//! The sum of the products of lines 3 and 17.

use anyhow::{Context, Result};
use rayon::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};

/// All files `*.numbers` of a folder.
pub fn data_files(dir: impl AsRef<Path>) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).context("cannot list the data folder")? {
        let path = entry?.path();
        if path.extension().is_some_and(|ext| ext == "numbers") {
            files.push(path);
        }
    }
    Ok(files)
}

fn number(text: &str, line: usize) -> Result<u64> {
    let line = text
        .lines()
        .nth(line - 1)
        .with_context(|| format!("there is no line {line}"))?;
    Ok(line.trim().parse()?)
}

/// The product of one file.
pub fn product(path: &Path) -> Result<u64> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    Ok(number(&text, 3)? * number(&text, 17)?)
}

/// The sum over all files, computed in parallel.
pub fn total(files: &[PathBuf]) -> Result<u64> {
    files.par_iter().map(|path| product(path)).sum()
}
