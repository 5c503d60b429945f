//! What a program saved beside what the reference saved.
//!
//! Finds the first difference, in the order in which a student mends them best. Never words anything for the student.

use crate::evidence::SavedFiles;

/// How the saved files differ from the reference's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FilesDiffer {
    /// Files are missing.
    Missing {
        /// How many.
        files: usize,
        /// The first of them.
        first: String,
    },
    /// A file ends too early.
    CutShort {
        /// Its name.
        name: String,
        /// Its size.
        bytes: u64,
        /// The size that is right.
        expected: u64,
    },
    /// A file has other contents.
    Wrong {
        /// Its name.
        name: String,
        /// Its size.
        bytes: u64,
        /// The size that is right.
        expected: u64,
    },
    /// There are files, folders or other things that the reference did not make.
    TooMuch {
        /// How many.
        files: usize,
        /// The first of them; `None` if it is no plain file.
        first: Option<String>,
    },
}

/// How the saved files differ from the reference's; `None` if they are the same.
pub(super) fn difference(saved: &SavedFiles, expected: &SavedFiles) -> Option<FilesDiffer> {
    let is_missing = |name: &&String| !saved.files.contains_key(*name);
    let missing: Vec<&String> = expected.files.keys().filter(is_missing).collect();
    if let Some(&first) = missing.first() {
        return Some(FilesDiffer::Missing {
            files: missing.len(),
            first: first.clone(),
        });
    }
    for (name, right) in &expected.files {
        let Some(seen) = saved.files.get(name).filter(|seen| *seen != right) else {
            continue;
        };
        let (name, bytes, expected) = (name.clone(), seen.bytes, right.bytes);
        return Some(if bytes < expected {
            FilesDiffer::CutShort {
                name,
                bytes,
                expected,
            }
        } else {
            FilesDiffer::Wrong {
                name,
                bytes,
                expected,
            }
        });
    }
    let is_more = |name: &&String| !expected.files.contains_key(*name);
    let more: Vec<&String> = saved.files.keys().filter(is_more).collect();
    let files = more.len() + saved.others.saturating_sub(expected.others);
    (files > 0).then(|| FilesDiffer::TooMuch {
        files,
        first: more.first().map(|&first| first.clone()),
    })
}
