//! Workflow commands of GitHub Actions: an annotation for each failed check, at the student's file and line where
//! they are known.
//!
//! A command ends with its line, and its message has its line breaks by number, so nothing in a message begins a
//! command; `message` and `property` are the only places that write text of a submission. GitHub shows ten
//! annotations of a kind for each step and drops the rest without a word. So there are never more, and the last one
//! says how many are left out.

use std::io::{self, Write};

use crate::{
    class_report::ClassReport,
    entry::{ClassFacts, Entry},
    escape::{escape_block, escape_line},
    lines::{answer_lines, fault_lines},
    place,
    words::reason,
};
use ids::words::{count, plural};
use judge::record::{Check, Record, Status, Verdict};

/// How many annotations of one kind are shown for each step.
const SHOWN: usize = 10;
/// The most characters of a message.
const LONGEST_MESSAGE: usize = 4000;

/// The annotations of one submission.
pub(crate) fn github(entry: &Entry) -> String {
    let record = &entry.record;
    let mut text = String::new();
    for fault in &record.faults {
        let words = format!("not graded, which is no zero: {}", fault_lines(fault));
        text += &command("warning", "", &title(record, "not graded"), &words);
    }
    for check in &record.checks {
        let kind = match check.status {
            Status::Pass | Status::Skipped => continue,
            Status::Fail => "error",
            Status::Inconclusive => "warning",
        };
        let place = entry.folder.as_ref().map(|folder| at(folder, check));
        let title = title(record, check.id.as_str());
        text += &command(
            kind,
            &place.unwrap_or_default(),
            &title,
            &answer_lines(check, LONGEST_MESSAGE),
        );
    }
    let end = match (record.verdict, record.score) {
        (Verdict::Pass, Some(score)) => {
            format!("passed: {} of {} points", score.earned, score.possible)
        }
        (_, Some(score)) => {
            format!(
                "did not pass: {} of {} points",
                score.earned, score.possible
            )
        }
        (_, None) => "not graded: no points were given or taken".to_owned(),
    };
    text + &command("notice", "", &title(record, "points"), &end)
}

/// The annotations of a class: one for each submission that did not pass or was not graded, while there is room.
pub(crate) struct Class<'a> {
    facts: &'a ClassFacts,
    failed: Room,
    not_graded: Room,
    to: &'a mut dyn Write,
}

impl<'a> Class<'a> {
    pub(crate) fn begin(facts: &'a ClassFacts, to: &'a mut dyn Write) -> Self {
        let count = |verdict| facts.summary.count(verdict);
        Self {
            facts,
            failed: Room::new("error", count(Verdict::Fail)),
            not_graded: Room::new("warning", count(Verdict::NotGraded)),
            to,
        }
    }
}

impl ClassReport for Class<'_> {
    fn add(&mut self, entry: &Entry) -> io::Result<()> {
        let record = &entry.record;
        let (room, words) = match (record.verdict, record.score) {
            (Verdict::Pass, _) => return Ok(()),
            (Verdict::Fail, Some(score)) => (
                &mut self.failed,
                format!("{} of {} points", score.earned, score.possible),
            ),
            _ => (
                &mut self.not_graded,
                "not graded, which is no zero".to_owned(),
            ),
        };
        let why = reason(record).unwrap_or_default();
        let first = record.checks.iter().find(|one| one.status == Status::Fail);
        let place = match (&entry.folder, first) {
            (Some(folder), Some(check)) => at(folder, check),
            _ => String::new(),
        };
        let id = record.submission.id.as_str();
        let line = room.command(&place, &title(record, id), &format!("{words}: {why}"));
        self.to.write_all(line.as_bytes())
    }

    fn end(self: Box<Self>) -> io::Result<()> {
        let summary = &self.facts.summary;
        let words = [
            (Verdict::Pass, "passed"),
            (Verdict::Fail, "did not pass"),
            (Verdict::NotGraded, "not graded"),
        ]
        .map(|(verdict, word)| format!("{} {word}", summary.count(verdict)));
        let total = count(summary.total(), "submission");
        let words = format!("{total}: {}", words.join(", "));
        let exercise = self.facts.exercise.as_str();
        self.to
            .write_all(command("notice", "", exercise, &words).as_bytes())
    }
}

/// What is left of the annotations of one kind.
struct Room {
    kind: &'static str,
    /// How many there would be.
    all: usize,
    /// How many there are.
    written: usize,
}

impl Room {
    const fn new(kind: &'static str, all: usize) -> Self {
        Self {
            kind,
            all,
            written: 0,
        }
    }

    /// The next annotation, or what stands for all that have no room.
    fn command(&mut self, place: &str, title: &str, words: &str) -> String {
        self.written += 1;
        let left = self.all.saturating_sub(SHOWN - 1);
        match self.written {
            SHOWN if self.all > SHOWN => {
                let words = format!(
                    "{left} more {} of this kind: the summary of the job has all of them",
                    plural(left, "submission")
                );
                command(self.kind, "", "not all are shown here", &words)
            }
            written if written > SHOWN => String::new(),
            _ => command(self.kind, place, title, words),
        }
    }
}

fn title(record: &Record, what: &str) -> String {
    format!("{}: {what}", record.exercise)
}

/// The properties that name the place of a failed check. A failure without a place is at the manifest, which every
/// submission has.
fn at(folder: &str, check: &Check) -> String {
    let place = place::of(check);
    let file = place.as_ref().map_or("Cargo.toml", |place| place.file);
    let file = property(&place::below(folder, file));
    match place.and_then(|place| place.position) {
        Some((line, column)) => format!("file={file},line={line},col={column},"),
        None => format!("file={file},"),
    }
}

/// One command. `place` is empty, or properties with a comma at the end.
fn command(kind: &str, place: &str, title: &str, words: &str) -> String {
    format!(
        "::{kind} {place}title={}::{}\n",
        property(title),
        message(words)
    )
}

/// The text of a command, in one line.
fn message(text: &str) -> String {
    let text: String = text.chars().take(LONGEST_MESSAGE).collect();
    escape_block(&text).replace('%', "%25").replace('\n', "%0A")
}

/// The value of a property of a command.
fn property(text: &str) -> String {
    escape_line(text)
        .replace('%', "%25")
        .replace(':', "%3A")
        .replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_begins_a_command_or_a_property() {
        let line = command(
            "error",
            "",
            "a,line=3::b\n::error::c",
            "100%0A\r\n::add-mask::x\n##[error]y",
        );
        assert_eq!(line.lines().count(), 1, "{line}");
        assert_eq!(
            line,
            "::error title=a%2Cline=3%3A%3Ab\\u{a}%3A%3Aerror%3A%3Ac::100%250A\\u{d}%0A\\u{3a}:add-mask::x%0A\
             \\u{23}#[error]y\n"
        );
    }

    #[test]
    fn the_last_of_ten_says_how_many_are_left_out() {
        let all = |count: usize| {
            let mut room = Room::new("error", count);
            let lines: String = (0..count).map(|_| room.command("", "t", "w")).collect();
            (lines.lines().count(), lines)
        };
        assert_eq!(all(3).0, 3);
        let (ten, lines) = all(10);
        assert!(ten == 10 && !lines.contains("not all"), "{lines}");
        let (ten, lines) = all(200);
        assert!(
            ten == 10 && lines.contains("191 more submissions"),
            "{lines}"
        );
    }
}
