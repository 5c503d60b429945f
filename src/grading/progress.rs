//! What a grading reports while it is at work.
//!
//! Never shows anything: `cli` does.

use std::time::Duration;

use crate::compile;

/// Whose build or run is reported. In the grading of one submission, the reference is built and run while the
/// submission is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The reference's, and what is done for all submissions.
    Reference,
    /// A submission's.
    Submission,
}

/// A step that may take long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The machine is looked at: what it isolates, what it observes, which compiler it has.
    Machine,
    /// The files are copied or unpacked.
    Admission,
    /// It is built.
    Build {
        /// The build's own step.
        step: compile::Step,
        /// The limit on the compiler's real time.
        limit: Duration,
    },
    /// The data files are made.
    Data,
    /// It runs.
    Run {
        /// Which run, counted from one.
        number: usize,
        /// How many runs there are.
        of: usize,
        /// The limit on real time.
        limit: Duration,
    },
    /// Nothing more is done for it at present.
    Done,
}

/// A step begins, or has come further; the one before it has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgressEvent {
    /// Whose step it is.
    pub whose: Whose,
    /// The step.
    pub step: Step,
}

/// Receives the progress of a grading. Several threads call it.
pub trait Progress: Sync {
    /// Receive one event.
    fn event(&self, event: ProgressEvent);
}
