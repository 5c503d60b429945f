//! Write the copy, and report when the disk cannot hold it.
//!
//! Hides modes and budgets. Never writes over anything, and never reads more than its budget.

use std::{
    fs::{DirBuilder, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::Path,
};

use rustix::io::Errno;

use crate::{
    cause::{Cause, ReadError},
    error::Error,
    left_out::Omission,
};

/// Why a file was not copied.
#[derive(Debug)]
pub(crate) enum Failure {
    /// There is more of it than the budget allows.
    OverBudget,
    /// It could not be read.
    Read(ReadError),
    /// The copy could not be written.
    Write(Error),
}

/// The error of a copy that cannot be written or read: failed to VERB PATH.
pub(crate) fn copy_error(verb: &'static str, path: &Path, source: io::Error) -> Error {
    Error::Copy {
        verb,
        path: path.to_path_buf(),
        source,
    }
}

/// Make the folder `path` in the copy.
pub(crate) fn folder(path: &Path) -> Result<(), Error> {
    DirBuilder::new()
        .mode(0o755)
        .create(path)
        .map_err(|error| copy_error("make folder", path, error))
}

/// Copy all of `source`, at most `budget` bytes, to the new file `path`. Returns the number of bytes.
pub(crate) fn file(source: impl Read, path: &Path, budget: u64) -> Result<u64, Failure> {
    // The submission's modes are not copied: the copy is readable and not executable.
    let mut target = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o644)
        .open(path)
        .map_err(|error| Failure::Write(copy_error("write", path, error)))?;
    stream(source, &mut target, budget, path)
}

/// Copy all of `source`, at most `budget` bytes, to `target`, which is at `path`.
pub(crate) fn stream(
    source: impl Read,
    target: &mut impl Write,
    budget: u64,
    path: &Path,
) -> Result<u64, Failure> {
    let full = |error: io::Error| Failure::Write(copy_error("write", path, error));
    copy_bytes(source, target, budget, full)
}

/// A file can grow while it is read, so its size is no bound: the budget is.
fn copy_bytes(
    source: impl Read,
    target: &mut impl Write,
    budget: u64,
    full: impl Fn(io::Error) -> Failure,
) -> Result<u64, Failure> {
    // One byte above the budget shows that the source is larger.
    let mut source = source.take(budget.saturating_add(1));
    let mut buffer = vec![0; 1 << 16];
    let mut copied = 0;
    loop {
        let count = match source.read(&mut buffer) {
            Ok(0) => return Ok(copied),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Failure::Read(error.into())),
        };
        copied += count as u64;
        if copied > budget {
            return Err(Failure::OverBudget);
        }
        target.write_all(&buffer[..count]).map_err(&full)?;
    }
}

/// Why the file system of the copy does not take the name `path`, if that is the `cause`: it is too long
/// there, or it means the same file as `other`, which differs in capitals. Every other cause is given back.
pub(crate) fn not_taken(cause: Cause, path: &Path, other: Option<&str>) -> Result<Omission, Cause> {
    let errno = match &cause {
        Cause::Ours(Error::Copy {
            path: failed,
            source,
            ..
        }) if failed == path => Errno::from_io_error(source),
        _ => None,
    };
    let why = match (errno, other) {
        (Some(Errno::EXIST), Some(other)) => {
            format!(
                "differs from `{other}` in capitals only, which the disk of the copy takes for one"
            )
        }
        (Some(Errno::NAMETOOLONG | Errno::ILSEQ), _) => {
            "the disk of the copy does not take".to_owned()
        }
        _ => return Err(cause),
    };
    Ok(Omission::Name(why))
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    fn copy_all(source: impl Read, budget: u64) -> (Result<u64, Failure>, usize) {
        let mut target = Vec::new();
        let full = |error| Failure::Write(copy_error("write", Path::new("x"), error));
        let copied_bytes = copy_bytes(source, &mut target, budget, full);
        (copied_bytes, target.len())
    }

    #[test]
    fn a_file_that_never_ends_is_read_up_to_the_budget() {
        struct Endless(u64);
        impl Read for Endless {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                self.0 += buffer.len() as u64;
                assert!(self.0 <= 200_001, "read {} of 200000", self.0);
                Ok(buffer.len())
            }
        }
        let (copied_bytes, written) = copy_all(Endless(0), 200_000);
        assert!(
            matches!(copied_bytes, Err(Failure::OverBudget)),
            "{copied_bytes:?}"
        );
        assert!(written <= 200_000, "{written}");
    }

    #[test]
    fn a_file_as_large_as_the_budget_is_copied() {
        for (size, budget) in [(0, 0), (7, 7), (200_000, 200_000), (7, u64::MAX)] {
            let (copied_bytes, written) = copy_all(io::repeat(1).take(size), budget);
            assert!(
                matches!(copied_bytes, Ok(n) if n == size),
                "{copied_bytes:?}"
            );
            assert_eq!(written as u64, size);
        }
    }

    #[test]
    fn a_failed_read_and_a_failed_write_have_different_errors() {
        struct Broken(Errno);
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(self.0.into())
            }
        }
        let (copied_bytes, _) = copy_all(Broken(Errno::IO), 9);
        let io_error = matches!(copied_bytes, Err(Failure::Read(ReadError::Machine(_))));
        assert!(io_error, "{copied_bytes:?}");
        let (copied_bytes, _) = copy_all(Broken(Errno::ACCESS), 9);
        let denied = matches!(copied_bytes, Err(Failure::Read(ReadError::Denied)));
        assert!(denied, "{copied_bytes:?}");

        let full = |error| Failure::Write(copy_error("write", Path::new("x"), error));
        let copied_bytes = copy_bytes(&b"123"[..], &mut [0; 2].as_mut_slice(), 9, full);
        let Err(Failure::Write(Error::Copy { source, .. })) = copied_bytes else {
            panic!("{copied_bytes:?}")
        };
        assert_eq!(source.kind(), io::ErrorKind::WriteZero);
    }

    #[test]
    fn a_name_that_the_disk_of_the_copy_does_not_take_is_left_out() {
        let path = Path::new("copy/readme");
        let failed = |errno: Errno| Cause::Ours(copy_error("write", path, errno.into()));
        let why = |errno, other| match not_taken(failed(errno), path, other) {
            Ok(why) => why.predicate(),
            Err(cause) => format!("{cause:?}"),
        };
        assert!(why(Errno::EXIST, Some("README")).contains("differs from `README`"));
        assert!(why(Errno::NAMETOOLONG, None).contains("does not take"));
        // Without another name, it is no fault of the name that something is there.
        assert!(why(Errno::EXIST, None).starts_with("Ours"));
        assert!(why(Errno::NOSPC, Some("README")).starts_with("Ours"));
        // In a folder of that name, a copy failed.
        let inner = Cause::Ours(copy_error("write", &path.join("x"), Errno::EXIST.into()));
        assert!(not_taken(inner, path, Some("README")).is_err());
    }

    #[test]
    fn no_file_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let taken = folder.path().join("taken");
        std::fs::write(&taken, "before").unwrap();
        let source = File::open("/dev/null").unwrap();
        let copied = file(source, &taken, 9);
        assert!(matches!(copied, Err(Failure::Write(_))), "{copied:?}");
        assert_eq!(std::fs::read(&taken).unwrap(), b"before");
    }
}
