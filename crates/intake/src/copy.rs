//! Write the copy, and notice when the disk will not take it.
//!
//! Hides modes and budgets.
//! Never writes over anything, and never reads more than it was told it may.

use std::{
    fs::{DirBuilder, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::Path,
};

use crate::{blame::ReadError, error::Error};

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

/// Copy all that `source` has, at most `budget` bytes, to a new file `path`; answers how many.
pub(crate) fn file(source: impl Read, path: &Path, budget: u64) -> Result<u64, Failure> {
    let full = |error: io::Error| Failure::Write(copy_error("write", path, error));
    // The submission's modes stay behind: the copy is ours to read and nobody's to run.
    let mut target = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o644)
        .open(path)
        .map_err(full)?;
    pour(source, &mut target, budget, full)
}

/// A file can grow while it is read, so its size is no bound: the budget is.
fn pour(
    source: impl Read,
    target: &mut impl Write,
    budget: u64,
    full: impl Fn(io::Error) -> Failure,
) -> Result<u64, Failure> {
    // One byte more than allowed tells that there is more.
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

#[cfg(test)]
mod tests {
    use std::fs::File;

    use rustix::io::Errno;

    use super::*;

    fn pour_all(source: impl Read, budget: u64) -> (Result<u64, Failure>, usize) {
        let mut target = Vec::new();
        let full = |error| Failure::Write(copy_error("write", Path::new("x"), error));
        let poured = pour(source, &mut target, budget, full);
        (poured, target.len())
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
        let (poured, written) = pour_all(Endless(0), 200_000);
        assert!(matches!(poured, Err(Failure::OverBudget)), "{poured:?}");
        assert!(written <= 200_000, "{written}");
    }

    #[test]
    fn a_file_as_large_as_the_budget_is_copied() {
        for (size, budget) in [(0, 0), (7, 7), (200_000, 200_000), (7, u64::MAX)] {
            let (poured, written) = pour_all(io::repeat(1).take(size), budget);
            assert!(matches!(poured, Ok(n) if n == size), "{poured:?}");
            assert_eq!(written as u64, size);
        }
    }

    #[test]
    fn a_read_that_fails_and_a_write_that_fails_are_told_apart() {
        struct Broken(Errno);
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(self.0.into())
            }
        }
        let (poured, _) = pour_all(Broken(Errno::IO), 9);
        let io_error = matches!(poured, Err(Failure::Read(ReadError::Machine(_))));
        assert!(io_error, "{poured:?}");
        let (poured, _) = pour_all(Broken(Errno::ACCESS), 9);
        let denied = matches!(poured, Err(Failure::Read(ReadError::Denied)));
        assert!(denied, "{poured:?}");

        let full = |error| Failure::Write(copy_error("write", Path::new("x"), error));
        let poured = pour(&b"123"[..], &mut [0; 2].as_mut_slice(), 9, full);
        let Err(Failure::Write(Error::Copy { source, .. })) = poured else {
            panic!("{poured:?}")
        };
        assert_eq!(source.kind(), io::ErrorKind::WriteZero);
    }

    #[test]
    fn nothing_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let taken = folder.path().join("taken");
        std::fs::write(&taken, "before").unwrap();
        let source = File::open("/dev/null").unwrap();
        let copied = file(source, &taken, 9);
        assert!(matches!(copied, Err(Failure::Write(_))), "{copied:?}");
        assert_eq!(std::fs::read(&taken).unwrap(), b"before");
    }
}
