//! Reports: pure functions from records to text.
//!
//! Never reads disk or clock, and never computes anything about a submission: what a report says is in
//! the record. Text of a submission is escaped on its way.

mod causes;
mod change;
mod csv;
mod escape;
mod human;
pub mod style;
mod summary;

pub use change::{Change, Earlier, Standing};
pub use csv::{HandedIn, gradebook_head, gradebook_line};
pub use escape::{escape_block, escape_line};
pub use human::human;
pub use summary::{Cut, Summary};

use serde::Serialize;

use crate::record::{Record, Status, Verdict};

/// The record itself, as indented JSON with a newline at the end.
#[must_use]
pub fn json(record: &Record) -> String {
    // A record has only string keys and finite numbers, so this cannot fail.
    let mut text = escape::escape_json(&serde_json::to_string_pretty(record).unwrap_or_default());
    text.push('\n');
    text
}

/// A record, or what else is said of a class, as JSON in one line.
///
/// # Errors
/// It has no form in JSON.
pub fn json_line(value: &impl Serialize) -> serde_json::Result<String> {
    serde_json::to_string(value).map(|json| escape::escape_json(&json))
}

/// Why a submission did not pass, in one line: its first check that says no, or our fault. May hold
/// text of the submission: escape it.
#[must_use]
pub fn reason(record: &Record) -> Option<String> {
    if let Some(fault) = record.faults.first() {
        return Some(fault.to_string());
    }
    let first = record
        .checks
        .iter()
        .find(|check| matches!(check.status, Status::Fail | Status::Inconclusive))?;
    Some(format!("{}: {}", first.id, first.message))
}

/// A verdict as it is written in records.
#[must_use]
pub fn verdict_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "fail",
        Verdict::NotGraded => "not-graded",
    }
}
