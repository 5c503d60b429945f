//! Words that several reports share.

use judge::record::{Grader, Record, Status, Verdict};

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

/// What saw which files were read.
pub(crate) fn witnesses(grader: &Grader) -> String {
    match grader.observer.as_str() {
        "file-times" => "file times alone".to_owned(),
        observer => format!("{observer} and file times"),
    }
}
