//! Make an exercise's data files from a recipe and a seed: the same bytes everywhere, for ever.
//!
//! Hides how the numbers come about. Never reads a clock or the system's randomness: equal arguments
//! give equal files.

#![forbid(unsafe_code)]

mod bounds;
mod cpython;
mod files;
mod latency;
mod mt19937;
mod names;
mod recipe;
mod server;
mod template;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeSet,
    io::{self, Write as _},
    ops::Range,
    path::Path,
};

use rustix::{
    fd::{AsFd, BorrowedFd},
    fs::{Mode, OFlags},
    io::Errno,
};

pub use bounds::RecipeError;
pub use files::{FileTemplate, FilesRecipe};
pub use latency::{LatencyRule, latencies};
pub use names::is_data_name;
pub use recipe::{NumbersRecipe, ProgramRecipe, Recipe};
pub use server::{AnswerRule, ServerAnswer, ServerRecipe};
pub use template::Template;

/// The files of one seed, in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataset {
    /// Name and place in `bytes`, in byte order of the names, each name once.
    files: Vec<(String, Range<usize>)>,
    /// All contents, one after the other.
    bytes: Vec<u8>,
}

/// Follow `recipe` with `seed`. `None` if the recipe is a program, which this crate never runs:
/// [`Dataset::of_files`] takes what it wrote.
///
/// The recipe is one that [`Recipe::validate`] accepts, as every loaded exercise has.
#[must_use]
pub fn generate(recipe: &Recipe, seed: u64) -> Option<Dataset> {
    match recipe {
        Recipe::Numbers(numbers) => Some(generate_numbers(numbers, seed)),
        Recipe::Files(files) => Some(files.generate(seed)),
        Recipe::Program(_) => None,
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
    /// These files, with their names.
    ///
    /// # Errors
    /// There are no files or too many, they are too large, or a name is none that a data file may have. A sentence
    /// without full stop.
    pub fn of_files(files: Vec<(String, Vec<u8>)>) -> Result<Self, String> {
        if files.is_empty() {
            return Err("there is no file".into());
        }
        if files.len() as u64 > bounds::MOST_FILES {
            let most = bounds::MOST_FILES;
            return Err(format!(
                "there are {} files, and at most {most} are allowed",
                files.len()
            ));
        }
        let bytes: usize = files.iter().map(|(_, contents)| contents.len()).sum();
        if bytes as u64 > bounds::MOST_BYTES {
            return Err("the files have more than 64 MiB together".into());
        }
        if let Some((name, _)) = files.iter().find(|(name, _)| !is_data_name(name)) {
            return Err(format!("`{}` {}", name.escape_debug(), names::RULE));
        }
        let made = Self::of_valid(files);
        match names::conflict(&made.names().collect::<Vec<_>>()) {
            Some((one, other)) => Err(format!("`{one}` and `{other}` cannot both be files")),
            None => Ok(made),
        }
    }

    /// Files of names that are valid, each once.
    fn of_valid(mut files: Vec<(String, Vec<u8>)>) -> Self {
        files.sort();
        let mut bytes = Vec::new();
        let place = |(name, contents): (String, Vec<u8>)| {
            let start = bytes.len();
            bytes.extend_from_slice(&contents);
            (name, start..bytes.len())
        };
        let files = files.into_iter().map(place).collect();
        Self { files, bytes }
    }

    /// Two datasets of these files: of those for which `is_first` says yes, and of the others.
    #[must_use]
    pub fn split(&self, is_first: impl Fn(&str) -> bool) -> [Self; 2] {
        let owned = |(name, contents): (&str, &[u8])| (name.to_owned(), contents.to_vec());
        let (first, other): (Vec<_>, Vec<_>) = self.files().partition(|(name, _)| is_first(name));
        [first, other].map(|files| Self::of_valid(files.into_iter().map(owned).collect()))
    }

    /// The same with one file more, whose name no other file has.
    #[must_use]
    fn with(mut self, name: &str, contents: &[u8]) -> Self {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(contents);
        let place = self
            .files
            .partition_point(|(other, _)| other.as_str() < name);
        let range = start..self.bytes.len();
        self.files.insert(place, (name.to_owned(), range));
        self
    }

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

    /// The folders in which files are, each after the folder that it is in.
    #[must_use]
    pub fn folders(&self) -> BTreeSet<&str> {
        let within = |name: &'_ str| name.contains('/');
        let names = self.names().filter(|name| within(name));
        names
            .flat_map(|name| name.match_indices('/').map(|(end, _)| &name[..end]))
            .collect()
    }

    /// Write every file into `dir`, with its folders. It must not have a file or folder of such a name yet. They are written in an order that has
    /// nothing to do with their names, and is the same each time: some file systems list files as they were made, and a
    /// program that does not sort them can be told from one that does.
    ///
    /// # Errors
    /// The folder is full, read-only, gone, or has such a file.
    pub fn write(&self, dir: &Path) -> io::Result<()> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder = rustix::fs::open(dir, flags, Mode::empty())?;
        for name in self.folders() {
            rustix::fs::mkdirat(&folder, name, Mode::from_raw_mode(0o777))?;
        }
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
