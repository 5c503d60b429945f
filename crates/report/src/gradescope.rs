//! The results that Gradescope reads from `/autograder/results/results.json`.
//!
//! Each check is a test with its points. Without a score, Gradescope gives none: so it is for what was not graded, with a
//! sentence for the student. All text is of the kind `text`, which Gradescope shows as it is.

use serde_json::{Value, json};

use crate::{
    escape::escape_block,
    lines::{answer_lines, fault_lines},
};
use judge::record::{Check, Record, Status, Verdict};

/// The report of one submission.
pub(crate) fn gradescope(record: &Record) -> Value {
    let is_graded = record.verdict != Verdict::NotGraded;
    let output = if let Some(score) = record.score {
        format!("{} of {} points.", score.earned, score.possible)
    } else {
        let faults: Vec<String> = record.faults.iter().map(fault_lines).collect();
        format!(
            "Your submission was not graded. This is not zero points, and not your mistake: the machine or the \
             course has a problem. Your teacher can grade it again.\n\n{}",
            faults.join("\n\n")
        )
    };
    let notice = record.notice.iter().map(|notice| format!("\n\n{notice}"));
    let output = output + &notice.collect::<String>();
    let tests = record.checks.iter().enumerate();
    let tests: Vec<Value> = tests
        .map(|(at, check)| test(at + 1, check, is_graded))
        .collect();
    let mut results = json!({
        "output": escape_block(&output),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": tests,
        "extra_data": {"schema": record.schema, "replay": record.replay},
    });
    if let Some(score) = record.score {
        results["score"] = json!(score.earned);
    }
    results
}

fn test(number: usize, check: &Check, is_graded: bool) -> Value {
    let output = match check.status {
        Status::Pass | Status::Skipped => check.message.clone(),
        Status::Fail | Status::Inconclusive => answer_lines(check, usize::MAX),
    };
    let mut test = json!({
        "name": check.id.as_str(),
        "number": number.to_string(),
        "output": escape_block(&output),
    });
    // A test without score and status informs, and nothing else.
    if is_graded {
        test["score"] = json!(check.earned);
        test["max_score"] = json!(check.possible);
        let status = if check.status == Status::Pass {
            "passed"
        } else {
            "failed"
        };
        test["status"] = json!(status);
    }
    test
}
