//! A check's answer: what every check returns.
//!
//! Never decides an answer.

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
    /// Which mistake it is, where that is known: a name such as `lines-from-zero` or `serialised`. By it, an exercise
    /// says what helps.
    pub diagnosis: Option<String>,
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
    /// The evidence gives no answer. This is a fault of the machine, never of the student.
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
    /// An excerpt of what the compiler or the program wrote.
    pub output: Option<String>,
    /// Further reasons of the same kind, one a line.
    pub more: Vec<String>,
}

/// A mistake that a check can name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Its name in a record.
    pub name: String,
    /// The check that it fails.
    pub check: CheckId,
    /// What the report says of it, with the numbers of an example.
    pub message: String,
    /// What the report says to try.
    pub hint: String,
    /// Lines of a program that make it.
    pub code: Option<&'static str>,
}

impl Finding {
    pub(crate) fn pass(id: CheckId, message: impl Into<String>) -> Self {
        Self {
            id,
            status: Status::Pass,
            message: message.into(),
            diagnosis: None,
            hint: None,
            details: Details::default(),
        }
    }

    pub(crate) fn fail(id: CheckId, message: impl Into<String>, details: Details) -> Self {
        Self {
            id,
            status: Status::Fail,
            message: message.into(),
            diagnosis: None,
            hint: None,
            details,
        }
    }

    pub(super) fn skipped(id: CheckId, because: CheckId) -> Self {
        Self {
            status: Status::Skipped,
            ..Self::pass(id, format!("not examined, because `{because}` failed"))
        }
    }

    pub(super) fn diagnosed(mut self, diagnosis: impl Into<String>) -> Self {
        self.diagnosis = Some(diagnosis.into());
        self
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Of the findings of several runs, the one that tells: certain answers go before uncertain ones, and the first run before
/// later ones. `None` if there is no run.
pub(super) fn most_certain(findings: Vec<Finding>) -> Option<Finding> {
    let rank = |finding: &Finding| match finding.status {
        Status::Fail => 0,
        Status::Inconclusive => 1,
        Status::Pass | Status::Skipped => 2,
    };
    findings.into_iter().min_by_key(rank)
}
