//! What goes wrong with us or with the machine, as one value that every room can return.
//!
//! A fault is never about the submission: a student's failure is evidence and a finding.
//! Decides nothing: `cli` maps its kind to an exit code, and `grading` writes it into the record as the reason
//! for *not graded*.

use std::{error::Error, fmt, io, path::Path};

use crate::course;
use judge::record;
pub use judge::record::FaultKind;

/// Something wrong with us or the machine, with what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Which part failed.
    pub kind: FaultKind,
    /// What failed, lower case, verb first, the thing in backticks.
    pub message: String,
    /// The system's or a library's own words, where there are any.
    pub cause: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

/// A path of ours as text, for an argument or an environment.
///
/// # Errors
/// It is not UTF-8.
pub fn path_to_str(path: &Path) -> Result<String, Fault> {
    path.to_str().map(str::to_owned).ok_or_else(|| {
        Fault::usage(format!("failed to use the path `{}`", path.display()))
            .because("it is not UTF-8")
            .hint("choose other folders with `--temp-dir DIR` and `--cache-dir DIR`")
    })
}

impl Fault {
    /// A fault without cause or hint.
    pub fn new(kind: FaultKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            cause: None,
            hint: None,
        }
    }

    /// The user's mistake, on the command line or in the course.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(FaultKind::Usage, message)
    }

    /// A failed operation on a path, which is put in backticks: failed to DO PATH.
    #[must_use]
    pub fn io(kind: FaultKind, verb: &str, path: &Path, error: &io::Error) -> Self {
        Self::new(kind, format!("failed to {verb} `{}`", path.display())).because(error)
    }

    /// A failed operation on a path in the folder for temporary files.
    #[must_use]
    pub fn temporary(verb: &str, path: &Path, error: &io::Error) -> Self {
        Self::io(FaultKind::Disk, verb, path, error)
            .hint("free some space, or choose another place with `--temp-dir DIR`")
    }

    /// A failed operation on a path in the cache folder.
    #[must_use]
    pub fn cache(verb: &str, path: &Path, error: &io::Error) -> Self {
        Self::io(FaultKind::Disk, verb, path, error)
            .hint("free some space, or choose another cache with `--cache-dir DIR`")
    }

    /// The same fault with the system's own words.
    #[must_use]
    pub fn because(mut self, cause: impl fmt::Display) -> Self {
        self.cause = Some(cause.to_string());
        self
    }

    /// The same fault with what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        record::Fault::from(self.clone()).fmt(f)
    }
}

impl Error for Fault {}

/// Whoever wrote the course or named it made a mistake.
impl From<course::Error> for Fault {
    fn from(error: course::Error) -> Self {
        Self {
            kind: FaultKind::Usage,
            message: error.to_string(),
            cause: error.cause(),
            hint: error.hint(),
        }
    }
}

impl From<Fault> for record::Fault {
    fn from(fault: Fault) -> Self {
        Self {
            kind: fault.kind,
            message: fault.message,
            cause: fault.cause,
            hint: fault.hint,
        }
    }
}

/// The fault of a record that is not shown: the fault ends the command instead.
impl From<record::Fault> for Fault {
    fn from(published: record::Fault) -> Self {
        Self {
            kind: published.kind,
            message: published.message,
            cause: published.cause,
            hint: published.hint,
        }
    }
}
