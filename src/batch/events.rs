//! What a batch reports while it is at work.
//!
//! Never shows anything: `cli` does.

use crate::grading;
use ids::SubmissionId;
use judge::record::{self, Record};

/// What happens, for whoever shows it.
#[derive(Debug, Clone, Copy)]
pub enum ProgressEvent<'a> {
    /// Something that may take long, in words.
    Preparing(&'a str),
    /// The reference is built and run.
    Reference,
    /// So many submissions will be graded or answered from disk.
    Begun(usize),
    /// Somebody's submission is taken in.
    Started(&'a SubmissionId),
    /// Its record is there.
    Finished(&'a Record, How),
    /// The machine failed; it is tried once more, later.
    Postponed(&'a SubmissionId, &'a record::Fault),
}

/// Where a record is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// It was made now.
    Graded,
    /// It was there, and nothing changed.
    Unchanged,
}

/// Shows what happens; several threads report.
pub trait Progress: Sync {
    /// Something happened.
    fn event(&self, event: ProgressEvent<'_>);
}

/// Passes on what a session reports to whoever shows the batch.
pub(super) struct Relay<'a>(pub(super) &'a dyn Progress);

impl grading::Progress for Relay<'_> {
    fn event(&self, event: grading::ProgressEvent) {
        match event {
            grading::ProgressEvent::Preparing(what) => {
                self.0.event(ProgressEvent::Preparing(&what));
            }
            grading::ProgressEvent::Reference => self.0.event(ProgressEvent::Reference),
            // Several are built and run at once: who is at work says more than at what.
            grading::ProgressEvent::Building | grading::ProgressEvent::Running { .. } => {}
        }
    }
}
