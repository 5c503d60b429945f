//! What a batch reports while it is at work.
//!
//! Never shows anything: `cli` does.

use crate::grading;
use ids::SubmissionId;
use judge::record::{self, Record};

/// A step of a batch.
#[derive(Debug, Clone, Copy)]
pub enum ProgressEvent<'a> {
    /// A preparation that may take long, with its description.
    Preparing(&'a str),
    /// The reference is built and run.
    Reference,
    /// So many submissions will be graded or answered from disk.
    Begun(usize),
    /// The grading of a submission begins.
    Started(&'a SubmissionId),
    /// A submission has its record.
    Finished(&'a Record, How),
    /// The machine failed on this submission, which is graded once more at the end.
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

/// Receives the progress of a batch. Several threads call it.
pub trait Progress: Sync {
    /// Receive one event.
    fn event(&self, event: ProgressEvent<'_>);
}

/// Forwards the events of a session as events of the batch.
pub(super) struct Relay<'a>(pub(super) &'a dyn Progress);

impl grading::Progress for Relay<'_> {
    fn event(&self, event: grading::ProgressEvent) {
        match event {
            grading::ProgressEvent::Preparing(what) => {
                self.0.event(ProgressEvent::Preparing(&what));
            }
            grading::ProgressEvent::Reference => self.0.event(ProgressEvent::Reference),
            // Several submissions are built and run at once, so the steps of one of them are not reported.
            grading::ProgressEvent::Building | grading::ProgressEvent::Running { .. } => {}
        }
    }
}
