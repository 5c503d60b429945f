//! Questions asked of the evidence, and their answers: findings.
//!
//! Hides how each question is decided and how the answer is worded for a student.
//! Pure: never touches disk, process or clock, and never knows what a check is worth.

mod build;
mod files_read;
mod multi_threaded;
mod run;
mod total;
mod words;

#[cfg(test)]
mod tests;

pub use multi_threaded::diagnosis::{Diagnosis, Doubt, diagnose};
pub use run::tell_longer_limit;
pub use total::number;

use crate::evidence::Evidence;
use ids::{CheckId, Seed};

/// A check's answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Which check.
    pub id: CheckId,
    /// The answer.
    pub status: Status,
    /// The answer in a sentence for the student.
    pub message: String,
    /// What to try next, where something more exact than the exercise's own hint is known.
    pub hint: Option<String>,
    /// What the answer rests on.
    pub details: Details,
}

/// The four answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Yes.
    Pass,
    /// No.
    Fail,
    /// Not asked: an earlier answer makes it meaningless.
    Skipped,
    /// The evidence does not tell. The machine's fault, never the student's.
    Inconclusive,
}

/// What an answer rests on: the first thing that differs, and excerpts.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Details {
    /// The first run that differs.
    pub seed: Option<Seed>,
    /// What was expected there.
    pub expected: Option<String>,
    /// What was seen there.
    pub seen: Option<String>,
    /// Where in the submission, as `file:line:column`.
    pub place: Option<String>,
    /// An excerpt of what the compiler or the program said.
    pub output: Option<String>,
    /// Further reasons of the same kind, one a line.
    pub more: Vec<String>,
}

impl Finding {
    fn pass(id: CheckId, message: impl Into<String>) -> Self {
        Self {
            id,
            status: Status::Pass,
            message: message.into(),
            hint: None,
            details: Details::default(),
        }
    }

    fn fail(id: CheckId, message: impl Into<String>, details: Details) -> Self {
        Self {
            id,
            status: Status::Fail,
            message: message.into(),
            hint: None,
            details,
        }
    }

    fn skipped(id: CheckId, because: CheckId) -> Self {
        Self {
            status: Status::Skipped,
            ..Self::pass(id, format!("not examined, because `{because}` failed"))
        }
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// What a check asks, in a sentence.
#[must_use]
pub const fn asks(id: CheckId) -> &'static str {
    match id {
        CheckId::Build => "does the course accept the crate, and does it compile?",
        CheckId::Run => "does every run end by itself, with exit code 0, within its limits?",
        CheckId::Total => "is the last line printed the total, on every dataset?",
        CheckId::FilesRead => "was every data file read, and left as it was?",
        CheckId::MultiThreaded => "do reads overlap, by several threads of one process?",
    }
}

/// Ask these checks, in this order.
#[must_use]
pub fn run_all(checks: &[CheckId], evidence: &Evidence) -> Vec<Finding> {
    // What makes later questions meaningless is asked even where the exercise does not list it.
    let built = build::check(&evidence.build);
    let ran = run::check(&evidence.runs);
    let obstacle = [&built, &ran]
        .into_iter()
        .find(|finding| finding.status != Status::Pass);
    checks
        .iter()
        .map(|&id| match (id, obstacle) {
            (CheckId::Build, _) => built.clone(),
            (_, Some(obstacle)) if obstacle.id < id => Finding::skipped(id, obstacle.id),
            (CheckId::Run, _) => ran.clone(),
            (CheckId::Total, _) => total::check(&evidence.runs),
            (CheckId::FilesRead, _) => files_read::check(&evidence.runs),
            (CheckId::MultiThreaded, _) => multi_threaded::check(&evidence.runs),
        })
        .collect()
}
