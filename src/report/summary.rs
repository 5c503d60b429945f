//! A class on one screen: how the points are spread, what fails most often and why, who handed in the
//! same, what could not be graded, and what changed since the last time.
//!
//! Filled record by record, so that a class need not be in memory; what is kept of each is a line.
//! At most 80 columns, readable without colour, and in an order that does not depend on who was graded
//! first.

use std::{collections::BTreeMap, fmt::Write as _};

use anstyle::{AnsiColor, Style};

use super::{escape_line, reason, verdict_word};
use crate::{
    ids::{Digest, SubmissionId},
    record::{Record, Score, Status, Verdict},
};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const OPEN: Style = AnsiColor::Yellow.on_default().bold();

/// Causes, groups and names shown; how many more there are is always said.
const SHOWN: usize = 8;
/// Names shown of one group.
const SHOWN_NAMES: usize = 3;
/// Width of the longest bar.
const BAR: usize = 30;
const WIDTH: usize = 80;

/// How much of each list is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// What fits on a screen.
    Screen,
    /// All of it.
    Nothing,
}

/// How a submission stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The outcome.
    pub verdict: Verdict,
    /// The points, if it was graded.
    pub score: Option<Score>,
}

impl From<&Record> for Standing {
    fn from(record: &Record) -> Self {
        Self {
            verdict: record.verdict,
            score: record.score,
        }
    }
}

/// Somebody whose grade is not what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Who.
    pub id: SubmissionId,
    /// How they stood.
    pub before: Standing,
    /// How they stand; none if there is no such submission any more.
    pub after: Option<Standing>,
    /// Why, in words.
    pub why: String,
}

/// What is said about a class.
#[derive(Debug, Default)]
pub struct Summary {
    exercise: String,
    verdicts: [usize; 3],
    points: BTreeMap<u32, usize>,
    possible: u32,
    causes: BTreeMap<String, Vec<SubmissionId>>,
    copies: BTreeMap<Digest, Vec<SubmissionId>>,
    shapes: BTreeMap<Digest, Vec<SubmissionId>>,
    not_graded: Vec<(SubmissionId, String)>,
    /// What was found and is no submission, and why.
    pub ignored: Vec<(String, String)>,
    /// Who handed in several times, and what.
    pub attempts: Vec<(SubmissionId, Vec<String>)>,
    /// Who moved.
    pub changes: Vec<Change>,
}

impl Summary {
    /// Take in one record, and the shape of its source if that is known.
    pub fn add(&mut self, record: &Record, shape: Option<Digest>) {
        let id = &record.submission.id;
        record.exercise.as_str().clone_into(&mut self.exercise);
        self.verdicts[record.verdict as usize] += 1;
        if let Some(score) = record.score {
            *self.points.entry(score.earned).or_default() += 1;
            self.possible = self.possible.max(score.possible);
        }
        if record.verdict == Verdict::NotGraded {
            let why = reason(record).unwrap_or_default();
            self.not_graded.push((id.clone(), why));
        }
        let failed = record
            .checks
            .iter()
            .find(|check| check.status == Status::Fail);
        if let Some(check) = failed {
            let cause = format!("{}: {}", check.id, cause(&check.message));
            self.causes.entry(cause).or_default().push(id.clone());
        }
        if let Some(shape) = shape {
            self.shapes.entry(shape).or_default().push(id.clone());
        }
        if let Some(digest) = &record.submission.digest {
            self.copies
                .entry(digest.clone())
                .or_default()
                .push(id.clone());
        }
    }

    /// How many submissions there are.
    #[must_use]
    pub fn total(&self) -> usize {
        self.verdicts.iter().sum()
    }

    /// How many submissions have this verdict.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> usize {
        self.verdicts[verdict as usize]
    }

    /// The summary for a person.
    #[must_use]
    pub fn human(&self, cut: Cut) -> String {
        let mut text = String::new();
        self.headline(&mut text);
        self.write_points(&mut text);
        self.write_causes(&mut text, cut);
        self.write_alike(&mut text, cut);
        let not_graded = self
            .not_graded
            .iter()
            .map(|(id, why)| format!("{id}: {why}"));
        section(
            &mut text,
            "Not graded, through no fault of theirs",
            not_graded,
            cut,
        );
        section(
            &mut text,
            "What changed",
            self.changes.iter().map(change),
            cut,
        );
        let attempts = self
            .attempts
            .iter()
            .map(|(id, all)| match all.split_last() {
                Some((last, others)) => format!("{id}: {last} counts; also {}", others.join(", ")),
                None => id.to_string(),
            });
        section(&mut text, "Handed in several times", attempts, cut);
        let ignored = self
            .ignored
            .iter()
            .map(|(name, why)| format!("{name} {why}"));
        section(&mut text, "Ignored", ignored, cut);
        text
    }

    fn headline(&self, text: &mut String) {
        let parts = [
            (GOOD, Verdict::Pass, "passed"),
            (BAD, Verdict::Fail, "did not pass"),
            (OPEN, Verdict::NotGraded, "not graded"),
        ];
        let parts: Vec<String> = parts
            .into_iter()
            .filter(|(_, verdict, _)| self.count(*verdict) > 0)
            .map(|(style, verdict, word)| format!("{style}{} {word}{style:#}", self.count(verdict)))
            .collect();
        let noun = if self.total() == 1 {
            "submission"
        } else {
            "submissions"
        };
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{BOLD}{}{BOLD:#}: {} {noun}, {}",
            self.exercise,
            self.total(),
            parts.join(", ")
        );
    }

    fn write_points(&self, text: &mut String) {
        let Some(most) = self.points.values().max() else {
            return;
        };
        let _ = writeln!(text, "\n{BOLD}Points{BOLD:#}");
        for (earned, count) in self.points.iter().rev() {
            // At least one sign for at least one submission.
            let bar = "#".repeat((count * BAR).div_ceil(*most));
            let _ = writeln!(
                text,
                "  {earned:>3} of {:<3} {count:>5}  {DIM}{bar}{DIM:#}",
                self.possible
            );
        }
    }

    fn write_causes(&self, text: &mut String, cut: Cut) {
        let mut causes: Vec<_> = self.causes.iter().collect();
        causes.sort_by_key(|(_, ids)| std::cmp::Reverse(ids.len()));
        let lines = causes
            .into_iter()
            .map(|(cause, ids)| format!("{:>4}  {cause} ({})", ids.len(), names(ids)));
        section(text, "What fails first, and how often", lines, cut);
    }

    fn write_alike(&self, text: &mut String, cut: Cut) {
        let same = |groups: &BTreeMap<Digest, Vec<SubmissionId>>| -> Vec<Vec<SubmissionId>> {
            let mut groups: Vec<_> = groups
                .values()
                .filter(|ids| ids.len() > 1)
                .cloned()
                .collect();
            groups.sort();
            groups
        };
        let copies = same(&self.copies);
        let mut lines: Vec<String> = copies
            .iter()
            .map(|ids| format!("every byte: {}", names(ids)))
            .collect();
        let alike = same(&self.shapes);
        let alike = alike.iter().filter(|ids| !copies.contains(ids));
        lines.extend(alike.map(|ids| {
            format!(
                "but for names of files, comments and layout: {}",
                names(ids)
            )
        }));
        section(text, "The same source", lines.into_iter(), cut);
    }
}

/// A message without what differs from one submission to the next, so that equal mistakes are equal.
fn cause(message: &str) -> String {
    let mut cause = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        cause.push_str(&rest[..start]);
        cause.push('N');
        rest = rest[start..].trim_start_matches(|c: char| c.is_ascii_digit());
        for noun in ["error", "dataset", "data file", "file", "run"] {
            let is_one = rest
                .strip_prefix(' ')
                .and_then(|rest| rest.strip_prefix(noun))
                .filter(|behind| !behind.starts_with(|c: char| c.is_alphabetic()));
            if let Some(behind) = is_one {
                let _ = write!(cause, " {noun}s");
                rest = behind;
            }
        }
    }
    cause.push_str(rest);
    cause
}

fn change(change: &Change) -> String {
    let words = |standing: &Standing| match standing.score {
        Some(score) => format!(
            "{} {}/{}",
            verdict_word(standing.verdict),
            score.earned,
            score.possible
        ),
        None => verdict_word(standing.verdict).to_owned(),
    };
    let after = change
        .after
        .as_ref()
        .map_or_else(|| "gone".to_owned(), words);
    format!(
        "{}: {} -> {after} ({})",
        change.id,
        words(&change.before),
        change.why
    )
}

/// Some names, and how many more there are.
fn names(ids: &[SubmissionId]) -> String {
    let shown: Vec<&str> = ids
        .iter()
        .take(SHOWN_NAMES)
        .map(SubmissionId::as_str)
        .collect();
    match ids.len().saturating_sub(SHOWN_NAMES) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// A headline and lines, nothing if there are none.
fn section(
    text: &mut String,
    headline: &str,
    lines: impl ExactSizeIterator<Item = String>,
    cut: Cut,
) {
    let (total, shown) = (
        lines.len(),
        match cut {
            Cut::Screen => SHOWN,
            Cut::Nothing => usize::MAX,
        },
    );
    if total == 0 {
        return;
    }
    let _ = writeln!(text, "\n{BOLD}{headline}{BOLD:#}");
    let options = textwrap::Options::new(WIDTH)
        // An id with a hyphen is one word.
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .initial_indent("  ")
        .subsequent_indent("      ");
    for line in lines.take(shown) {
        let _ = writeln!(text, "{}", textwrap::fill(&escape_line(&line), &options));
    }
    if total > shown {
        let more = total - shown;
        let _ = writeln!(
            text,
            "  {DIM}and {more} more: `grade report DIR` shows all{DIM:#}"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_mistakes_are_one_cause() {
        assert_eq!(
            cause("the run on seed 7131 panicked (exit code 101)"),
            cause("the run on seed 0 panicked (exit code 101)")
        );
        assert_eq!(
            cause("it does not compile: 1 error"),
            cause("it does not compile: 3 errors")
        );
        assert_eq!(
            cause("only 1 of 1000 data files were read"),
            "only N of N data files were read"
        );
        assert_eq!(cause("no number"), "no number");
        assert_eq!(cause("1 errorless"), "N errorless");
    }

    #[test]
    fn long_lists_are_cut_and_say_so() {
        let ignored = (0..20).map(|n| (format!("{n:02}.txt"), "is junk".to_owned()));
        let summary = Summary {
            ignored: ignored.collect(),
            ..Summary::default()
        };
        let (screen, all) = (summary.human(Cut::Screen), summary.human(Cut::Nothing));
        assert!(
            screen.contains("and 12 more") && !screen.contains("19.txt"),
            "{screen}"
        );
        assert!(all.contains("19.txt"), "{all}");
    }
}
