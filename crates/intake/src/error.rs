//! What fails outside of the submission: the machine, the disk, a path that the user named.
//!
//! An error is never about what a student made; that is a [`Refusal`](crate::Refusal).
//! Never says what a user should do about it: the program knows which of its options helps.

use std::{io, path::PathBuf};

use crate::names::escaped_path;

/// Why a submission or a class cannot be examined.
///
/// Its message has the path; the system's error is its source.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is nothing at the path that the user named.
    #[error("failed to find the submission `{}`", escaped_path(path))]
    NotFound {
        /// The path that the user named.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// What the user named is no folder.
    #[error("failed to grade `{}`: it is not a folder", escaped_path(path))]
    NotAFolder {
        /// The path that the user named.
        path: PathBuf,
    },
    /// The user may not read what they named.
    #[error("failed to open the submission `{}`", escaped_path(path))]
    Closed {
        /// The path that the user named.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A submission cannot be read at all.
    #[error("failed to read submission `{}`", escaped_path(path))]
    Submission {
        /// Where it is.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// This process cannot read a submission or a part of it, and the student did not cause that.
    #[error("failed to read submission `{}`{}", escaped_path(path), part(place))]
    Locked {
        /// Where the submission is.
        path: PathBuf,
        /// What in it cannot be opened; empty for all of it.
        place: String,
        /// The system's error.
        source: io::Error,
    },
    /// This machine is out of memory or of open files, or cannot read its disk.
    #[error("failed to read submission `{}`", escaped_path(path))]
    Machine {
        /// What was being read.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The folder of a class cannot be read at all.
    #[error("failed to read the submissions in `{}`", escaped_path(path))]
    ClassFolder {
        /// The path that the user named.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// What was named as a class's folder is a file.
    #[error("failed to find submissions in `{}`", escaped_path(path))]
    ClassIsFile {
        /// The path that the user named.
        path: PathBuf,
        /// What it is.
        source: IsAFile,
    },
    /// The folder of a class has too many entries.
    #[error("failed to read `{}`", escaped_path(path))]
    ClassTooLarge {
        /// The path that the user named.
        path: PathBuf,
        /// How many there are.
        source: TooManyEntries,
    },
    /// The folder that was named as a class's is a crate.
    #[error("failed to find submissions in `{}`", escaped_path(path))]
    ClassIsCrate {
        /// The path that the user named.
        path: PathBuf,
        /// Why it is one.
        source: IsOneSubmission,
    },
    /// The folder that was named is not the class's, or nobody can tell.
    #[error("failed to find the class in `{}`", escaped_path(path))]
    NotTheClass {
        /// The path that the user named.
        path: PathBuf,
        /// The folder that may be the class's.
        meant: PathBuf,
        /// Why.
        source: Misnamed,
    },
    /// The instructor's pattern matches no name.
    #[error("failed to find submissions in `{}`", escaped_path(path))]
    NoName {
        /// The path that the user named.
        path: PathBuf,
        /// Why.
        source: NoName,
    },
    /// The private copy cannot be written or read.
    #[error("failed to {verb} `{}`", path.display())]
    Copy {
        /// The operation, as in "failed to VERB PATH".
        verb: &'static str,
        /// A path in the copy.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The private copy would lie inside the submission.
    #[error("failed to copy the submission: the temporary folder `{}` lies inside it", folder.display())]
    CopyInside {
        /// Where the copy was to be.
        folder: PathBuf,
    },
}

/// A file is no folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IsAFile {
    /// An archive, by its name.
    #[error("it is an archive and not a folder")]
    Archive,
    /// Any other file.
    #[error("it is a file and not a folder")]
    Other,
}

/// More entries than any class has.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("it has {0} entries or more")]
pub struct TooManyEntries(pub usize);

/// A folder that is a crate is no folder of crates.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("it has a `Cargo.toml`, so it is one submission and not a class")]
pub struct IsOneSubmission;

/// Why the folder that was named is not the class's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Misnamed {
    /// Its only folder may be the class, or one student's work.
    #[error(
        "its only folder, `{folder}`, holds {holds} folders or archives, which may be the submissions of a class or the work of one student"
    )]
    Wrapper {
        /// The folder. Safe to print.
        folder: String,
        /// How many folders and archives there are in it.
        holds: usize,
    },
    /// Its only archive may hold the class, or one student's work.
    #[error(
        "its only archive, `{archive}`, holds {holds} crates or archives, which may be the submissions of a class or the work of one student"
    )]
    Packed {
        /// The archive. Safe to print.
        archive: String,
        /// How many crates or archives there are in it.
        holds: usize,
    },
    /// Each of its folders may be a class.
    #[error(
        "each folder in it may be a class of its own, such as `{folder}`, which holds several submissions"
    )]
    Classes {
        /// The first of them. Safe to print.
        folder: String,
    },
    /// A system made it for one student.
    #[error("a system made this folder for one student")]
    OneStudents,
    /// All names in it are those of attempts.
    #[error("its names say that they are attempts of one student")]
    Attempts,
}

/// A pattern that matches nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the pattern `{pattern}` matches no name in it, such as `{name}`")]
pub struct NoName {
    /// The pattern.
    pub pattern: String,
    /// A name that it does not match; safe to print.
    pub name: String,
}

fn part(place: &str) -> String {
    match place {
        "" => String::new(),
        place => format!(": `{place}` cannot be opened"),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn a_message_shows_the_submissions_name_without_its_escapes() {
        let error = Error::NotAFolder {
            path: Path::new("a\u{1b}[2J").to_path_buf(),
        };
        assert!(error.to_string().contains(r"`a\u{1b}[2J`"), "{error}");
    }
}
