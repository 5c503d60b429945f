//! Words that several reports share.

use judge::record::{Record, Status, Verdict};

/// Why a submission did not pass, in one line: its first check without a pass, or the fault. May hold text of
/// the submission: escape it.
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
