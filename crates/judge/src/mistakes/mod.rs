//! Which mistake a wrong total is: what known mistakes would give on the same data, compared with what was printed.
//!
//! Hides which mistakes there are and how they are recognised. Pure: never touches a disk, a process or a clock. Never
//! changes an answer of a check, but for one: a total that is right now and wrong then is wrong.
//!
//! # Theory of operation
//!
//! A hypothesis says what a program prints that makes a certain mistake. It is told only if it says what was printed on
//! *every* dataset, those included on which the total is right, with the same parameters everywhere.
//!
//! A wrong total of a kind that nobody knows must not fit by chance. Of numbers that are as far from the right total as
//! the one that was printed, and as large, one fits a given hypothesis: on one dataset the chance is the smaller of both,
//! inverted; over all datasets the product; for a family with *n* members *n* times that. Nothing is told above one in a
//! hundred. With the three datasets of a grading and a wrong total that is off by 1000 or more, the chances are:
//!
//! | family | members | chance, at most |
//! | --- | ---: | ---: |
//! | a mistake of the exercise, each | 1 or 2 | 2 · 10⁻⁹; in 8 bits 6 · 10⁻⁸ |
//! | the answer of another dataset | 1 for each known one | 10⁻⁹ |
//! | other lines | 210 (20 lines, a product) | 2 · 10⁻⁷ |
//! | one line alone | 20 | 2 · 10⁻⁸ |
//! | all files, several times | 63 | 6 · 10⁻⁸ |
//! | one file missing, or twice | 4000 (1000 files) | 4 · 10⁻⁶ |
//! | the last files missing, such as the rest of a division | 2000 | 2 · 10⁻⁶ |
//! | the sum of one part kept or lost | 2000 divisions, any of up to 64 parts on each dataset | 10⁻² (it is computed) |
//! | the value of one file kept | any file on each dataset | 10⁻² (it is computed) |
//! | the same difference on all datasets | any | two datasets of three agree with the first |
//! | the files that were read, others missing | 1 | 10⁻⁹ |
//!
//! A program of one dataset (`--seed N`) proves less, so large families are silent there.
//!
//! Where several fit, the one with the fewest members is told; a mistake of the exercise comes before a family. The files
//! that were read come last, because nearly every way to miss files is also that.

mod data;
mod expression;
mod families;
mod family;
mod known;
mod parts;
mod proof;
#[cfg(test)]
mod tests;
mod trial;

use std::collections::BTreeMap;

pub use data::{DataFile, DataFiles};
pub use expression::{Expression, ExpressionError, Scope};
pub use family::explained;
pub use known::{Choice, Combine, Computed, Mistake, Number, Where};
pub use proof::{KnownData, unsound};

use crate::{
    check::{Finding, Status},
    evidence::RunEvidence,
};
use families::Found;
use ids::{Seed, words::count};
use trial::{Order, Trial};

/// Files that are shown for a calculation by hand.
const SHOWN_FILES: usize = 3;

/// What the total is made of, and which mistakes are known: data of an exercise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TotalSpec {
    /// The value of one file. The total is the sum of all.
    pub value: Expression,
    /// The same as it is written.
    pub value_text: String,
    /// The mistakes that are known.
    pub mistakes: Vec<Mistake>,
}

/// What is known besides the evidence.
pub struct Asked<'a> {
    /// The name of the exercise, for commands that a student types.
    pub exercise: &'a str,
    /// Its total.
    pub spec: &'a TotalSpec,
    /// The totals that are known to everybody.
    pub known: &'a [(Seed, String)],
    /// The data of each run, in the order of the runs.
    pub data: &'a [&'a DataFiles],
}

/// The last lines of all runs on the same data, the graded one first: what was printed, and how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repeated {
    /// On which data.
    pub seed: Seed,
    /// The right total.
    pub expected: String,
    /// The last line of each run; empty where there was none.
    pub answers: Vec<String>,
}

/// What a diagnosis came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome(Option<Found>);

impl Outcome {
    /// Whether further runs on the same data may tell more.
    #[must_use]
    pub fn may_be_race(&self) -> bool {
        self.0.as_ref().is_none_or(|found| found.may_be_race)
    }
}

/// Whether an answer is a wrong total that is not explained, or not exactly.
#[must_use]
pub fn is_open(finding: &Finding) -> bool {
    crate::check::is_open(finding)
}

/// Whether a run printed the right total.
#[must_use]
pub fn is_right(run: &RunEvidence) -> bool {
    crate::check::is_right(run)
}

/// Find out which mistake a wrong total is.
#[must_use]
pub fn diagnose(runs: &[RunEvidence], asked: &Asked<'_>) -> Outcome {
    let spec = asked.spec;
    let from_data = spec
        .mistakes
        .iter()
        .filter_map(|mistake| fits(mistake, runs, asked));
    let trial = Trial::new(runs, asked.data, &spec.value);
    let families = trial
        .as_ref()
        .map(|trial| families::found(trial, &spec.value, asked.known))
        .unwrap_or_default();
    // Of equals, the one in the order of names, and then the first.
    let best = from_data
        .chain(families)
        .min_by_key(|found| (found.candidates, found.is_listed));
    let last = || families::of_files_read(trial.as_ref()?);
    Outcome(best.or_else(last))
}

/// Write a diagnosis into the finding, and whether the answer changes from run to run. Without `asked`, the exercise does
/// not say what its total is made of.
pub fn tell(
    finding: &mut Finding,
    runs: &[RunEvidence],
    asked: Option<&Asked<'_>>,
    outcome: Outcome,
    repeated: &[Repeated],
) {
    let has_parts = finding.diagnosis.as_deref() == Some(crate::check::PARTS_PRINTED);
    if let Some(race) = repeated.iter().find(|repeated| repeated.differs())
        && !has_parts
    {
        tell_race(finding, race, runs);
        return;
    }
    if let (Status::Pass, Some(one)) = (finding.status, repeated.first()) {
        let times = count(one.answers.len(), "time");
        finding.message = format!("{}, each {times}", finding.message);
    }
    if !is_open(finding) {
        return;
    }
    match outcome.0 {
        Some(found) => {
            finding.message = format!("{}: {}", finding.message, found.says);
            finding.diagnosis = Some(found.id);
            finding.hint = Some(found.advice);
        }
        None => {
            if let Some(asked) = asked.filter(|_| finding.diagnosis.is_none()) {
                tell_unknown(finding, runs, asked);
            }
        }
    }
}

/// Whether all runs printed what a mistake of the exercise gives.
fn fits(mistake: &Mistake, runs: &[RunEvidence], asked: &Asked<'_>) -> Option<Found> {
    let printed: Option<Vec<String>> = runs
        .iter()
        .map(|run| crate::check::number(run.execution.stdout.last_line()?))
        .collect();
    let printed = printed?;
    let totals = asked
        .data
        .iter()
        .map(|data| mistake.totals(&asked.spec.value, data));
    let totals: Vec<_> = totals.collect();
    let ways = totals.iter().map(Vec::len).min()?;
    let way = (0..ways).find(|&way| {
        let says = totals.iter().map(|totals| &totals[way]);
        says.eq(&printed)
    })?;
    if !is_proof(runs, &printed, ways, mistake.most_totals()) {
        return None;
    }
    let says = match ways {
        0 | 1 => mistake.says.clone(),
        _ => {
            let order = if way == 0 {
                Order::Name
            } else {
                Order::Listing
            };
            format!(
                "{} (the files in the order of {})",
                mistake.says,
                order.name()
            )
        }
    };
    let found = Found::new(&mistake.id, ways, says, mistake.advice.clone());
    Some(Found {
        is_listed: way > 0,
        ..found
    })
}

/// Whether such totals are unlikely to be printed by chance, for a hypothesis with so many ways. In a small type, a small total
/// is as likely as any other.
fn is_proof(runs: &[RunEvidence], printed: &[String], ways: usize, most: Option<u32>) -> bool {
    let scales = runs.iter().zip(printed).filter_map(|(run, printed)| {
        let (Ok(expected), Ok(answer)) = (run.expected.parse::<i128>(), printed.parse::<i128>())
        else {
            // Numbers of more than 38 digits are not alike by chance.
            return Some(f64::MAX);
        };
        trial::scale(answer, expected).map(|scale| most.map_or(scale, f64::from))
    });
    trial::is_unlikely(scales, ways, 1)
}

impl Repeated {
    /// Whether not all runs printed the same.
    #[must_use]
    pub fn differs(&self) -> bool {
        self.answers.windows(2).any(|pair| pair[0] != pair[1])
    }

    /// What was printed, and how often: the most frequent first.
    fn counted(&self) -> Vec<(&str, usize)> {
        let mut counts = BTreeMap::new();
        for answer in &self.answers {
            *counts.entry(answer.as_str()).or_insert(0) += 1;
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by_key(|(_, times)| std::cmp::Reverse(*times));
        counts
    }
}

fn tell_race(finding: &mut Finding, race: &Repeated, runs: &[RunEvidence]) {
    let of = race.answers.len();
    let right = race
        .answers
        .iter()
        .filter(|answer| **answer == race.expected);
    let counted = race.counted();
    let named = |(answer, times): &(&str, usize)| {
        let answer = crate::check::shortened(answer, 40);
        let answer = match answer.as_str() {
            "" => "nothing".to_owned(),
            number if crate::check::number(number).is_some() => number.to_owned(),
            text => format!("`{}`", ids::words::within_backticks(text)),
        };
        format!("{answer} came {}", count(*times, "time"))
    };
    let mut list: Vec<String> = counted.iter().take(3).map(named).collect();
    if counted.len() > 3 {
        list.push(format!("and {}", count(counted.len() - 3, "other value")));
    }
    finding.status = Status::Fail;
    finding.message = format!(
        "the total changes from run to run on the same data: right {} of {of} times; {}",
        right.count(),
        list.join(", ")
    );
    finding.details.seed = Some(race.seed);
    finding.details.expected = Some(race.expected.clone());
    if let Some(wrong) = race.answers.iter().find(|answer| **answer != race.expected) {
        finding.details.seen = Some(crate::check::shortened(wrong, 60));
    }
    let has_threads = runs.iter().any(has_threads);
    let family = if has_threads {
        &family::RACE
    } else {
        &family::UNSTEADY
    };
    finding.diagnosis = Some(family.id.into());
    finding.hint = Some(family.advice.into());
}

/// Whether a run had more than one thread, as far as it was seen.
fn has_threads(run: &RunEvidence) -> bool {
    match &run.execution.observation {
        Some(evidence::Observed::Seen(seen)) => seen.threads_created > 0,
        Some(evidence::Observed::Unavailable { .. }) => true,
        None => false,
    }
}

/// Whether any run had more than one thread, as far as it was seen.
#[must_use]
pub fn have_threads(runs: &[RunEvidence]) -> bool {
    runs.iter().any(has_threads)
}

/// Say that no mistake fits, and how to find it: the first files, computed by hand.
fn tell_unknown(finding: &mut Finding, runs: &[RunEvidence], asked: &Asked<'_>) {
    let wrong = runs.iter().zip(asked.data).find_map(|(run, data)| {
        let printed = crate::check::number(run.execution.stdout.last_line()?)?;
        let (answer, expected) = (printed.parse::<i128>().ok()?, run.expected.parse().ok()?);
        (answer != expected).then_some((run.seed, answer, expected, *data))
    });
    let Some((seed, answer, expected, data)) = wrong else {
        return;
    };
    let which = if answer > expected { "large" } else { "small" };
    finding.message = format!(
        "{}: too {which} by {} on seed {seed}",
        finding.message,
        answer.abs_diff(expected)
    );
    finding.diagnosis = Some("unknown".into());
    let known = asked.spec.mistakes.len() + family::OF_TOTALS.len();
    finding.hint = Some(format!(
        "this fits none of the {known} mistakes that are known here. Compare by hand: `grade data {} DIR --seed {seed}` \
         writes these files into DIR; let your program print the value of each file, and look at the first ones",
        asked.exercise
    ));
    finding.details.more.extend(
        data.files()
            .iter()
            .take(SHOWN_FILES)
            .filter_map(|file| by_hand(file, asked.spec)),
    );
}

/// The calculation for one file.
fn by_hand(file: &DataFile, spec: &TotalSpec) -> Option<String> {
    let value = spec.value.of_file(file)?;
    let lines = spec.value.lines().into_iter().filter_map(|line| {
        let number = file.line(line)?;
        Some(format!("line {line} is {number}"))
    });
    let lines: Vec<_> = lines.collect();
    Some(format!(
        "`{}`: {}; {} is {value}",
        file.name,
        lines.join(", "),
        spec.value_text
    ))
}
