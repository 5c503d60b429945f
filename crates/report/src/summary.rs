//! A class on one screen: how the points are distributed, what fails most often and why, which submissions
//! are alike, which could not be graded, and which grades changed.
//!
//! Records are added one by one, so that the class is not in memory as a whole.
//! At most 80 columns, readable without colour, and in an order that does not depend on the order of grading.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::{self, Write as _},
};

use crate::{
    causes::Causes,
    change::Change,
    escape::{defuse_ci_command, escape_line},
    sample::{Sample, Shown},
    style::{BAD, BOLD, DIM, GOOD, OPEN, WIDTH, lines_of},
    words::reason,
};
use ids::{CheckId, Digest, SubmissionId};
use judge::record::{Record, Status, Unit, Verdict};

/// Causes, groups and names shown; the number of others is always shown as well.
const SHOWN: usize = 8;
/// Names shown of one group.
const SHOWN_NAMES: usize = 3;
/// Width of the longest bar.
const BAR: usize = 30;

/// How much of each list is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truncate<'a> {
    /// What fits on a screen.
    Screen {
        /// The command that shows all of it.
        all: &'a str,
    },
    /// All of it.
    Nothing,
}

/// The kinds of answers to a check, as they stand in a bar.
pub(crate) const ANSWERS: [Status; 4] = [
    Status::Pass,
    Status::Fail,
    Status::Inconclusive,
    Status::Skipped,
];

/// A line about the class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// The submission with whose id it begins.
    pub(crate) id: Option<SubmissionId>,
    /// What follows. May hold text of a submission: escape it.
    pub(crate) words: String,
}

impl Line {
    fn about(id: &SubmissionId, words: impl Into<String>) -> Self {
        Self {
            id: Some(id.clone()),
            words: words.into(),
        }
    }
}

impl From<&String> for Line {
    fn from(words: &String) -> Self {
        Self {
            id: None,
            words: words.clone(),
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(id) = &self.id {
            write!(f, "{id}")?;
        }
        write!(f, "{}", self.words)
    }
}

/// The summary of a class.
#[derive(Debug, Default)]
pub struct Summary {
    exercise: String,
    verdicts: [usize; 3],
    points: BTreeMap<u32, usize>,
    possible: u32,
    causes: Causes,
    copies: BTreeMap<Digest, Vec<SubmissionId>>,
    fingerprints: BTreeMap<Digest, Vec<SubmissionId>>,
    not_graded: Vec<(SubmissionId, String)>,
    sample: Sample,
    answers: BTreeMap<CheckId, [usize; ANSWERS.len()]>,
    rounds: u32,
    unit: Option<Unit>,
    /// How many submissions there will be, if that is known.
    pub class: Option<usize>,
    /// What was found and is no submission, and why.
    pub ignored: Vec<(String, String)>,
    /// Whose ids have a digest, because names are nearly the same or too long: a sentence each.
    pub told_apart: Vec<String>,
    /// The students who handed in several times or late, or have a name that an id cannot spell: each
    /// attempt, and whether it was late; the last one counts.
    pub attempts: Vec<(SubmissionId, Vec<(String, bool)>)>,
    /// Who handed in work on other exercises, and nothing for this one.
    pub without: Vec<SubmissionId>,
    /// Who is on the list of the class and has no submission.
    pub absent: Vec<String>,
    /// The submissions of nobody on the list of the class.
    pub unlisted: Vec<SubmissionId>,
    /// Whose submissions are not certain, by the list of the class: a sentence each.
    pub doubtful: Vec<String>,
    /// Who works together: the groups and people of each submission. The same source of these is no news.
    pub together: BTreeMap<SubmissionId, BTreeSet<String>>,
    /// Which grades changed.
    pub changes: Vec<Change>,
}

impl Summary {
    /// The summary of nobody yet, for an exercise.
    #[must_use]
    pub fn of(exercise: &str) -> Self {
        Self {
            exercise: exercise.to_owned(),
            ..Self::default()
        }
    }

    /// Add one record, and the fingerprint of its source if that is known.
    pub fn add(&mut self, record: &Record, fingerprint: Option<Digest>) {
        let id = &record.submission.id;
        record.exercise.as_str().clone_into(&mut self.exercise);
        let is_graded = record.verdict != Verdict::NotGraded;
        self.sample.add(id, is_graded);
        self.verdicts[record.verdict as usize] += 1;
        for check in &record.checks {
            let answers = self.answers.entry(check.id).or_default();
            if let Some(at) = ANSWERS.iter().position(|kind| *kind == check.status) {
                answers[at] += 1;
            }
        }
        for run in &record.runs {
            let rounds = run.concurrency.map_or(0, |run| run.rounds);
            self.rounds = self.rounds.max(rounds);
            self.unit = self.unit.or(run.unit);
        }
        if let Some(score) = record.score {
            *self.points.entry(score.earned).or_default() += 1;
            self.possible = self.possible.max(score.possible);
        }
        if !is_graded {
            let why = reason(record).unwrap_or_default();
            self.not_graded.push((id.clone(), why));
        }
        let failed = record
            .checks
            .iter()
            .find(|check| check.status == Status::Fail);
        if let Some(check) = failed {
            self.causes
                .add(&format!("{}: {}", check.id, check.message), id);
        }
        if let Some(fingerprint) = fingerprint {
            self.fingerprints
                .entry(fingerprint)
                .or_default()
                .push(id.clone());
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

    /// The submissions that were not graded, and why, a line each.
    #[must_use]
    pub fn not_graded(&self) -> Vec<String> {
        let lines = self.not_graded.iter();
        lines
            .map(|(id, why)| escape_line(&format!("{id}: {why}")))
            .collect()
    }

    /// For each check that any record has, how many submissions have each kind of answer.
    pub(crate) const fn answers(&self) -> &BTreeMap<CheckId, [usize; ANSWERS.len()]> {
        &self.answers
    }

    /// The checks that any record has, in order.
    pub fn checks(&self) -> impl Iterator<Item = CheckId> {
        self.answers.keys().copied()
    }

    /// The most rounds that the reads of a submission took, and at least one.
    pub(crate) fn rounds(&self) -> u32 {
        self.rounds.max(1)
    }

    /// The unit of their time.
    pub(crate) const fn unit(&self) -> Option<Unit> {
        self.unit
    }

    /// The submissions that are shown one by one.
    pub(crate) fn shown(&self) -> Shown {
        self.sample.shown()
    }

    /// How many submissions have so many points, and how many points they could have.
    pub(crate) const fn points(&self) -> (&BTreeMap<u32, usize>, u32) {
        (&self.points, self.possible)
    }

    /// Why submissions fail, with the submissions, the most frequent cause first.
    pub(crate) fn causes(&self) -> Vec<(String, &[SubmissionId])> {
        self.causes.by_number()
    }

    /// The submissions that were not graded, and why. May hold text of a submission: escape it.
    pub(crate) fn not_graded_with_reasons(&self) -> &[(SubmissionId, String)] {
        &self.not_graded
    }

    /// The groups of submissions with the same source, and in which sense it is the same.
    pub(crate) fn alike(&self) -> Vec<(&'static str, Vec<SubmissionId>)> {
        let same = |groups: &BTreeMap<Digest, Vec<SubmissionId>>| -> Vec<Vec<SubmissionId>> {
            let mut groups: Vec<_> = groups
                .values()
                .filter(|ids| ids.len() > 1 && !self.is_one_team(ids))
                .cloned()
                .collect();
            groups.sort();
            groups
        };
        let copies = same(&self.copies);
        let alike = same(&self.fingerprints);
        // Both are sorted, and there may be many.
        let is_copy = |ids: &Vec<SubmissionId>| copies.binary_search(ids).is_ok();
        let alike = alike.into_iter().filter(|ids| !is_copy(ids));
        let alike = alike.map(|ids| ("but for names of files, comments and layout", ids));
        let alike: Vec<_> = alike.collect();
        let copies = copies.into_iter().map(|ids| ("every byte", ids));
        copies.chain(alike).collect()
    }

    /// Whether all of these are of one group, or of one person.
    fn is_one_team(&self, ids: &[SubmissionId]) -> bool {
        let is_in = |team: &String, id| {
            self.together
                .get(id)
                .is_some_and(|teams| teams.contains(team))
        };
        let teams = ids.first().and_then(|id| self.together.get(id));
        let mut teams = teams.into_iter().flatten();
        teams.any(|team| ids.iter().all(|id| is_in(team, id)))
    }

    /// What else is known of the class: a headline, and a line for each.
    pub(crate) fn further(&self) -> [(&'static str, Vec<Line>); 10] {
        let (several, once): (Vec<_>, Vec<_>) =
            self.attempts.iter().partition(|(_, all)| all.len() > 1);
        let several = several
            .iter()
            .map(|(id, all)| Line::about(id, attempts(all)));
        let late = once
            .iter()
            .filter(|(_, all)| all.iter().any(|(_, is_late)| *is_late));
        let foreign = self
            .attempts
            .iter()
            .filter_map(|(id, all)| all.last().map(|(name, _)| (id, name)))
            .filter(|(_, name)| !SubmissionId::can_spell(name));
        let ignored = self.ignored.iter();
        let changes = self.changes.iter();
        let lines = |words: &[String]| words.iter().map(Line::from).collect();
        [
            (
                "What changed since the grades were accepted",
                changes
                    .map(|change| Line::about(&change.id, change.words()))
                    .collect(),
            ),
            ("Handed in several times", several.collect()),
            (
                "Handed in late",
                late.map(|(id, _)| Line::about(id, "")).collect(),
            ),
            (
                "Names that an id cannot spell",
                foreign
                    .map(|(id, name)| Line::about(id, format!(": {name}")))
                    .collect(),
            ),
            ("Told apart by a digest", lines(&self.told_apart)),
            (
                "Handed in nothing for this exercise",
                self.without.iter().map(|id| Line::about(id, "")).collect(),
            ),
            (
                "On the list of the class, without a submission",
                lines(&self.absent),
            ),
            (
                "Submissions of nobody on the list of the class",
                self.unlisted.iter().map(|id| Line::about(id, "")).collect(),
            ),
            (
                "Not certain by the list of the class",
                lines(&self.doubtful),
            ),
            (
                "Ignored",
                ignored
                    .map(|(name, why)| Line::from(&format!("{name} {why}")))
                    .collect(),
            ),
        ]
    }

    /// The summary for a person.
    #[must_use]
    pub fn human(&self, truncate: Truncate<'_>) -> String {
        let mut text = String::new();
        self.headline(&mut text);
        self.write_points(&mut text);
        self.write_causes(&mut text, truncate);
        self.write_alike(&mut text, truncate);
        let not_graded = self
            .not_graded
            .iter()
            .map(|(id, why)| format!("{id}: {why}"));
        section(
            &mut text,
            "Not graded, through no fault of theirs",
            not_graded,
            truncate,
        );
        for (headline, lines) in self.further() {
            let lines = lines.iter().map(ToString::to_string);
            section(&mut text, headline, lines, truncate);
        }
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
        let total = self.total();
        let noun = |count| match count {
            1 => "submission",
            _ => "submissions",
        };
        let count = match self.class {
            Some(class) if class > total => {
                format!("{OPEN}{total} of {class}{OPEN:#} {} so far", noun(class))
            }
            _ => format!("{total} {}", noun(total)),
        };
        let parts: Vec<String> = std::iter::once(count).chain(parts).collect();
        let exercise = if self.exercise.is_empty() {
            "batch"
        } else {
            &self.exercise
        };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{BOLD}{exercise}{BOLD:#}: {}", parts.join(", "));
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

    fn write_causes(&self, text: &mut String, truncate: Truncate<'_>) {
        let lines = self
            .causes
            .by_number()
            .into_iter()
            .map(|(cause, ids)| format!("{:>4}  {cause} ({})", ids.len(), names(ids)));
        section(text, "What fails first, and how often", lines, truncate);
    }

    fn write_alike(&self, text: &mut String, truncate: Truncate<'_>) {
        let lines = self.alike().into_iter();
        let lines: Vec<_> = lines
            .map(|(how, ids)| format!("{how}: {}", names(&ids)))
            .collect();
        section(text, "The same source", lines.into_iter(), truncate);
    }
}

/// All attempts of one student, as they stand behind the id.
fn attempts(all: &[(String, bool)]) -> String {
    let mut names = all.iter().map(|(name, is_late)| {
        let mark = if *is_late { " (late)" } else { "" };
        format!("{name}{mark}")
    });
    let last = names.next_back().unwrap_or_default();
    let others: Vec<String> = names.collect();
    format!(": {last} counts; also {}", others.join(", "))
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
    truncate: Truncate<'_>,
) {
    let total = lines.len();
    if total == 0 {
        return;
    }
    // The note about one more line would be a line as well.
    let (shown, all) = match truncate {
        Truncate::Screen { all } if total > SHOWN + 1 => (SHOWN, all),
        _ => (total, ""),
    };
    let _ = writeln!(text, "\n{BOLD}{headline}{BOLD:#}");
    let options = lines_of(WIDTH)
        .initial_indent("  ")
        .subsequent_indent("      ");
    for line in lines.take(shown) {
        let lines = textwrap::fill(&escape_line(&line), &options);
        let _ = writeln!(text, "{}", defuse_ci_command(&lines));
    }
    if total > shown {
        let more = total - shown;
        // Not wrapped: it is there to be copied.
        let _ = writeln!(text, "  {DIM}and {more} more: `{all}` shows all{DIM:#}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCREEN: Truncate<'_> = Truncate::Screen {
        all: "grade report 'my class-grades'",
    };

    #[test]
    fn a_batch_under_way_says_how_far_it_is() {
        let summary = Summary {
            verdicts: [2, 1, 0],
            class: Some(8),
            ..Summary::default()
        };
        let text = anstream::adapter::strip_str(&summary.human(SCREEN)).to_string();
        assert!(
            text.contains("3 of 8 submissions so far, 2 passed"),
            "{text}"
        );
    }

    #[test]
    fn all_attempts_are_named_and_the_late_ones_marked() {
        let attempts = vec![
            (
                "ada".parse().unwrap(),
                vec![("a.zip".into(), false), ("b.zip".into(), true)],
            ),
            ("bob".parse().unwrap(), vec![("c.zip".into(), true)]),
            ("Zo_".parse().unwrap(), vec![("Zoë.zip".into(), false)]),
        ];
        let summary = Summary {
            attempts,
            ..Summary::default()
        };
        let text = summary.human(SCREEN);
        assert!(
            text.contains("ada: b.zip (late) counts; also a.zip"),
            "{text}"
        );
        let plain = anstream::adapter::strip_str(&text).to_string();
        assert!(plain.contains("Handed in late\n  bob\n\n"), "{text}");
        assert!(
            plain.ends_with("Names that an id cannot spell\n  Zo_: Zoë.zip\n"),
            "{text}"
        );
    }

    #[test]
    fn the_same_source_of_one_group_is_no_news() {
        let ids = ["ann", "bo", "cy"].map(|id| id.parse().unwrap());
        let teams = |teams: &[&str]| teams.iter().map(|team| (*team).to_owned()).collect();
        let mut summary = Summary {
            copies: [(Digest::of(b"x"), ids[..2].to_vec())].into(),
            together: [
                (ids[0].clone(), teams(&["red", "p"])),
                (ids[1].clone(), teams(&["red"])),
            ]
            .into(),
            ..Summary::default()
        };
        assert_eq!(summary.alike(), []);
        // Somebody else has it as well.
        summary.copies = [(Digest::of(b"x"), ids.to_vec())].into();
        assert_eq!(summary.alike().len(), 1);
        summary
            .together
            .insert(ids[2].clone(), teams(&["p", "blue"]));
        assert_eq!(summary.alike().len(), 1);
        summary.together.insert(ids[2].clone(), teams(&["red"]));
        assert_eq!(summary.alike(), []);
    }

    #[test]
    fn long_lists_are_cut_and_say_so() {
        let ignored = (0..20).map(|n| (format!("{n:02}.txt"), "is junk".to_owned()));
        let summary = Summary {
            ignored: ignored.collect(),
            ..Summary::default()
        };
        let (screen, all) = (summary.human(SCREEN), summary.human(Truncate::Nothing));
        assert!(
            screen.contains("and 12 more: `grade report 'my class-grades'` shows all")
                && !screen.contains("19.txt"),
            "{screen}"
        );
        assert!(all.contains("19.txt"), "{all}");
    }

    #[test]
    fn one_line_too_many_is_no_reason_to_cut() {
        let ignored = (0..=SHOWN).map(|n| (format!("{n:02}.txt"), "is junk".to_owned()));
        let summary = Summary {
            ignored: ignored.collect(),
            ..Summary::default()
        };
        let screen = summary.human(SCREEN);
        assert!(
            screen.contains("08.txt") && !screen.contains("more"),
            "{screen}"
        );
    }
}
