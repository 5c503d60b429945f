//! What can fail in this crate, with the system's own error kept.
//!
//! Never says what a user should do about it: the caller knows which option chooses another folder.

use std::{fmt, io, path::PathBuf};

/// Why a folder could not be made, locked, filled or removed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No folder was suitable for a temporary folder; the reason for each, in the order of the attempts.
    #[error("failed to make a temporary folder")]
    NoPlace {
        /// Every folder that was tried.
        refusals: Vec<Refusal>,
    },
    /// An operation on one path failed.
    #[error("failed to {verb} `{}`", path.display())]
    Io {
        /// The operation, as in "failed to VERB PATH".
        verb: &'static str,
        /// The path of the operation.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A key that cannot be the name of a folder in a [`Kept`](crate::Kept).
    #[error("failed to use the key `{key}`: it is not a plain file name")]
    Key {
        /// The key.
        key: String,
    },
}

impl Error {
    /// For `map_err`: the operation and its path.
    pub(crate) fn io(
        verb: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { verb, path, source }
    }
}

/// A folder that was refused.
#[derive(Debug)]
pub struct Refusal {
    /// The folder.
    pub place: PathBuf,
    /// Why it was refused.
    pub reason: RefusalReason,
}

/// Why a folder was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RefusalReason {
    /// The file system does not start programs, and [`Builder::executable`](crate::Builder::executable)
    /// asked for one that does.
    #[error("programs cannot be started from it (mounted noexec)")]
    NoExec,
    /// No folder can be made there.
    #[error(transparent)]
    Io(io::Error),
    /// The caller's own trial of the folder failed.
    #[error(transparent)]
    Trial(Box<dyn std::error::Error + Send + Sync>),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.place.display(), self.reason)
    }
}
