//! What a grading reports while it is at work.
//!
//! Never shows anything: `cli` does.

/// A step of a grading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProgressEvent {
    /// A preparation that may take long, with its description.
    Preparing(String),
    /// The reference is built and run.
    Reference,
    /// The submission is built.
    Building,
    /// The submission runs.
    Running {
        /// Which run, counted from one.
        number: usize,
        /// How many runs there are.
        of: usize,
    },
}

/// Receives the progress of a grading.
pub trait Progress: Sync {
    /// Receive one event.
    fn event(&self, event: ProgressEvent);
}
