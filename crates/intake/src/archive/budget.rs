//! What reading an archive may cost, and what causes a failed reading.
//!
//! Hides the readers that count bytes. The archive comes from a submission, so it counts as the cause of a
//! failure unless the file itself could not be read. Never believes a size that an archive declares.

use std::{
    cell::{Cell, RefCell},
    fs::File,
    io::{self, Read},
    os::unix::fs::FileExt as _,
    path::Path,
};

use rawzip::ReaderAt;

use crate::{
    cause::{Cause, ReadError},
    refusals,
};

/// How many times a submission's size and number of entries an archive may hold.
pub(super) const LEFTOVERS: u64 = 8;
/// What every archive may have besides: headers, padding, a directory of its own.
pub(super) const ARCHIVE_OVERHEAD: u64 = 16 << 20;

/// Fewer bytes than these are never called a bomb: text of one repeated character packs well.
const SMALL: u64 = 4 << 20;
/// Source code becomes five to ten times as small. Deflate's best is about 1032 times, for zeros.
const RATIO: u64 = 200;
/// How many times its own size may be read from a file in one reading: a zip's entries can all point to the
/// same bytes.
const READINGS: u64 = 4;
/// Bytes that may be read besides.
const OVERHEAD: u64 = 1 << 20;

/// Why reading was ended.
#[derive(Debug)]
enum Stop {
    /// The file could not be read.
    Machine(io::Error),
    /// Unpacking gave more bytes than allowed.
    Bomb,
}

/// The bytes that one reading of an archive may still use.
#[derive(Debug)]
pub(super) struct Budget {
    /// Bytes that may still be taken from the file.
    left: Cell<u64>,
    /// Bytes taken from the file.
    taken: Cell<u64>,
    /// Bytes that may still come out of a decompressor.
    unpacked_left: Cell<u64>,
    /// The most that counts as packed: what was handed in.
    handed_in: u64,
    stop: RefCell<Option<Stop>>,
}

impl Budget {
    /// For a file of `size` bytes that may hold `most`. What was handed in has `handed_in` bytes: less than
    /// `size` if the file was unpacked from it.
    pub(super) fn new(size: u64, most: u64, handed_in: u64) -> Self {
        Self {
            left: Cell::new(size.saturating_mul(READINGS).saturating_add(OVERHEAD)),
            taken: Cell::new(0),
            unpacked_left: Cell::new(most),
            handed_in,
            stop: RefCell::default(),
        }
    }

    /// The file of `size` bytes, counted.
    pub(super) fn source<'a>(&'a self, file: &'a File, size: u64) -> Source<'a> {
        Source {
            file,
            size,
            budget: self,
        }
    }

    /// What comes out of a decompressor, counted. `packed` is how much goes in; without it, all that is
    /// taken from the file.
    pub(super) fn unpacked<R: Read>(&self, inner: R, packed: Option<u64>) -> Unpacked<'_, R> {
        Unpacked {
            inner,
            packed,
            given: 0,
            budget: self,
        }
    }

    /// How much was taken from the file so far.
    pub(super) fn taken(&self) -> u64 {
        self.taken.get()
    }

    /// The cause of a failed reading. If a budget or the file ended it, the library knows only that its input
    /// ended.
    pub(super) fn resolve(&self, problem: Cause, place: &str, path: &Path) -> Cause {
        match self.stop.take() {
            None => problem,
            Some(Stop::Bomb) => Cause::Limit(refusals::bomb(place)),
            Some(Stop::Machine(error)) => {
                Cause::from_read_error(path, place, ReadError::Machine(error))
            }
        }
    }

    fn bomb(&self) -> io::Error {
        self.stop.replace(Some(Stop::Bomb));
        io::Error::other("more bytes than allowed")
    }
}

/// The file of an archive.
#[derive(Debug)]
pub(super) struct Source<'a> {
    file: &'a File,
    size: u64,
    budget: &'a Budget,
}

impl Source<'_> {
    /// How many bytes it had when it was opened.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Let `read` fill as much of the buffer as the budget allows.
    fn counted(
        &self,
        buffer: &mut [u8],
        read: impl FnOnce(&mut [u8]) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let left = self.budget.left.get();
        if left == 0 && !buffer.is_empty() {
            return Err(self.budget.bomb());
        }
        let most = usize::try_from(left).map_or(buffer.len(), |left| left.min(buffer.len()));
        match read(&mut buffer[..most]) {
            Ok(count) => {
                self.budget.left.set(left - count as u64);
                let taken = self.budget.taken.get() + count as u64;
                self.budget.taken.set(taken);
                Ok(count)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                let reported = io::Error::from(error.kind());
                self.budget.stop.replace(Some(Stop::Machine(error)));
                Err(reported)
            }
        }
    }
}

impl Read for Source<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut file = self.file;
        self.counted(buffer, |buffer| file.read(buffer))
    }
}

impl ReaderAt for Source<'_> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        // The kernel returns an error for an offset that is not valid, which would look like an error of the
        // disk.
        if offset >= self.size {
            return Ok(0);
        }
        self.counted(buffer, |buffer| self.file.read_at(buffer, offset))
    }
}

/// What comes out of a decompressor.
#[derive(Debug)]
pub(super) struct Unpacked<'a, R> {
    inner: R,
    packed: Option<u64>,
    given: u64,
    budget: &'a Budget,
}

impl<R: Read> Read for Unpacked<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.given += count as u64;
        let left = self.budget.unpacked_left.get().checked_sub(count as u64);
        let packed = self.packed.unwrap_or_else(|| self.budget.taken());
        let packed = packed.min(self.budget.handed_in);
        let is_bomb = self.given > SMALL && self.given > packed.saturating_mul(RATIO);
        match left {
            Some(left) if !is_bomb => {
                self.budget.unpacked_left.set(left);
                Ok(count)
            }
            _ => Err(self.budget.bomb()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::OpenOptions;

    use super::*;
    use crate::error::Error;

    fn resolved(budget: &Budget) -> Cause {
        let problem = Cause::Limit(refusals::damaged("x"));
        budget.resolve(problem, "x", Path::new("hw.zip"))
    }

    #[test]
    fn a_file_that_cannot_be_read_is_no_refusal() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hw.zip");
        let options = OpenOptions::new().write(true).create_new(true).to_owned();
        // Open for writing only, it cannot be read.
        let file = options.open(path).unwrap();
        let budget = Budget::new(100, 100, 100);
        assert!(budget.source(&file, 100).read(&mut [0; 9]).is_err());
        let Cause::Ours(Error::Machine { source, .. }) = resolved(&budget) else {
            panic!("refused")
        };
        assert_eq!(source.raw_os_error(), Some(9), "{source}");
    }

    #[test]
    fn a_failure_of_the_format_is_the_archives() {
        let budget = Budget::new(100, 100, 100);
        let Cause::Limit(refusal) = resolved(&budget) else {
            panic!("not refused")
        };
        assert!(refusal.problem.contains("damaged"), "{refusal:?}");
    }

    #[test]
    fn no_more_is_taken_from_a_file_than_was_allowed() {
        let file = File::open("/dev/zero").unwrap();
        let budget = Budget::new(1000, 100, 1000);
        let mut source = budget.source(&file, 1000);
        let whole = io::copy(&mut source, &mut io::sink());
        assert!(whole.is_err());
        let Cause::Limit(refusal) = resolved(&budget) else {
            panic!("not refused")
        };
        assert!(refusal.problem.contains("far more"), "{refusal:?}");
        assert_eq!(budget.taken(), READINGS * 1000 + OVERHEAD);
    }
}
