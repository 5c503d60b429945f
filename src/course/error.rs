//! What is wrong with a course: with its files, or with the name of an exercise.
//!
//! Each error says what failed; its cause and what to do about it are beside that. All of them are mistakes
//! in the course, or in the name that the user gave.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::kinds_of_values::in_words;
use ids::ExerciseId;

/// The one format this version reads, of both `grader.toml` and `exercise.toml`.
pub(super) const FORMAT_VERSION: i64 = 1;

/// The file that makes a folder a course.
pub(super) const COURSE_FILE: &str = "grader.toml";

/// What is wrong with a course.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no course in a folder or above it.
    #[error("found no `{file}` in `{}` or above", start.display())]
    NoCourse {
        /// The file that makes a folder a course.
        file: &'static str,
        /// Where the search began.
        start: PathBuf,
    },
    /// A file or folder cannot be read.
    #[error("failed to read `{}`", path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
        /// What to do about it.
        hint: Option<&'static str>,
    },
    /// A file is not TOML, or not of the expected form.
    #[error("failed to read `{}`", path.display())]
    Form {
        /// The file.
        path: PathBuf,
        /// The parser's error, with the line.
        source: toml::de::Error,
    },
    /// A file is of another format than this program reads.
    #[error("failed to read `{}`, line {line}: it has format-version {found}, this program reads {FORMAT_VERSION}", path.display())]
    OtherFormat {
        /// The file.
        path: PathBuf,
        /// The line that says so, counted from one.
        line: usize,
        /// Its format.
        found: i64,
    },
    /// A file has no format number.
    #[error("failed to read `{}`, line {line}: it does not say `format-version = {FORMAT_VERSION}`", path.display())]
    NoFormat {
        /// The file.
        path: PathBuf,
        /// The line with something else for it, or the first one.
        line: usize,
    },
    /// A value in a file is not allowed.
    #[error("failed to read `{}`, line {line}: {what}", path.display())]
    Mistake {
        /// The file.
        path: PathBuf,
        /// The line, counted from one.
        line: usize,
        /// What is wrong there.
        what: String,
        /// What to do about it, if more than the line is known.
        hint: Option<String>,
    },
    /// The name of an exercise's folder is not the name of an exercise.
    #[error("failed to load exercise `{}`: {why}", path.display())]
    Name {
        /// The folder.
        path: PathBuf,
        /// What is wrong with its name.
        why: String,
    },
    /// There is no exercise of this name.
    #[error("found no exercise `{}`", name.escape_debug())]
    NoExercise {
        /// The name.
        name: String,
        /// The folder of the exercises.
        folder: PathBuf,
        /// The exercises that there are.
        known: Vec<ExerciseId>,
    },
}

impl Error {
    /// The text of the system's or the parser's error.
    #[must_use]
    pub fn cause(&self) -> Option<String> {
        match self {
            Self::Unreadable { source, .. } => Some(source.to_string()),
            Self::Form { source, .. } => {
                let shown = source.to_string();
                let words = in_words(source.message());
                Some(
                    shown
                        .replace(source.message(), &words)
                        .trim_end()
                        .to_owned(),
                )
            }
            _ => None,
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NoCourse { .. } => {
                "go to the course's folder, or name it with `--course DIR`".to_owned()
            }
            Self::Unreadable { hint, .. } => return hint.map(str::to_owned),
            Self::Form { path, .. } => {
                format!("mend the line shown; {} lists every key", keys_of(path))
            }
            Self::OtherFormat { found, .. } if *found > FORMAT_VERSION => {
                "install a newer `grade`".to_owned()
            }
            Self::OtherFormat { .. } => format!(
                "bring the file up to date, and say `format-version = {FORMAT_VERSION}` in it"
            ),
            Self::NoFormat { .. } => {
                format!("put `format-version = {FORMAT_VERSION}` at the top of the file")
            }
            Self::Mistake { hint, path, .. } => hint.clone().unwrap_or_else(|| {
                let keys = keys_of(path);
                format!("mend the line shown; {keys} lists every key and what it may be")
            }),
            Self::Name { .. } => "rename the folder".to_owned(),
            Self::NoExercise {
                name,
                folder,
                known,
            } => nearest_or_all(name, folder, known),
        })
    }

    /// The same mistake, with what to do about it.
    pub(super) fn with_hint(self, better: impl Into<String>) -> Self {
        match self {
            Self::Mistake {
                path, line, what, ..
            } => Self::Mistake {
                path,
                line,
                what,
                hint: Some(better.into()),
            },
            other => other,
        }
    }
}

/// The document that lists the keys of a file.
fn keys_of(file: &Path) -> &'static str {
    if file.file_name().is_some_and(|name| name == COURSE_FILE) {
        "docs/course.md"
    } else {
        "docs/exercises.md"
    }
}

/// The exercise that was most likely meant by `name`, or all there are.
fn nearest_or_all(name: &str, folder: &std::path::Path, known: &[ExerciseId]) -> String {
    let nearest = known
        .iter()
        .map(|id| (strsim::damerau_levenshtein(id.as_str(), name), id))
        .filter(|(distance, id)| *distance <= id.as_str().len().max(name.len()) / 2)
        .min();
    match nearest {
        Some((_, id)) => format!("did you mean `{id}`?"),
        None if known.is_empty() => format!("`{}` holds no exercise", folder.display()),
        None => {
            let known: Vec<_> = known.iter().map(|id| format!("`{id}`")).collect();
            format!("this course has {}", known.join(", "))
        }
    }
}
