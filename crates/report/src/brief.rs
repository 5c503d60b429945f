//! The report of one submission on one screen, for a person who works on it: what changed, the verdict, what to try.
//!
//! What passes is one line. On a small screen an output is cut before anything else is, and what to try goes last; the full
//! report has all of it. Never reads the size of a terminal: the caller tells it.

use std::fmt::Write as _;

use crate::{
    escape::{defuse_ci_command, escape_block, escape_line},
    style::{BAD, BOLD, DIM, GOOD, OPEN, lines_of},
};
use anstyle::Style;
use judge::record::{Check, Record, Status, Verdict};

/// The fewest columns that are counted with; a narrower terminal breaks the lines itself.
const NARROWEST: usize = 24;

/// Lines of an output that are shown at most, however large the screen is.
const LONGEST_OUTPUT: usize = 30;

/// How much room there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// Columns.
    pub width: usize,
    /// Lines.
    pub rows: usize,
}

/// A line, and what it is of.
struct Line {
    text: String,
    part: Part,
    /// The number of its row: the lines of a row stay or go together.
    row: usize,
}

/// What a line is of, in the order in which they go where there is no room for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// What else was seen.
    More,
    Seed,
    /// Between two paragraphs.
    Blank,
    /// What passes and what was not asked.
    Others,
    Output,
    Expected,
    Seen,
    Place,
    /// What is wrong and what to try.
    Kept,
}

/// Those that go.
const GOING: [Part; 8] = [
    Part::More,
    Part::Seed,
    Part::Blank,
    Part::Others,
    Part::Output,
    Part::Expected,
    Part::Seen,
    Part::Place,
];

/// Stands for what is not shown.
const CUT: &str = "  … (`a` shows all)";

/// The lines so far.
struct Lines {
    width: usize,
    all: Vec<Line>,
    /// What the next lines are of.
    part: Part,
    row: usize,
}

/// The record on one screen. `since` says what changed since the last try.
#[must_use]
pub fn brief(record: &Record, since: Option<&str>, frame: Frame) -> String {
    let mut lines = Lines {
        width: frame.width.max(NARROWEST),
        all: Vec::new(),
        part: Part::Kept,
        row: 0,
    };
    if let Some(since) = since {
        lines.paragraph(BOLD, "", "", since);
    }
    lines.headline(record);
    for check in &record.checks {
        if !matches!(check.status, Status::Pass | Status::Skipped) {
            lines.failed(check);
        }
    }
    for fault in &record.faults {
        lines.blank();
        lines.paragraph(Style::new(), "  ", "  ", &fault.message);
        if let Some(cause) = &fault.cause {
            lines.output(cause);
        }
        if let Some(hint) = &fault.hint {
            lines.row(Part::Kept, "try", hint);
        }
    }
    lines.others(record);
    lines.cut_to(frame.rows);
    let mut text = String::new();
    for line in lines.all {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}", line.text);
    }
    defuse_ci_command(&text)
}

/// The same text with no line longer than so many columns. A line goes on below its own first word.
#[must_use]
pub fn fitted(text: &str, width: usize) -> String {
    let width = width.max(NARROWEST);
    let mut fitted = String::new();
    for line in text.lines() {
        let words = line.trim_start_matches([' ', '|']);
        let indent = " ".repeat((line.len() - words.len()).min(width / 2));
        let options = lines_of(width).subsequent_indent(&indent);
        for part in textwrap::wrap(line, options) {
            let _ = writeln!(fitted, "{part}");
        }
    }
    fitted
}

impl Lines {
    fn blank(&mut self) {
        self.begin(Part::Blank);
        self.push(String::new());
        self.begin(Part::Kept);
    }

    /// A new row.
    fn begin(&mut self, part: Part) {
        self.part = part;
        self.row += 1;
    }

    fn push(&mut self, text: String) {
        self.all.push(Line {
            text,
            part: self.part,
            row: self.row,
        });
    }

    /// Words that go on below `indent`, all in one style.
    fn paragraph(&mut self, style: Style, first: &str, indent: &str, words: &str) {
        let options = lines_of(self.width)
            .initial_indent(first)
            .subsequent_indent(indent);
        for line in textwrap::wrap(&escape_line(words), options) {
            // Behind a colour, it would not be recognised.
            let line = defuse_ci_command(&line);
            self.push(format!("{style}{line}{style:#}"));
        }
    }

    fn headline(&mut self, record: &Record) {
        let (style, word) = match record.verdict {
            Verdict::Pass => (GOOD, "PASS"),
            Verdict::Fail => (BAD, "FAIL"),
            Verdict::NotGraded => (OPEN, "NOT GRADED"),
        };
        let points = match record.score {
            Some(score) => format!("{} of {} points", score.earned, score.possible),
            None => "no points were given or taken".to_owned(),
        };
        let words = format!("{word}  {}: {points}", record.exercise);
        self.labelled(style, word, "      ", &words);
    }

    /// Words that begin with one in another style.
    fn labelled(&mut self, style: Style, word: &str, indent: &str, words: &str) {
        let options = lines_of(self.width).subsequent_indent(indent);
        for (n, line) in textwrap::wrap(&escape_line(words), options)
            .iter()
            .enumerate()
        {
            match line.split_once(word) {
                Some((before, rest)) if n == 0 => {
                    self.push(format!("{before}{style}{word}{style:#}{rest}"));
                }
                _ => self.push(line.clone().into_owned()),
            }
        }
    }

    fn failed(&mut self, check: &Check) {
        let (style, word) = match check.status {
            Status::Fail => (BAD, "FAIL"),
            _ => (OPEN, "open"),
        };
        self.blank();
        let words = format!(
            "  {word}  {} ({} of {}): {}",
            check.id, check.earned, check.possible, check.message
        );
        self.labelled(style, word, "        ", &words);
        let details = &check.details;
        let seed = details.seed.map(|seed| seed.to_string());
        for (part, label, value) in [
            (Part::Seed, "seed", &seed),
            (Part::Place, "place", &details.place),
            (Part::Expected, "expected", &details.expected),
            (Part::Seen, "seen", &details.seen),
        ] {
            if let Some(value) = value {
                self.row(part, label, value);
            }
        }
        if let Some(output) = &details.output {
            self.output(output);
        }
        for more in &details.more {
            self.row(Part::More, "also", more);
        }
        if let Some(hint) = &check.hint {
            self.row(Part::Kept, "try", hint);
        }
    }

    /// A labelled line below a check.
    fn row(&mut self, part: Part, label: &str, value: &str) {
        self.begin(part);
        let first = format!("        {label:<8}  ");
        let indent = " ".repeat(first.len().min(self.width / 3));
        let options = lines_of(self.width)
            .initial_indent(&first)
            .subsequent_indent(&indent);
        let value = escape_line(value);
        for (n, line) in textwrap::wrap(&value, options).iter().enumerate() {
            match line.split_once(label) {
                Some((before, rest)) if n == 0 => {
                    self.push(format!("{before}{DIM}{label}{DIM:#}{rest}"));
                }
                _ => self.push(line.clone().into_owned()),
            }
        }
    }

    fn output(&mut self, output: &str) {
        let output = escape_block(output);
        for line in output.lines() {
            for words in textwrap::wrap(line, lines_of(self.width - 6)) {
                self.begin(Part::Output);
                let line = format!("    {DIM}|{DIM:#} {words}");
                self.push(line.trim_end().to_owned());
            }
        }
    }

    /// What passes, what could not be asked, and what else a person is told in every report.
    fn others(&mut self, record: &Record) {
        let named = |status: Status| {
            let checks = record.checks.iter().filter(|check| check.status == status);
            let names: Vec<_> = checks.map(|check| check.id.to_string()).collect();
            names.join(", ")
        };
        for (style, word, names) in [
            (GOOD, "pass", named(Status::Pass)),
            (DIM, "not asked", named(Status::Skipped)),
        ] {
            if !names.is_empty() {
                self.blank();
                self.begin(Part::Others);
                let words = format!("  {word}  {names}");
                self.labelled(style, word, "        ", &words);
            }
        }
        let tier = &record.grader.tier;
        if matches!(tier.as_str(), "weak" | "none") {
            let words = format!("Isolation: {tier}.");
            self.blank();
            self.paragraph(Style::new(), "  ", "  ", &words);
        }
        self.begin(Part::Kept);
        if let Some(notice) = &record.notice {
            self.paragraph(Style::new(), "  ", "  ", notice);
        }
    }

    /// Keep so many lines: without the ends of outputs first, then without one row after the other, those that help least
    /// first, and in the end without the last lines.
    fn cut_to(&mut self, rows: usize) {
        let outputs = self
            .all
            .iter()
            .filter(|line| line.part == Part::Output)
            .count();
        let others = self.all.len() - outputs;
        let kept = rows.saturating_sub(others + 1).clamp(3, LONGEST_OUTPUT);
        if outputs > kept {
            let mut seen = 0;
            self.all.retain_mut(|line| {
                let is_output = line.part == Part::Output;
                seen += usize::from(is_output);
                if is_output && seen == kept + 1 {
                    line.text = format!("    {DIM}|{DIM:#} … (`a` shows all)");
                }
                !is_output || seen <= kept + 1
            });
        }
        if self.all.len() <= rows || rows == 0 {
            return;
        }
        // One line says that this is not all.
        let room = rows - 1;
        for part in GOING {
            while self.all.len() > room
                && let Some(last) = self.all.iter().rfind(|line| line.part == part)
            {
                let row = last.row;
                self.all.retain(|line| line.row != row);
            }
        }
        self.all.truncate(room);
        self.push(CUT.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(output: &str) -> Record {
        let check = |id: &str, status: &str, output: Option<&str>| {
            serde_json::json!({
                "id": id, "status": status, "earned": 0, "possible": 2,
                "message": "the total is wrong on all 3 datasets, and a long word is /a/very/long/path/that/does/not/end/anywhere",
                "hint": "count the lines from one: line 3 is the one with the index 2",
                "details": {"seed": "0", "expected": "2483973", "seen": "17", "output": output}
            })
        };
        let record = serde_json::json!({
            "schema": judge::record::SCHEMA,
            "grader": {"version": "0", "tier": "none", "observer": "file-times"},
            "exercise": "sum-of-products",
            "submission": {"id": "alice", "digest": null},
            "verdict": "fail",
            "score": {"earned": 4, "possible": 10},
            "checks": [check("build", "pass", None), check("run", "fail", Some(output)),
                check("total", "fail", None), check("multi-threaded", "skipped", None)],
            "runs": [],
            "faults": [{"kind": "disk", "message": "failed", "cause": "full", "hint": "free some space"}],
            "replay": ""
        });
        serde_json::from_value(record).unwrap()
    }

    fn plain(text: &str) -> Vec<String> {
        let text = anstream::adapter::strip_str(text).to_string();
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn what_changed_comes_first_then_the_verdict() {
        let frame = Frame {
            width: 80,
            rows: 100,
        };
        let lines = plain(&brief(
            &record("panicked"),
            Some("since the last try"),
            frame,
        ));
        assert_eq!(lines[0], "since the last try");
        assert_eq!(lines[1], "FAIL  sum-of-products: 4 of 10 points");
        assert!(lines[3].starts_with("  FAIL  run (0 of 2): the total is wrong"));
        assert!(lines.contains(&"  pass  build".to_owned()), "{lines:#?}");
        assert!(lines.contains(&"  not asked  multi-threaded".to_owned()));
        assert!(lines.contains(&"  Isolation: none.".to_owned()));
    }

    #[test]
    fn no_line_is_longer_than_the_screen_and_no_more_lines_than_it_has() {
        let long = format!("{}\n", "x".repeat(200)).repeat(50);
        for width in [24, 40, 60, 80, 120] {
            for rows in [10, 24, 60] {
                let lines = plain(&brief(&record(&long), Some("since"), Frame { width, rows }));
                assert!(lines.len() <= rows, "{width} {rows}: {lines:#?}");
                for line in &lines {
                    assert!(line.chars().count() <= width, "{width}: {line:?}");
                }
            }
            for line in plain(&fitted(&long, width)) {
                assert!(line.chars().count() <= width, "{width}: {line:?}");
            }
        }
    }

    #[test]
    fn an_output_is_cut_before_what_to_try() {
        let long = "a line\n".repeat(50);
        let frame = Frame {
            width: 100,
            rows: 40,
        };
        let lines = plain(&brief(&record(&long), None, frame));
        let tries = lines.iter().filter(|line| line.contains("try  "));
        assert_eq!(tries.count(), 3, "{lines:#?}");
        assert!(
            lines.iter().any(|line| line.contains("`a` shows all")),
            "{lines:#?}"
        );
    }

    #[test]
    fn on_a_small_screen_what_to_try_goes_last() {
        let mut record = record("");
        record.checks.truncate(2);
        record.faults.clear();
        record.checks[1].details.place = Some("src/main.rs:34:31".to_owned());
        for (rows, shown) in [
            (
                24,
                &["seed", "place", "expected", "seen", "try", "pass"][..],
            ),
            (12, &["place", "expected", "seen", "try"]),
            (10, &["place", "try"]),
            (9, &["try"]),
        ] {
            let text = brief(&record, Some("since"), Frame { width: 60, rows });
            let lines = plain(&text);
            assert!(lines.len() <= rows, "{rows}: {lines:#?}");
            for label in ["seed", "place", "expected", "seen", "try", "pass"] {
                let is_shown = lines
                    .iter()
                    .any(|line| line.trim_start().starts_with(&format!("{label}  ")));
                assert_eq!(
                    is_shown,
                    shown.contains(&label),
                    "{rows} {label}: {lines:#?}"
                );
            }
            assert!(
                lines
                    .iter()
                    .any(|line| line.ends_with("with the index 2") || line.trim() == "2"),
                "{rows}: {lines:#?}"
            );
            assert_eq!(
                lines.last().unwrap() == CUT,
                rows < 24,
                "{rows}: {lines:#?}"
            );
        }
    }

    #[test]
    fn no_line_is_a_command_of_a_ci_system() {
        let frame = Frame {
            width: 30,
            rows: 99,
        };
        let text = brief(&record("::notice::pwn"), Some("::notice::pwn"), frame);
        for line in plain(&text) {
            assert!(!line.trim_start().starts_with("::"), "{line}");
        }
    }
}
