//! The result that a grader hands to the autograding reporter of GitHub Classroom: JSON in base64, in one line.
//!
//! The reporter adds up the points by one of two rules, by its version: the scores of all tests, or the part of tests that passed times the
//! most points. They agree where all tests are worth the same. So each check is as many tests as it has shares, and a
//! share is the greatest number of points that fits whole into every check. A result without `max_score` counts for no
//! points at all: so it is for what was not graded.
//!
//! The reporter prints names and messages to the log of a job, so each is one line that begins with our own words.

use data_encoding::BASE64;
use serde_json::{Value, json};

use crate::{escape::escape_line, json::json_line, lines::fault_lines};
use judge::record::{Check, Record, Status, Verdict};

/// The report of one submission.
pub(crate) fn classroom(record: &Record) -> serde_json::Result<String> {
    let json = json_line(&result(record))?;
    Ok(BASE64.encode(json.as_bytes()) + "\n")
}

fn result(record: &Record) -> Value {
    let status = match record.verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "fail",
        Verdict::NotGraded => "error",
    };
    let Some(score) = record.score else {
        let faults: Vec<String> = record.faults.iter().map(fault_lines).collect();
        let message = format!("not graded, which is no zero: {}", faults.join("; "));
        let tests = [test("grading", "error", 0, &message)];
        return json!({"version": 1, "status": status, "tests": tests});
    };
    let share = record
        .checks
        .iter()
        .fold(0, |share, check| common(share, check.possible))
        .max(1);
    let tests = record.checks.iter().flat_map(|check| shares(check, share));
    let tests: Vec<Value> = tests.collect();
    json!({"version": 1, "status": status, "max_score": score.possible, "tests": tests})
}

/// A check's shares: so many as it earned pass.
fn shares(check: &Check, share: u32) -> impl Iterator<Item = Value> {
    let all = check.possible / share;
    let earned = check.earned / share;
    let status = match check.status {
        Status::Pass => "pass",
        Status::Fail | Status::Skipped => "fail",
        Status::Inconclusive => "error",
    };
    let message = format!(
        "{} of {} points: {}",
        check.earned, check.possible, check.message
    );
    let id = check.id;
    (1..=all).map(move |number| {
        let name = if all == 1 {
            id.to_string()
        } else {
            format!("{id} ({number} of {all})")
        };
        let is_earned = number <= earned;
        let (status, score) = match (is_earned, status) {
            (true, _) => ("pass", share),
            (false, "pass") => ("fail", 0),
            (false, status) => (status, 0),
        };
        test(&name, status, score, &message)
    })
}

fn test(name: &str, status: &str, score: u32, message: &str) -> Value {
    json!({
        "name": name,
        "status": status,
        "score": score,
        "message": escape_line(message),
        "test_code": "",
        "filename": "",
        "line_no": 0,
        "duration": 0,
    })
}

/// The greatest number that divides both.
const fn common(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { common(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_divides_the_points_of_all_checks() {
        let share = |points: &[u32]| points.iter().fold(0, |share, one| common(share, *one));
        assert_eq!(share(&[1, 1, 2, 2, 4]), 1);
        assert_eq!(share(&[10, 20, 20, 50]), 10);
        assert_eq!(share(&[0, 6, 4]), 2);
        assert_eq!(share(&[]), 0);
    }
}
