//! What a hypothesis is held against: on each dataset the total that was printed, the right one, and the values of the
//! files in each order in which a program may take them.
//!
//! Computes how likely a hypothesis fits by chance. Never words anything.

use std::ops::Range;

use super::{data::DataFiles, expression::Expression};
use crate::{check, evidence::RunEvidence};

/// A hypothesis is not told if a wrong total of no known kind fits it with a larger chance than this.
const LARGEST_CHANCE: f64 = 0.01;

/// All runs of a submission that printed a number.
pub(super) struct Trial<'a> {
    pub(super) runs: Vec<TrialRun<'a>>,
}

/// One run.
pub(super) struct TrialRun<'a> {
    pub(super) answer: i128,
    pub(super) expected: i128,
    pub(super) data: &'a DataFiles,
    /// The names of the files that were not read.
    pub(super) unread: &'a [String],
    by_name: Ordered,
    by_listing: Option<Ordered>,
}

/// In which order a program takes the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Name,
    Listing,
}

/// The right value of each file, in one order.
pub(super) struct Ordered {
    pub(super) values: Vec<i128>,
    /// The sum of all values before each place.
    before: Vec<i128>,
}

impl Ordered {
    fn new(values: Vec<i128>) -> Option<Self> {
        let mut sum = 0_i128;
        let mut before = vec![sum];
        for value in &values {
            sum = sum.checked_add(*value)?;
            before.push(sum);
        }
        Some(Self { values, before })
    }

    /// The sum of the values at these places.
    pub(super) fn sum(&self, places: Range<usize>) -> i128 {
        self.before[places.end] - self.before[places.start]
    }
}

impl<'a> Trial<'a> {
    /// `None` if not every run printed a number, or if the right total is no sum of what `right` says: nothing can be
    /// compared then.
    pub(super) fn new(
        runs: &'a [RunEvidence],
        data: &[&'a DataFiles],
        right: &Expression,
    ) -> Option<Self> {
        let runs: Option<Vec<_>> = runs
            .iter()
            .zip(data)
            .map(|(run, data)| TrialRun::new(run, data, right))
            .collect();
        runs.filter(|runs| !runs.is_empty())
            .map(|runs| Self { runs })
    }

    /// Whether all runs printed what a hypothesis says.
    pub(super) fn all(&self, mut says: impl FnMut(&TrialRun<'_>) -> Option<i128>) -> bool {
        self.runs.iter().all(|run| says(run) == Some(run.answer))
    }

    /// Whether every file was read on every dataset, so that it is not known from there what is missing.
    pub(super) fn is_all_read(&self) -> bool {
        self.runs.iter().all(|run| run.unread.is_empty())
    }

    /// Whether a hypothesis with so many parameters, the same on all datasets, is unlikely to fit by chance.
    pub(super) fn is_proof(&self, candidates: usize) -> bool {
        self.is_proof_of(candidates, 1)
    }

    /// The same where besides one of `choices` is free on each dataset.
    pub(super) fn is_proof_of(&self, candidates: usize, choices: usize) -> bool {
        let scales = self
            .runs
            .iter()
            .filter_map(|run| scale(run.answer, run.expected));
        is_unlikely(scales, candidates, choices)
    }
}

impl<'a> TrialRun<'a> {
    fn new(run: &'a RunEvidence, data: &'a DataFiles, right: &Expression) -> Option<Self> {
        let number = |text: &str| check::number(text)?.parse().ok();
        let values: Option<Vec<i128>> = data
            .files()
            .iter()
            .map(|file| right.of_file(file))
            .collect();
        let values = values?;
        let listed = data.listing();
        let listed = listed.map(|places| places.iter().map(|&place| values[place]).collect());
        let expected = number(&run.expected)?;
        let by_name = Ordered::new(values)?;
        (by_name.sum(0..by_name.values.len()) == expected).then_some(Self {
            answer: run.execution.stdout.last_line().and_then(number)?,
            expected,
            data,
            unread: &run.files.unread,
            by_name,
            by_listing: listed.and_then(Ordered::new),
        })
    }

    /// The values in one order, if it is known.
    pub(super) fn ordered(&self, order: Order) -> Option<&Ordered> {
        match order {
            Order::Name => Some(&self.by_name),
            Order::Listing => self.by_listing.as_ref(),
        }
    }

    pub(super) fn files(&self) -> usize {
        self.by_name.values.len()
    }
}

/// Of how many numbers a total is one: of those that are as far from the right one, and as large. `None` where it is
/// right, which proves nothing.
pub(super) fn scale(answer: i128, expected: i128) -> Option<f64> {
    let distance = answer.abs_diff(expected);
    #[expect(clippy::cast_precision_loss, reason = "a chance is not exact")]
    let scale = distance.min(answer.unsigned_abs()).max(1) as f64;
    (distance > 0).then_some(scale)
}

/// Whether it is unlikely that totals of these scales fit by chance one of so many hypotheses, each of which leaves a
/// choice on each dataset.
pub(super) fn is_unlikely(
    scales: impl Iterator<Item = f64>,
    candidates: usize,
    choices: usize,
) -> bool {
    #[expect(clippy::cast_precision_loss, reason = "a chance is not exact")]
    let (candidates, choices) = (candidates as f64, choices as f64);
    let chance = scales.fold(candidates, |chance, scale| {
        chance * (choices / scale).min(1.0)
    });
    chance <= LARGEST_CHANCE
}
