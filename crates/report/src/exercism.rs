//! The results that Exercism reads from a test runner, in version 3 of its interface.
//!
//! Each check is a test. A submission that does not compile, and one that was not graded, is an `error` with a message,
//! as the interface asks. The interface bounds the message and each output; what is cut says so.

use serde_json::{Value, json};

use crate::{
    escape::escape_block,
    lines::{answer_lines, fault_lines},
};
use ids::CheckId;
use judge::{
    check,
    record::{Check, Record, Status, Verdict},
};

/// The most characters of the message.
const LONGEST_MESSAGE: usize = 65_535;
/// The most characters of a test's output.
const LONGEST_OUTPUT: usize = 500;
/// Stands where a text is cut.
const CUT: &str = "\n… (too long to show)";

/// The report of one submission.
pub(crate) fn exercism(record: &Record) -> Value {
    let build = record.checks.iter().find(|one| one.id == CheckId::Build);
    let not_built = build.filter(|check| check.status == Status::Fail);
    let error = match (record.verdict, not_built) {
        (Verdict::NotGraded, _) => {
            let faults: Vec<String> = record.faults.iter().map(fault_lines).collect();
            Some(format!(
                "Your submission was not graded. This is not your mistake: the machine or the course has a \
                 problem.\n\n{}",
                faults.join("\n\n")
            ))
        }
        (_, Some(check)) => Some(answer_lines(check, LONGEST_MESSAGE)),
        (_, None) => None,
    };
    let (status, tests) = match (&error, record.verdict) {
        (Some(_), _) => ("error", Vec::new()),
        (None, Verdict::Pass) => ("pass", tests(record)),
        (None, _) => ("fail", tests(record)),
    };
    json!({
        "version": 3,
        "status": status,
        "message": error.map(|words| bounded(&words, LONGEST_MESSAGE)),
        "tests": tests,
    })
}

fn tests(record: &Record) -> Vec<Value> {
    record.checks.iter().map(test).collect()
}

fn test(check: &Check) -> Value {
    let (status, message) = match check.status {
        Status::Pass => ("pass", None),
        Status::Inconclusive => ("error", Some(answer_lines(check, LONGEST_MESSAGE))),
        Status::Fail => ("fail", Some(answer_lines(check, LONGEST_MESSAGE))),
        Status::Skipped => ("fail", Some(check.message.clone())),
    };
    let output = check.details.output.as_ref();
    json!({
        "name": check.id.as_str(),
        "test_code": check::asks(check.id),
        "status": status,
        "message": message.map(|words| bounded(&words, LONGEST_MESSAGE)),
        "output": output.map(|output| bounded(output, LONGEST_OUTPUT)),
    })
}

/// A text that does nothing, of at most so many characters.
fn bounded(text: &str, most: usize) -> String {
    let text = escape_block(text);
    if text.chars().count() <= most {
        return text;
    }
    let kept = most - CUT.chars().count();
    text.chars().take(kept).collect::<String>() + CUT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_behind_its_escapes() {
        assert_eq!(bounded("é", 100), "é");
        let cut = bounded(&"\u{1b}".repeat(200), LONGEST_OUTPUT);
        assert_eq!(cut.chars().count(), LONGEST_OUTPUT);
        assert!(cut.ends_with(CUT), "{cut}");
    }
}
