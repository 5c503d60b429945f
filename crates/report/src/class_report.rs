//! A report of a class that is made while the submissions pass by, one at a time.
//!
//! Several can be made at the same time, so that each record is read once for all of them. Hides which format needs
//! which entries. Never keeps the submissions.

use std::io::{self, Write};

use crate::entry::Entry;
use ids::SubmissionId;

/// A report of a class that has begun.
pub trait ClassReport {
    /// Whether the entry of this submission is wanted. One that is not wanted need not be read.
    fn wants(&self, _id: &SubmissionId) -> bool {
        true
    }

    /// Add the next entry, in byte order of the submissions' ids.
    ///
    /// # Errors
    /// The report cannot be written, or the record has no such form.
    fn add(&mut self, entry: &Entry) -> io::Result<()>;

    /// Write what stands behind the last entry.
    ///
    /// # Errors
    /// The report cannot be written.
    fn end(self: Box<Self>) -> io::Result<()>;
}

/// A report that is a text for each entry and nothing else.
pub(crate) struct Texts<'a, F> {
    pub(crate) to: &'a mut dyn Write,
    pub(crate) text: F,
}

impl<F: Fn(&Entry) -> io::Result<String>> ClassReport for Texts<'_, F> {
    fn add(&mut self, entry: &Entry) -> io::Result<()> {
        let text = (self.text)(entry)?;
        self.to.write_all(text.as_bytes())
    }

    fn end(self: Box<Self>) -> io::Result<()> {
        Ok(())
    }
}
