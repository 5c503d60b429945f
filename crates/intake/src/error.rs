//! Whose problem it is that something was not copied: the submission's, a limit's, or ours.
//!
//! Hides the kernel's error numbers. Never decides what follows; the walk does.

use std::{io, path::Path};

use rustix::io::Errno;

use super::{names, refusals};
use crate::{
    evidence::Refusal,
    fault::{Fault, FaultKind},
};

/// Why something inside the submission was not opened or read.
#[derive(Debug)]
pub(super) enum Obstacle {
    /// It is a symbolic link.
    Link,
    /// It is neither a file nor a folder, but this.
    Special(&'static str),
    /// We may not read it, though it is ours: it was handed in so.
    Denied,
    /// We may not read it, and it is another user's: whoever put it there kept us out.
    Foreign,
    /// It is not what it was a moment ago.
    Changed,
    /// It is not about the submission: the disk, memory, the number of open files.
    Machine(io::Error),
}

impl Obstacle {
    /// Whether this process has too little memory, or too many files open: then whatever comes next fails
    /// as well, and it is not about one submission.
    pub(super) fn is_shortage(&self) -> bool {
        let Self::Machine(error) = self else {
            return false;
        };
        matches!(
            Errno::from_io_error(error),
            Some(Errno::MFILE | Errno::NFILE | Errno::NOMEM)
        )
    }
}

impl From<Errno> for Obstacle {
    fn from(errno: Errno) -> Self {
        match errno {
            Errno::LOOP => Self::Link,
            Errno::ACCESS | Errno::PERM => Self::Denied,
            // A socket that took a file's place has no device behind it; a lease asks to try again.
            Errno::NOENT | Errno::NOTDIR | Errno::NXIO | Errno::NODEV | Errno::AGAIN => {
                Self::Changed
            }
            errno => Self::Machine(errno.into()),
        }
    }
}

impl From<io::Error> for Obstacle {
    fn from(error: io::Error) -> Self {
        Errno::from_io_error(&error).map_or(Self::Machine(error), Self::from)
    }
}

/// Why something was not copied.
#[derive(Debug)]
pub(super) enum Problem {
    /// The submission's; the walk goes on with the next thing.
    Refused(Refusal),
    /// A limit was passed: what comes after is not worth a look.
    Limit(Refusal),
    /// Ours; nothing can be said about the submission.
    Fault(Fault),
}

impl Problem {
    /// What an obstacle at `place`, inside the submission `source`, comes to.
    pub(super) fn from_obstacle(source: &Path, place: &str, obstacle: Obstacle) -> Self {
        match obstacle {
            Obstacle::Link => refusals::link(place).into(),
            Obstacle::Special(what) => refusals::special(place, what).into(),
            Obstacle::Denied => refusals::denied(place).into(),
            Obstacle::Foreign => locked(source, place).into(),
            Obstacle::Changed => refusals::changed(place).into(),
            Obstacle::Machine(error) => Fault {
                kind: FaultKind::Disk,
                ..unreadable_source(source, &error)
            }
            .hint("look at its disk, at free memory, and at the limit of open files (`ulimit -n`)")
            .into(),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// The fault of a source that cannot be read at all.
pub(super) fn unreadable_source(path: &Path, error: &io::Error) -> Fault {
    // In a batch the folder's name is its student's, so it is printed as names inside it are.
    let shown = names::escaped(path.as_os_str().as_encoded_bytes());
    Fault::usage(format!("failed to read submission `{shown}`")).because(error)
}

/// The fault of a copy that was put where we grade so that we may not read it: no student did that.
pub(super) fn locked(source: &Path, place: &str) -> Fault {
    let fault = unreadable_source(source, &Errno::ACCESS.into())
        .hint("let whoever grades read all of it: `chmod -R a+rX`, by its owner");
    match place {
        "" => fault,
        place => Fault {
            message: format!("{}: `{place}` cannot be opened", fault.message),
            ..fault
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_machine_lacks_is_no_refusal() {
        for errno in [Errno::MFILE, Errno::NFILE, Errno::NOMEM, Errno::IO] {
            let problem = Problem::from_obstacle(Path::new("alice"), "src", errno.into());
            let Problem::Fault(fault) = problem else {
                panic!("{errno}: {problem:?}")
            };
            assert_eq!(fault.kind, FaultKind::Disk);
            assert!(fault.hint.unwrap().contains("ulimit"));
        }
    }

    #[test]
    fn a_shortage_is_everybodys_and_one_bad_folder_is_not() {
        for errno in [Errno::MFILE, Errno::NFILE, Errno::NOMEM] {
            assert!(Obstacle::from(errno).is_shortage(), "{errno}");
        }
        for errno in [Errno::IO, Errno::STALE, Errno::ACCESS, Errno::NOENT] {
            assert!(!Obstacle::from(errno).is_shortage(), "{errno}");
        }
    }

    #[test]
    fn what_somebody_else_holds_or_took_away_is_a_change() {
        for errno in [Errno::AGAIN, Errno::NOENT, Errno::NOTDIR, Errno::NODEV] {
            let obstacle = Obstacle::from(errno);
            assert!(
                matches!(obstacle, Obstacle::Changed),
                "{errno}: {obstacle:?}"
            );
        }
    }

    #[test]
    fn a_fault_shows_the_submissions_name_without_its_escapes() {
        let fault = unreadable_source(Path::new("a\u{1b}[2J"), &Errno::NOENT.into());
        assert!(fault.message.contains(r"`a\u{1b}[2J`"), "{fault}");
    }
}
