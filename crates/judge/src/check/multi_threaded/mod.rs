//! `multi-threaded`: the reads overlapped, by at least two threads of one process.
//!
//! [`diagnosis`] decides the kind of the program, and [`wording`] words it. Each cause has its own message and
//! hint, because each needs another correction.

pub(super) mod diagnosis;
mod examples;
mod wording;

use self::diagnosis::{Cause, Diagnosis, MIN_MEAN_IN_FLIGHT, UndecidedReason, diagnose};
pub(super) use self::{
    examples::examples,
    wording::{Told, explain},
};
use super::{
    finding::{Details, Finding, Status, most_certain},
    words::count,
};
use crate::{evidence::RunEvidence, source::Source};
use evidence::{Concurrency, Observation, ObservationLimit, Observed};
use ids::CheckId;

pub(super) fn check(runs: &[RunEvidence], source: &Source) -> Finding {
    let findings = runs.iter().filter_map(|run| check_run(run, source));
    most_certain(findings.collect()).unwrap_or_else(|| {
        inconclusive(
            "there was no observed run to examine".into(),
            Details::default(),
        )
    })
}

/// The finding of one run; `None` if its reads were not to be observed.
fn check_run(run: &RunEvidence, source: &Source) -> Option<Finding> {
    match run.execution.observation.as_ref()? {
        Observed::Seen(observation) => Some(check_observed(run, observation, source)),
        Observed::Unavailable { reason } => Some(inconclusive(
            format!("not observed on this machine: {reason}"),
            Details::default(),
        )),
    }
}

fn check_observed(run: &RunEvidence, observation: &Observation, source: &Source) -> Finding {
    let mut details = Details {
        seed: Some(run.seed),
        expected: Some(expected(run.reference_concurrency)),
        seen: Some(numbers(&observation.concurrency)),
        more: serial_stretch(observation).into_iter().collect(),
        ..Details::default()
    };
    let files = u32::try_from(run.files.expected).unwrap_or(u32::MAX);
    let usage = &run.execution.usage;
    match diagnose(observation, files, usage.user + usage.system) {
        Diagnosis::Parallel { effective, threads } => Finding {
            details,
            ..Finding::pass(
                CheckId::MultiThreaded,
                format!(
                    "files were read at the same time: {effective:.2} on average, {} at most, by {}{}",
                    observation.concurrency.held_max,
                    count(threads as usize, "thread"),
                    beside(run.reference_concurrency)
                ),
            )
        },
        Diagnosis::Undecided(reason) => inconclusive(undecided(reason), details),
        Diagnosis::Not(cause) => {
            let told = explain(cause, source);
            details.place = told.spot.map(|spot| spot.place());
            let look = told.spot.map(|spot| spot.quoted());
            details.more.splice(0..0, look);
            if let Cause::TooFew { read, of } = cause {
                details.expected = Some(format!("all {} read", count(of as usize, "file")));
                details.seen = Some(format!("{read} read"));
            } else {
                details.more.push(SCALE.into());
            }
            let message = if observation.files_read < files {
                told.message
                    .replace("reads all files", "reads all files that are read")
            } else {
                told.message
            };
            Finding::fail(CheckId::MultiThreaded, message, details)
                .diagnosed(told.name)
                .hint(told.hint)
        }
    }
}

/// What the numbers mean.
const SCALE: &str =
    "what the number means: 1.00 is one file after the other, 8.00 is eight files at the same time";

fn inconclusive(message: String, details: Details) -> Finding {
    Finding {
        status: Status::Inconclusive,
        details,
        ..Finding::pass(CheckId::MultiThreaded, message)
    }
}

/// The message for a run without a diagnosis.
pub(super) fn undecided(reason: UndecidedReason) -> String {
    match reason {
        UndecidedReason::Unseen { accesses } => {
            format!(
                "{} could not be attributed to a file",
                count(accesses as usize, "read")
            )
        }
        UndecidedReason::Capped(ObservationLimit::NotQuiescent { limit_ms }) => {
            format!(
                "the program did not come to rest within {limit_ms} ms, so its reads could not be counted"
            )
        }
        UndecidedReason::Capped(ObservationLimit::BusyThreads { limit_ms }) => format!(
            "threads that never rest took more than {limit_ms} ms of the time to count reads in"
        ),
        UndecidedReason::Capped(ObservationLimit::HeldTooLong { limit_ms }) => {
            format!("the reads could not be counted within {limit_ms} ms")
        }
        UndecidedReason::Capped(ObservationLimit::TooManyRounds { limit }) => {
            format!("counting was given up after {limit} rounds")
        }
    }
}

/// Where reads came one at a time, if they also came otherwise: the longest such stretch, in words.
fn serial_stretch(observation: &Observation) -> Option<String> {
    /// A stretch that is a smaller part of all reads may be the beginning, the end or chance.
    const LEAST_PART: usize = 10;
    if observation.concurrency.held_max < 2 {
        return None;
    }
    let reads = &observation.timeline;
    // They stand in the order of their ends. So one was in flight alone if it began when all before it had
    // ended, and if all after it began when it had ended.
    let (mut stretch, mut longest) = (reads.len()..reads.len(), 0..0);
    let mut next_begin = u32::MAX;
    for (at, read) in reads.iter().enumerate().rev() {
        let before = at.checked_sub(1).map_or(0, |before| reads[before].end);
        stretch = if before <= read.start && read.end <= next_begin {
            at..stretch.end
        } else {
            at..at
        };
        next_begin = next_begin.min(read.start);
        // Of stretches of equal length the first.
        if !stretch.is_empty() && stretch.len() >= longest.len() {
            longest = stretch.clone();
        }
    }
    (!longest.is_empty() && longest.len() * LEAST_PART >= reads.len()).then(|| {
        format!(
            "of {} in order, number {} to {} came one at a time",
            count(reads.len(), "read"),
            longest.start + 1,
            longest.end
        )
    })
}

fn expected(reference: Option<Concurrency>) -> String {
    let least = format!(
        "at least {MIN_MEAN_IN_FLIGHT:.2} files being read at the same time, on average, by two or more threads of one \
         process"
    );
    match reference {
        Some(reference) => format!("{least} (the reference: {:.2})", reference.effective),
        None => least,
    }
}

fn numbers(concurrency: &Concurrency) -> String {
    format!(
        "{:.2} files being read at the same time, on average; {} at most; by {}",
        concurrency.effective,
        concurrency.held_max,
        count(concurrency.threads as usize, "thread"),
    )
}

fn beside(reference: Option<Concurrency>) -> String {
    reference.map_or_else(String::new, |r| {
        format!(" (the reference: {:.2})", r.effective)
    })
}
