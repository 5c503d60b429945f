//! Why something was not copied: because of the submission, a limit, or this program and its machine.
//!
//! Hides the kernel's error numbers. Never decides what follows: the walk does.

use std::{io, path::Path};

use rustix::io::Errno;

use crate::{error::Error, refusal::Refusal, refusals};

/// Why something inside the submission was not opened or read.
#[derive(Debug)]
pub(crate) enum ReadError {
    /// It is a symbolic link.
    Link,
    /// It is neither a file nor a folder; the text says what it is.
    Special(&'static str),
    /// This process has no permission to read it although it owns it: it was handed in like that.
    Denied,
    /// This process has no permission to read it, and another user owns it: it became unreadable after it was
    /// handed in.
    Foreign,
    /// It was changed while it was read.
    Changed,
    /// The machine failed, not the submission: the disk, memory, the number of open files.
    Machine(io::Error),
}

impl ReadError {
    /// Whether this process has too little memory or too many files open. Then every other submission would
    /// fail as well.
    pub(crate) fn is_shortage(&self) -> bool {
        let Self::Machine(error) = self else {
            return false;
        };
        matches!(
            Errno::from_io_error(error),
            Some(Errno::MFILE | Errno::NFILE | Errno::NOMEM)
        )
    }
}

impl From<Errno> for ReadError {
    fn from(errno: Errno) -> Self {
        match errno {
            Errno::LOOP => Self::Link,
            Errno::ACCESS | Errno::PERM => Self::Denied,
            // `ENXIO`: a socket has taken the file's place. `EAGAIN`: another process holds a lease on it.
            Errno::NOENT | Errno::NOTDIR | Errno::NXIO | Errno::NODEV | Errno::AGAIN => {
                Self::Changed
            }
            errno => Self::Machine(errno.into()),
        }
    }
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        Errno::from_io_error(&error).map_or(Self::Machine(error), Self::from)
    }
}

/// Why something was not copied.
#[derive(Debug)]
pub(crate) enum Cause {
    /// The submission; the walk continues with the next entry.
    Submission(Refusal),
    /// A limit that was passed; the walk ends.
    Limit(Refusal),
    /// This program or the machine; nothing is known about the submission.
    Ours(Error),
}

impl Cause {
    /// The cause of an error at `place` inside the submission `source`.
    pub(crate) fn from_read_error(source: &Path, place: &str, error: ReadError) -> Self {
        match error {
            ReadError::Link => refusals::link(place).into(),
            ReadError::Special(what) => refusals::special(place, what).into(),
            ReadError::Denied => refusals::denied(place).into(),
            ReadError::Foreign => locked(source, place).into(),
            ReadError::Changed => refusals::changed(place).into(),
            ReadError::Machine(error) => Error::Machine {
                path: source.to_path_buf(),
                source: error,
            }
            .into(),
        }
    }
}

impl From<Refusal> for Cause {
    fn from(refusal: Refusal) -> Self {
        Self::Submission(refusal)
    }
}

impl From<Error> for Cause {
    fn from(error: Error) -> Self {
        Self::Ours(error)
    }
}

/// The error of a submission that became unreadable when it was collected.
pub(crate) fn locked(source: &Path, place: &str) -> Error {
    Error::Locked {
        path: source.to_path_buf(),
        place: place.to_owned(),
        source: Errno::ACCESS.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_machine_lacks_is_no_refusal() {
        for errno in [Errno::MFILE, Errno::NFILE, Errno::NOMEM, Errno::IO] {
            let problem = Cause::from_read_error(Path::new("alice"), "src", errno.into());
            let Cause::Ours(Error::Machine { source, .. }) = problem else {
                panic!("{errno}: {problem:?}")
            };
            assert_eq!(Errno::from_io_error(&source), Some(errno));
        }
    }

    #[test]
    fn a_shortage_concerns_every_submission_and_one_bad_folder_does_not() {
        for errno in [Errno::MFILE, Errno::NFILE, Errno::NOMEM] {
            assert!(ReadError::from(errno).is_shortage(), "{errno}");
        }
        for errno in [Errno::IO, Errno::STALE, Errno::ACCESS, Errno::NOENT] {
            assert!(!ReadError::from(errno).is_shortage(), "{errno}");
        }
    }

    #[test]
    fn a_file_that_is_leased_or_gone_is_a_change() {
        for errno in [Errno::AGAIN, Errno::NOENT, Errno::NOTDIR, Errno::NODEV] {
            let error = ReadError::from(errno);
            assert!(matches!(error, ReadError::Changed), "{errno}: {error:?}");
        }
    }
}
