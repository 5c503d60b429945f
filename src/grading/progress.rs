//! What a grading reports while it is at work.
//!
//! Never shows anything: `cli` does.

/// What happens, for whoever shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProgressEvent {
    /// Something that may take long, in words.
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

/// Shows what happens.
pub trait Progress: Sync {
    /// Something happened.
    fn event(&self, event: ProgressEvent);
}
