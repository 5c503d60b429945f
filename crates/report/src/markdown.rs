//! The report in Markdown: for a job summary, a comment or a file that goes back to a student.
//!
//! It has tables, as GitHub, GitLab and many others show them, and no HTML. Text of a submission passes through
//! `markdown_text` alone. A class stays below the mebibyte that GitHub takes for the summary of a step; where
//! submissions are left out for that, their number is shown.

use std::{
    fmt::Write as _,
    io::{self, Write},
};

use crate::{
    class_report::ClassReport,
    entry::{ClassFacts, Entry},
    markdown_text::{block, cell, code, sentence},
    sample::Shown,
    words::{reason, verdict_word, witnesses},
};
use ids::{
    SubmissionId,
    words::{count, plural},
};
use judge::{
    check,
    record::{Check, Fault, Record, Status, Verdict},
};

/// The most bytes of a report: a mebibyte and room for what others add.
const MOST_BYTES: usize = 1_000_000;
/// The most characters of the reason in a line of a class.
const LONGEST_REASON: usize = 300;

/// The report of one submission.
#[must_use]
pub(crate) fn markdown(record: &Record) -> String {
    let mut text = String::new();
    headline(&mut text, record);
    if !record.checks.is_empty() {
        text += "\n| check | answer | points |\n| --- | --- | ---: |\n";
    }
    for check in &record.checks {
        let Check {
            id,
            earned,
            possible,
            ..
        } = check;
        let word = status_word(check.status);
        // Writing to a string cannot fail.
        let _ = writeln!(text, "| {id} | {word} | {earned} of {possible} |");
    }
    for fault in &record.faults {
        write_fault(&mut text, fault);
    }
    for check in &record.checks {
        write_check(&mut text, check);
    }
    let grader = &record.grader;
    let _ = write!(text, "\n---\n\n");
    if let Some(notice) = &record.notice {
        let _ = writeln!(text, "{}\n", sentence(notice));
    }
    let _ = writeln!(
        text,
        "Isolation: {}. Reads seen by: {}. Again on the same data: {}",
        sentence(&grader.tier),
        sentence(&witnesses(grader)),
        code(&record.replay)
    );
    text
}

fn headline(text: &mut String, record: &Record) {
    let exercise = record.exercise.as_str();
    let id = record.submission.id.as_str();
    let by = if id == exercise {
        String::new()
    } else {
        format!(" by {}", sentence(id))
    };
    let word = match record.verdict {
        Verdict::Pass => "passed",
        Verdict::Fail => "did not pass",
        Verdict::NotGraded => "not graded",
    };
    let _ = writeln!(text, "# {}{by}: {word}\n", sentence(exercise));
    let points = match record.score {
        Some(score) => format!("**{} of {} points.**", score.earned, score.possible),
        None => "**Not graded: no points were given or taken.** \
                 The reason is a problem of the machine or of the course, not of the submission."
            .to_owned(),
    };
    let _ = writeln!(text, "{points}");
}

fn write_fault(text: &mut String, fault: &Fault) {
    let _ = writeln!(
        text,
        "\n## Why it was not graded\n\n{}",
        start(&fault.message)
    );
    if let Some(cause) = &fault.cause {
        let _ = write!(text, "\n{}", block(cause));
    }
    if let Some(hint) = &fault.hint {
        let _ = writeln!(text, "\n- **Try:** {}", sentence(hint));
    }
}

fn write_check(text: &mut String, check: &Check) {
    let _ = writeln!(text, "\n## {}: {}\n", check.id, status_word(check.status));
    let _ = writeln!(text, "{}", start(&check.message));
    if matches!(check.status, Status::Pass | Status::Skipped) {
        return;
    }
    let _ = writeln!(text, "\n- **Asked:** {}", check::asks(check.id));
    let details = &check.details;
    let seed = details.seed.map(|seed| seed.to_string());
    for (label, value) in [
        ("Seed", &seed),
        ("Place", &details.place),
        ("Expected", &details.expected),
        ("Seen", &details.seen),
    ] {
        if let Some(value) = value {
            let _ = writeln!(text, "- **{label}:** {}", sentence(value));
        }
    }
    for more in &details.more {
        let _ = writeln!(text, "- **Also:** {}", sentence(more));
    }
    // What to try may speak of the lines above it.
    if let Some(output) = &details.output {
        let _ = writeln!(text, "\n{}", block(output));
    }
    if let Some(hint) = &check.hint {
        let _ = writeln!(text, "- **Try:** {}", sentence(hint));
    }
}

/// A sentence where a paragraph begins: a word that would make a list of it is code.
fn start(text: &str) -> String {
    let written = sentence(text);
    let first = written.split(' ').next().unwrap_or_default();
    let is_letter = |c: char| c.is_alphabetic() || matches!(c, '`' | '(' | '"' | '\'');
    if first.starts_with(is_letter) {
        return written;
    }
    let rest = &written[first.len()..];
    format!("{}{rest}", code(first))
}

/// The report of a class.
pub(crate) struct Class<'a> {
    facts: &'a ClassFacts,
    shown: Shown,
    written: usize,
    left_out: usize,
    to: &'a mut dyn Write,
}

impl<'a> Class<'a> {
    pub(crate) fn begin(facts: &'a ClassFacts, to: &'a mut dyn Write) -> io::Result<Self> {
        let shown = facts.summary.shown();
        let head = class_head(facts, &shown);
        to.write_all(head.as_bytes())?;
        Ok(Self {
            facts,
            shown,
            written: head.len(),
            left_out: 0,
            to,
        })
    }
}

impl ClassReport for Class<'_> {
    fn wants(&self, id: &SubmissionId) -> bool {
        self.shown.has(id)
    }

    fn add(&mut self, entry: &Entry) -> io::Result<()> {
        let line = class_line(&entry.record);
        if self.written + line.len() > MOST_BYTES {
            self.left_out += 1;
            return Ok(());
        }
        self.written += line.len();
        self.to.write_all(line.as_bytes())
    }

    fn end(self: Box<Self>) -> io::Result<()> {
        let Self {
            facts,
            left_out,
            to,
            ..
        } = *self;
        if left_out > 0 {
            let all = facts.summary.total();
            let word = plural(left_out, "submission");
            writeln!(
                to,
                "\n{left_out} more {word} of {all} are left out here. The gradebook has all of them."
            )?;
        }
        Ok(())
    }
}

fn class_head(facts: &ClassFacts, shown: &Shown) -> String {
    let summary = &facts.summary;
    let total = summary.total();
    let mut text = format!("# {}: {}", facts.exercise, count(total, "submission"));
    if let Some(class) = summary.class.filter(|class| *class > total) {
        let _ = write!(text, " of {class} so far");
    }
    text += "\n\n| verdict | submissions |\n| --- | ---: |\n";
    for (verdict, word) in [
        (Verdict::Pass, "passed"),
        (Verdict::Fail, "did not pass"),
        (Verdict::NotGraded, "not graded, through no fault of theirs"),
    ] {
        let _ = writeln!(text, "| {word} | {} |", summary.count(verdict));
    }
    if let Some(words) = shown.words() {
        let _ = writeln!(text, "\n{}", sentence(&words));
    }
    text += "\n| submission | verdict | points | why |\n| --- | --- | ---: | --- |\n";
    text
}

fn class_line(record: &Record) -> String {
    let points = match record.score {
        Some(score) => format!("{} of {}", score.earned, score.possible),
        None => String::new(),
    };
    let reason = reason(record).unwrap_or_default();
    let reason = match reason.char_indices().nth(LONGEST_REASON) {
        Some((at, _)) => format!("{}…", &reason[..at]),
        None => reason,
    };
    format!(
        "| {} | {} | {points} | {} |\n",
        cell(&sentence(record.submission.id.as_str())),
        verdict_word(record.verdict),
        cell(&sentence(&reason))
    )
}

const fn status_word(status: Status) -> &'static str {
    match status {
        Status::Pass => "pass",
        Status::Fail => "**fail**",
        Status::Skipped => "skipped",
        Status::Inconclusive => "open",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::summary::Summary;

    #[test]
    fn a_class_that_is_too_long_says_how_many_are_left_out() {
        let record = serde_json::json!({
            "schema": judge::record::SCHEMA,
            "grader": {"version": "0", "tier": "full", "observer": "file-times"},
            "exercise": "sum-of-products",
            "submission": {"id": "alice", "digest": null},
            "verdict": "not-graded",
            "score": null,
            "checks": [], "runs": [],
            "faults": [{"kind": "disk", "message": "| @all ".repeat(60)}],
            "replay": "grade"
        });
        let record: Record = serde_json::from_value(record).unwrap();
        let text = |number| {
            let mut summary = Summary::default();
            (0..number).for_each(|_| summary.add(&record, None));
            let facts = ClassFacts {
                exercise: record.exercise.clone(),
                seeds: Vec::new(),
                checks: Vec::new(),
                has_people: false,
                separator: crate::separator::Separator::default(),
                summary,
            };
            let mut text = Vec::new();
            let mut report = Box::new(Class::begin(&facts, &mut text).unwrap());
            let entry = Entry::of(record.clone());
            for _ in 0..number {
                report.add(&entry).unwrap();
            }
            report.end().unwrap();
            String::from_utf8(text).unwrap()
        };
        let (few, many) = (text(200), text(2500));
        assert!(!few.contains("left out"), "{few}");
        assert!(few.len() < many.len() && many.len() < MOST_BYTES + 200);
        let shown = many.matches("| alice |").count();
        let words = format!(
            "{} more submissions of 2500 are left out here",
            2500 - shown
        );
        assert!(many.contains(&words), "{shown}");
    }

    #[test]
    fn a_large_class_is_sampled_and_says_where_all_are() {
        let record = |number: usize| {
            let record = serde_json::json!({
                "schema": judge::record::SCHEMA,
                "grader": {"version": "0", "tier": "full", "observer": "file-times"},
                "exercise": "sum-of-products",
                "submission": {"id": format!("s{number}"), "digest": null},
                "verdict": "pass",
                "score": {"earned": 1, "possible": 1},
                "checks": [], "runs": [], "faults": [], "replay": "grade"
            });
            serde_json::from_value::<Record>(record).unwrap()
        };
        let text = |number| {
            let mut summary = Summary::default();
            for number in 0..number {
                summary.add(&record(number), None);
            }
            let facts = ClassFacts {
                exercise: "sum-of-products".parse().unwrap(),
                seeds: Vec::new(),
                checks: Vec::new(),
                has_people: false,
                separator: crate::separator::Separator::default(),
                summary,
            };
            let mut text = Vec::new();
            let mut report = Class::begin(&facts, &mut text).unwrap();
            let ids = (0..number).map(|number| record(number).submission.id);
            let wanted = ids.filter(|id| report.wants(id)).count();
            for number in 0..wanted {
                report.add(&Entry::of(record(number))).unwrap();
            }
            Box::new(report).end().unwrap();
            (wanted, String::from_utf8(text).unwrap())
        };
        let (wanted, whole) = text(2000);
        assert!(wanted == 2000 && !whole.contains("one by one"));
        let (wanted, sampled) = text(2001);
        assert_eq!(wanted, 2000);
        let words = "\nOf 2001 submissions, 2000 are shown one by one";
        assert!(sampled.contains(words), "{}", &sampled[..800]);
        assert!(sampled.contains("`gradebook.csv`") && sampled.contains("| passed | 2001 |"));
    }
}
