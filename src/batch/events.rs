//! What a batch reports while it is at work.
//!
//! Never shows anything: `cli` does.

use crate::{
    compile,
    grading::{self, Step, Whose},
};
use ids::SubmissionId;
use judge::record::{self, Record};

/// What the self-test of the sandbox does, for a person who waits.
pub const ATTACKING: &str = "attacking the sandbox, to prove it";

/// What the self-test of the observer does, for a person who waits.
pub const OBSERVING: &str = "observing programs of known concurrency";

/// A step of a batch.
#[derive(Debug, Clone)]
pub enum ProgressEvent<'a> {
    /// A preparation that may take long, with its description.
    Preparing(&'static str),
    /// A step of a session's that all submissions wait for.
    Step(grading::ProgressEvent),
    /// So many submissions will be graded or answered from disk.
    Begun(usize),
    /// All preparations are done, and so many submissions are graded now; the others are answered from disk.
    Pending(usize),
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
        let is_of_all = match &event.step {
            // Several submissions are built and run at once, so the steps of one of them are not reported. But
            // damaged crates are made again for all of them.
            Step::Build { step, .. } if event.whose == Whose::Submission => {
                *step != compile::Step::Package
            }
            Step::Build { .. } => true,
            _ => event.whose == Whose::Reference,
        };
        if is_of_all {
            self.0.event(ProgressEvent::Step(event));
        } else if event.whose == Whose::Submission {
            let (whose, step) = (event.whose, Step::Done);
            self.0
                .event(ProgressEvent::Step(grading::ProgressEvent { whose, step }));
        }
    }
}
