//! Make an exercise's data files from a recipe and a seed: the same bytes everywhere, for ever.
//!
//! Hides how the numbers come about. Never reads a clock or the system's randomness: equal arguments
//! give equal files.

#![forbid(unsafe_code)]

mod cpython;
mod mt19937;
mod recipe;
#[cfg(test)]
mod tests;

use std::{
    io::{self, Write as _},
    ops::Range,
    path::Path,
};

use rustix::{
    fd::{AsFd, BorrowedFd},
    fs::{Mode, OFlags},
    io::Errno,
};

pub use recipe::{NumbersRecipe, Recipe, RecipeError};

/// The files of one seed, in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataset {
    /// Name and place in `bytes`, in byte order of the names, each name once.
    files: Vec<(String, Range<usize>)>,
    /// All contents, one after the other.
    bytes: Vec<u8>,
}

/// Follow `recipe` with `seed`.
///
/// The recipe is one that [`Recipe::validate`] accepts, as every loaded exercise has.
#[must_use]
pub fn generate(recipe: &Recipe, seed: u64) -> Dataset {
    match recipe {
        Recipe::Numbers(numbers) => generate_numbers(numbers, seed),
    }
}

/// What the Python course does: for each file a name, then its lines; an earlier file of the same name
/// is overwritten.
fn generate_numbers(recipe: &NumbersRecipe, seed: u64) -> Dataset {
    let mut random = cpython::Random::seed(seed);
    let numbers = recipe.files as usize * recipe.lines as usize;
    let mut bytes = Vec::with_capacity(numbers * 3);
    let mut drawn = Vec::with_capacity(recipe.files as usize);
    for _ in 0..recipe.files {
        let letters = random.sample_letters(recipe.name_length as usize);
        let start = bytes.len();
        for _ in 0..recipe.lines {
            let number = random.randint(recipe.low, recipe.high);
            // Writing to memory cannot fail.
            let _ = writeln!(bytes, "{number}");
        }
        drawn.push((recipe.file_name(&letters), start..bytes.len()));
    }
    // The sort is stable, so of equal names the last one drawn is the last; reversed, it is kept.
    drawn.sort_by(|(left, _), (right, _)| left.cmp(right));
    drawn.reverse();
    drawn.dedup_by(|(later, _), (earlier, _)| later == earlier);
    drawn.reverse();
    Dataset {
        files: drawn,
        bytes,
    }
}

impl Dataset {
    /// Name and contents of every file, in byte order of the names.
    #[must_use]
    pub fn files(&self) -> impl ExactSizeIterator<Item = (&str, &[u8])> {
        self.files
            .iter()
            .map(|(name, range)| (name.as_str(), &self.bytes[range.clone()]))
    }

    /// The names alone, in byte order.
    #[must_use]
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.files.iter().map(|(name, _)| name.as_str())
    }

    /// Write every file into `dir`, which must not have a file of such a name yet. They are written in an order that has
    /// nothing to do with their names, and is the same each time: some file systems list files as they were made, and a
    /// program that does not sort them can be told from one that does.
    ///
    /// # Errors
    /// The folder is full, read-only, gone, or has such a file.
    pub fn write(&self, dir: &Path) -> io::Result<()> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder = rustix::fs::open(dir, flags, Mode::empty())?;
        for (name, range) in self.shuffled() {
            write_file(folder.as_fd(), name, &self.bytes[range.clone()])?;
        }
        Ok(())
    }
}

impl Dataset {
    /// The files in an order that is the same each time, and is not that of their names.
    fn shuffled(&self) -> Vec<&(String, Range<usize>)> {
        let mut files: Vec<_> = self.files.iter().collect();
        let mut state: u64 = 0x9E37_79B9_7F4A_7C15;
        for end in (2..=files.len()).rev() {
            // Xorshift: any order will do.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let below = usize::try_from(state % end as u64).unwrap_or(0);
            files.swap(end - 1, below);
        }
        files
    }
}

/// Create one file; relative to the open folder, which spares the walk down its path a thousand times.
fn write_file(folder: BorrowedFd<'_>, name: &str, mut contents: &[u8]) -> Result<(), Errno> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    let file = rustix::fs::openat(folder, name, flags, Mode::from_raw_mode(0o666))?;
    while !contents.is_empty() {
        match rustix::io::write(&file, contents) {
            Ok(written) => contents = &contents[written..],
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
