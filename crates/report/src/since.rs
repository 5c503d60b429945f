//! What changed since the last try: one sentence from two records of the same folder.
//!
//! It names the checks whose answer changed, and those that fail as before. It never compares answers or points: the
//! data of two tries differ, and so may the course.

use crate::escape::escape_line;
use ids::CheckId;
use judge::record::{Check, Record, Status, Verdict};

/// What changed since the last try, such as *since the last try: total now right; multi-threaded still 1.00*. Without
/// colour and without a line break. `None` where there is nothing to say: every check passes as before, or one of the
/// two tries was not graded, or is of another exercise.
#[must_use]
pub fn since(before: &Record, now: &Record) -> Option<String> {
    let is_graded = |record: &Record| record.verdict != Verdict::NotGraded;
    if before.exercise != now.exercise || !is_graded(before) || !is_graded(now) {
        return None;
    }
    let parts: Vec<String> = now
        .checks
        .iter()
        .filter_map(|check| {
            let earlier = before.checks.iter().find(|other| other.id == check.id)?;
            let words = changed(earlier, check, before, now)?;
            Some(format!("{} {words}", check.id))
        })
        .collect();
    let line = format!("since the last try: {}", parts.join("; "));
    (!parts.is_empty()).then(|| escape_line(&line))
}

/// What is said of one check; nothing of one that passes as before, or that cannot be asked.
fn changed(earlier: &Check, check: &Check, before: &Record, now: &Record) -> Option<String> {
    use Status::{Fail, Pass, Skipped};
    Some(match (earlier.status, check.status) {
        // What makes a check meaningless is named before it.
        (Pass, Pass) | (_, Skipped) => return None,
        (Pass, Fail) => format!("no longer {}", passes(check.id)),
        (_, Pass) => match (check.id, effective(now)) {
            (CheckId::MultiThreaded, Some(effective)) => {
                format!("now {effective:.2}, which passes")
            }
            _ => format!("now {}", passes(check.id)),
        },
        (Fail, Fail) => still(earlier, check, before, now),
        (_, Fail) => format!("can be checked now: {}", fails(check.id)),
        (_, Status::Inconclusive) => "could not be decided this time".to_owned(),
    })
}

/// A check that failed and fails again.
fn still(earlier: &Check, check: &Check, before: &Record, now: &Record) -> String {
    if check.id == CheckId::MultiThreaded
        && let (Some(was), Some(is)) = (effective(before), effective(now))
    {
        let (was, is) = (format!("{was:.2}"), format!("{is:.2}"));
        return if was == is {
            format!("still {is}")
        } else {
            format!("was {was}, is {is}")
        };
    }
    let is_other = earlier.message != check.message || earlier.diagnosis != check.diagnosis;
    let other = if is_other { ", in another way" } else { "" };
    format!("still {}{other}", fails(check.id))
}

/// A check that passes, behind *now* or *no longer*.
const fn passes(id: CheckId) -> &'static str {
    match id {
        CheckId::Build => "compiles",
        CheckId::Run => "ends as it should",
        CheckId::Total | CheckId::Output => "right",
        CheckId::FilesRead => "has every file",
        CheckId::MultiThreaded | CheckId::Overlap | CheckId::Order | CheckId::Ends => "passes",
    }
}

/// A check that fails, behind *still*.
const fn fails(id: CheckId) -> &'static str {
    match id {
        CheckId::Build => "does not compile",
        CheckId::Run => "does not end as it should",
        CheckId::Total | CheckId::Output => "wrong",
        CheckId::FilesRead => "misses files",
        CheckId::MultiThreaded | CheckId::Overlap | CheckId::Order | CheckId::Ends => {
            "does not pass"
        }
    }
}

/// The mean number of reads at once, in the observed run that has the fewest.
fn effective(record: &Record) -> Option<f64> {
    let observed = record.runs.iter().filter_map(|run| run.concurrency);
    observed.map(|seen| seen.effective).min_by(f64::total_cmp)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A record with an answer for each check: `p`ass, `f`ail, `s`kipped or `i`nconclusive.
    fn record(answers: &str, effective: f64, message: &str) -> Record {
        let check = |(id, answer): (&str, char)| {
            let status = match answer {
                'p' => "pass",
                'f' => "fail",
                's' => "skipped",
                _ => "inconclusive",
            };
            serde_json::json!({
                "id": id, "status": status, "earned": 0, "possible": 1,
                "message": message, "hint": null, "details": {}
            })
        };
        let checks: Vec<_> = ["build", "run", "total", "files-read", "multi-threaded"]
            .into_iter()
            .zip(answers.chars())
            .map(check)
            .collect();
        let verdict = match answers {
            "ppppp" => "pass",
            "" => "not-graded",
            _ => "fail",
        };
        let record = serde_json::json!({
            "schema": judge::record::SCHEMA,
            "grader": {"version": "0", "tier": "full", "observer": "file-times"},
            "exercise": "sum-of-products",
            "submission": {"id": "alice", "digest": null},
            "verdict": verdict,
            "score": null,
            "checks": checks,
            "runs": [{
                "seed": "0", "expected": "1", "answer": "1",
                "termination": {"kind": "exited", "code": 0},
                "files": {"expected": 1, "read": 1, "tampered": 0},
                "concurrency": {"effective": effective, "held_max": 1, "threads": 1, "participation": 1.0,
                    "processes": 1, "rounds": 1}
            }],
            "faults": [],
            "replay": ""
        });
        serde_json::from_value(record).unwrap()
    }

    #[test]
    fn each_kind_of_change_has_its_words() {
        for (before, was, now, is, words) in [
            (
                "ppfpf",
                1.0,
                "ppppf",
                1.0,
                "total now right; multi-threaded still 1.00",
            ),
            (
                "ppfpf",
                1.0,
                "ppfpp",
                7.5,
                "total still wrong; multi-threaded now 7.50, which passes",
            ),
            (
                "ppppf",
                1.0,
                "ppppf",
                1.3,
                "multi-threaded was 1.00, is 1.30",
            ),
            (
                "fssss",
                0.0,
                "ppppf",
                1.0,
                "build now compiles; run now ends as it should; total now right; \
              files-read now has every file; multi-threaded can be checked now: does not pass",
            ),
            ("ppppp", 8.0, "fssss", 0.0, "build no longer compiles"),
            ("fssss", 0.0, "fssss", 0.0, "build still does not compile"),
            (
                "ppfip",
                8.0,
                "ppipp",
                8.0,
                "total could not be decided this time; files-read now has every file",
            ),
        ] {
            let words = format!("since the last try: {words}");
            assert_eq!(
                since(&record(before, was, "m"), &record(now, is, "m")),
                Some(words)
            );
        }
        let other = since(&record("ppfpp", 8.0, "m"), &record("ppfpp", 8.0, "n"));
        let words = "since the last try: total still wrong, in another way";
        assert_eq!(other.as_deref(), Some(words));
    }

    #[test]
    fn nothing_is_said_where_nothing_is_known_or_all_is_well() {
        let passed = record("ppppp", 8.0, "m");
        let failed = record("ppfpp", 8.0, "m");
        let not_graded = record("", 8.0, "m");
        let mut elsewhere = failed.clone();
        elsewhere.exercise = "other".parse().unwrap();
        for (before, now) in [
            (&passed, &passed),
            (&not_graded, &failed),
            (&failed, &not_graded),
            (&elsewhere, &failed),
        ] {
            assert_eq!(since(before, now), None);
        }
    }
}
