//! `order`: reads and printed lines come in the order that the exercise asks for.
//!
//! Decides by the virtual times of reads and lines. [`wording`] words the answer. A line counts as printed in time until
//! the next read of the same kind ends, or for a tenth of a second: a program that looks every few milliseconds whether
//! something has come is as right as one that is woken.

mod rules;
mod wording;

pub(super) use self::wording::examples;
use self::{rules::broken, wording::word};
use super::{
    clock::Clock,
    finding::{Details, Finding, Status, most_certain},
    multi_threaded::{diagnosis::UndecidedReason, undecided},
};
use crate::{evidence::RunEvidence, questions::OrderRule, source::Source};
use evidence::Observed;
use ids::{CheckId, words::count};

/// How a rule is broken. All times are virtual, in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Broken {
    /// A file was not read to its end.
    NotRead { file: String },
    /// No line fits.
    NoLine { file: String, line: String },
    /// When lines came is not known: more was printed than is kept, or it is no text.
    LinesUnknown,
    /// A line came after the next file had come, or long after its own.
    Late {
        file: String,
        line: String,
        came: u32,
        /// The time at which the next file came, if the line would have been in time before that.
        next: Option<u32>,
        printed: u32,
        /// The file that came at the time at which the line was printed.
        with: Option<String>,
    },
    /// All lines came after the last file had come.
    AtTheEnd { lines: usize, first: u32, last: u32 },
    /// A line came before its file had.
    Early {
        line: String,
        printed: u32,
        came: u32,
    },
    /// A line that is to come while a file is read came when it had been read.
    Waited {
        file: String,
        line: String,
        printed: u32,
        came: u32,
    },
    /// A line came without the wait that is to be before it.
    NoTimeOut {
        line: String,
        waited: u32,
        least: u32,
    },
    /// A line came during the read, but long after the wait that is to be before it.
    TimeOutTooLong {
        line: String,
        waited: u32,
        /// The time from the start of the read before which the line is to come.
        before: u32,
    },
    /// Too much is made before it is used.
    Backlog { seen: usize, most: u32, time: u32 },
    /// Files that are to be read once were never read.
    Never { file: String, files: usize },
    /// More files were being read at once than are allowed.
    TooMany { seen: usize, number: u32, time: u32 },
    /// Files were read more than once.
    Twice {
        file: String,
        times: u64,
        files: usize,
    },
}

impl Broken {
    /// Whether it could be otherwise if the observation had gone on.
    const fn needs_the_end(&self) -> bool {
        matches!(
            self,
            Self::NotRead { .. } | Self::NoLine { .. } | Self::Never { .. }
        )
    }

    /// Which of several is told, the lowest first: one that explains others goes before them, and that something is late
    /// follows from much.
    const fn rank(&self) -> u8 {
        match self {
            Self::Twice { .. } => 0,
            Self::Late { .. } | Self::AtTheEnd { .. } => 2,
            _ => 1,
        }
    }
}

pub(super) fn check(rules: &[OrderRule], runs: &[RunEvidence], source: &Source) -> Finding {
    let findings = runs.iter().map(|run| check_run(rules, run, source));
    most_certain(findings.collect())
        .unwrap_or_else(|| open("there was no run to examine".into(), Details::default()))
}

fn open(message: String, details: Details) -> Finding {
    Finding {
        status: Status::Inconclusive,
        details,
        ..Finding::pass(CheckId::Order, message)
    }
}

fn check_run(rules: &[OrderRule], run: &RunEvidence, source: &Source) -> Finding {
    let mut details = Details {
        seed: Some(run.seed),
        ..Details::default()
    };
    if let Some(Observed::Unavailable { reason }) = &run.execution.observation {
        return open(format!("not observed on this machine: {reason}"), details);
    }
    let Some(clock) = Clock::of(run) else {
        return open("its reads were not observed".into(), details);
    };
    let accesses = clock.seen.attempts.unseen;
    if accesses > 0 || !clock.is_complete() {
        return open(undecided(UndecidedReason::Unseen { accesses }), details);
    }
    let lines = clock.lines(run);
    let broken = rules
        .iter()
        .filter_map(|rule| broken(rule, &clock, lines.as_deref()));
    let capped = clock.seen.capped.map(UndecidedReason::Capped);
    let broken = match capped {
        None => broken.min_by_key(Broken::rank),
        Some(_) => broken
            .filter(|broken| !broken.needs_the_end())
            .min_by_key(Broken::rank),
    };
    match (broken, capped) {
        (None, Some(reason)) => open(undecided(reason), details),
        (None, None) => Finding {
            details,
            ..Finding::pass(CheckId::Order, passed(rules))
        },
        (Some(broken), _) => {
            let told = word(&broken, source);
            details.expected = Some(told.expected);
            details.seen = Some(told.seen);
            details.place = told.spot.map(|spot| spot.place());
            details.more.extend(told.spot.map(|spot| spot.quoted()));
            details.more.push(TIME.into());
            Finding::fail(CheckId::Order, told.message, details)
                .diagnosed(told.name)
                .hint(told.hint)
        }
    }
}

/// What a time means.
const TIME: &str =
    "all times are milliseconds of the slow disk's time, which goes on only while everything waits";

fn passed(rules: &[OrderRule]) -> String {
    match rules.len() {
        1 => "reads and lines came in the order that is asked for".into(),
        n => format!(
            "reads and lines came in the order that is asked for ({})",
            count(n, "rule")
        ),
    }
}
