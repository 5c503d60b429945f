//! `overlap`: slow reads or requests wait at the same time, as far as the exercise asks for it.
//!
//! Decides by the times at which files were read, in the milliseconds of the slow disk. [`wording`] words the answer; why
//! a program never has two reads in flight is found by the diagnosis of `multi-threaded`.

mod wording;

pub(super) use self::wording::examples;
use self::wording::{Words, word};
use super::{
    clock::Clock,
    finding::{Details, Finding, Status, most_certain},
    multi_threaded::{
        diagnosis::{Cause, UndecidedReason, one_at_a_time},
        undecided,
    },
};
use crate::{
    evidence::RunEvidence,
    questions::{AtOnce, Overlap},
    source::Source,
};
use evidence::{Observation, ObservationLimit, Observed};
use ids::{CheckId, FilePattern};
use std::time::Duration;

/// What a program's reads lack.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Lacks {
    /// No two reads are ever in flight at the same time.
    Alone(Cause),
    /// The program ended while reads were in flight, and without these no two, or fewer than asked for, were.
    EndsTooEarly { reads: u32 },
    /// Reads are in flight at the same time, and all are of the same file.
    SameFile,
    /// One file is read, and nothing else.
    OneFile,
    /// Several threads never read at once, and `main` is one of them.
    MainReads,
    /// Fewer reads are in flight at once than asked for.
    AtOnce { most: u32, asked: u32 },
    /// All are in flight at once, but not until they have come: most of the time, fewer are.
    InPart { whole: u64, longest: u64, sum: u64 },
    /// On average, fewer reads are in flight than asked for.
    Mean { seen: f64, asked: f64 },
    /// No read of one kind is in flight beside one of another kind.
    Between {
        first: FilePattern,
        second: FilePattern,
    },
}

pub(super) fn check(asked: &Overlap, runs: &[RunEvidence], source: &Source) -> Finding {
    let findings = runs.iter().map(|run| check_run(asked, run, source));
    most_certain(findings.collect())
        .unwrap_or_else(|| open("there was no run to examine".into(), Details::default()))
}

fn open(message: String, details: Details) -> Finding {
    Finding {
        status: Status::Inconclusive,
        details,
        ..Finding::pass(CheckId::Overlap, message)
    }
}

fn check_run(asked: &Overlap, run: &RunEvidence, source: &Source) -> Finding {
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
    let words = Words::of(run, &clock);
    details.expected = Some(words.asked(asked, &clock));
    details.seen = Some(words.seen(&clock));
    let lacks = match lacks(asked, &clock) {
        // What was read lies on the disk; that one thread reads it says nothing about requests.
        Some(Lacks::Alone(_) | Lacks::OneFile)
            if words.are_of_requests() && asked_for_nothing(run, clock.seen) =>
        {
            let cut_off = clock.seen.cut_off;
            Some(Lacks::Alone(Cause::NothingRead { opened: 0, cut_off }))
        }
        lacks => lacks,
    };
    if let Some(reason) = doubt(&clock, lacks.as_ref(), asked) {
        let lacks = held_up(run, clock.seen, reason, lacks.as_ref());
        let Some(lacks) = lacks else {
            return open(undecided(reason), details);
        };
        return failed(&lacks, &words, source, details);
    }
    match lacks {
        Some(lacks) => failed(&lacks, &words, source, details),
        None => Finding {
            details,
            ..Finding::pass(CheckId::Overlap, words.passed(&clock))
        },
    }
}

/// Whether no answer of the server came: the observer saw no more files than the disk did.
fn asked_for_nothing(run: &RunEvidence, seen: &Observation) -> bool {
    seen.files_read as usize <= run.files.read
}

fn failed(lacks: &Lacks, words: &Words, source: &Source, mut details: Details) -> Finding {
    let told = word(lacks, words, source);
    details.place = told.spot.map(|spot| spot.place());
    details.more.extend(told.spot.map(|spot| spot.quoted()));
    Finding::fail(CheckId::Overlap, told.message, details)
        .diagnosed(told.name)
        .hint(told.hint)
}

/// The number of reads that are to be in flight at once.
fn wanted(asked: AtOnce, clock: &Clock<'_>) -> u32 {
    match asked {
        AtOnce::All => u32::try_from(clock.slow_files().len()).unwrap_or(u32::MAX),
        AtOnce::Number(number) => number,
    }
}

/// What the reads lack, the plainest first.
fn lacks(asked: &Overlap, clock: &Clock<'_>) -> Option<Lacks> {
    let (most, _) = clock.most_at_once();
    let at_once = asked.at_once.map(|at_once| wanted(at_once, clock));
    let few = at_once.filter(|&at_once| most < at_once);
    let mean = asked
        .effective
        .filter(|&least| clock.seen.concurrency.effective < least);
    let between = asked.between.as_ref();
    let between = between.filter(|[first, second]| !clock.overlap(first, second));
    if most < 2 && (few.is_some() || mean.is_some() || between.is_some()) {
        return Some(alone(clock));
    }
    if let Some(asked) = few {
        // When a read that was cut off began is not known. It may have waited beside all others, but not to its end.
        let reads = clock.seen.cut_off;
        if clock.seen.capped.is_none() && reads > 0 && most.saturating_add(reads) >= asked {
            return Some(Lacks::EndsTooEarly { reads });
        }
        return Some(Lacks::AtOnce { most, asked });
    }
    if asked.at_once == Some(AtOnce::All)
        && let Some(lacks) = in_part(clock)
    {
        return Some(lacks);
    }
    if let Some([first, second]) = between {
        let (first, second) = (first.clone(), second.clone());
        return Some(Lacks::Between { first, second });
    }
    let seen = clock.seen.concurrency.effective;
    mean.map(|asked| Lacks::Mean { seen, asked })
}

/// Why no two files are in flight at once.
fn alone(clock: &Clock<'_>) -> Lacks {
    let seen = clock.seen;
    let slow = clock.slow_files();
    let reads_slow = || slow.iter().any(|&file| clock.span(file).is_some());
    let main_reads = || seen.threads.iter().any(|one| one.is_first && one.files > 0);
    match one_at_a_time(seen) {
        // The program ended at once. Whether its threads had begun to read by then is chance.
        cause @ Cause::NothingRead { .. } if seen.time == 0 => Lacks::Alone(cause),
        _ if seen.capped.is_none() && seen.cut_off > 0 => Lacks::EndsTooEarly {
            reads: seen.cut_off,
        },
        _ if seen.concurrency.held_max > 1 && !clock.any_two_at_once() => Lacks::SameFile,
        _ if seen.capped.is_none() && seen.files_read == 1 && reads_slow() => Lacks::OneFile,
        Cause::Serialised { .. } if main_reads() => Lacks::MainReads,
        cause => Lacks::Alone(cause),
    }
}

/// All reads are in flight at some time. If they stay so, they take as long as the longest of them; if each is only begun
/// then, they take as long as all of them, one after the other.
fn in_part(clock: &Clock<'_>) -> Option<Lacks> {
    let slow = clock.slow_files();
    let files = || slow.iter().copied();
    // A file that is read again later, as its first read was thrown away, takes until then.
    let spans = || files().filter_map(|file| clock.whole_span(file));
    let start = spans().map(|span| span.start).min()?;
    let end = spans().map(|span| span.end).max()?;
    let latencies = || files().map(|file| u64::from(clock.latency(file)));
    let (sum, longest) = (latencies().sum::<u64>(), latencies().max()?);
    let whole = u64::from(end.saturating_sub(start));
    // Some may start a little later, so a quarter of the rest is given.
    (whole > longest + (sum - longest) / 4).then_some(Lacks::InPart {
        whole,
        longest,
        sum,
    })
}

/// Why the observation does not suffice for this answer, if it does not. What was in flight at once, or beside another
/// kind, has been seen; no later time takes it back.
fn doubt(clock: &Clock<'_>, lacks: Option<&Lacks>, asked: &Overlap) -> Option<UndecidedReason> {
    let accesses = clock.seen.attempts.unseen;
    if accesses > 0 {
        return Some(UndecidedReason::Unseen { accesses });
    }
    let is_lasting = lacks.is_none() && asked.effective.is_none();
    let cap = clock.seen.capped.filter(|_| !is_lasting);
    cap.map(UndecidedReason::Capped)
}

/// A program that held itself up: it had one read in flight at a time until the observation ended at a limit on real
/// time, and its own threads slept or computed in most of that time.
fn held_up(
    run: &RunEvidence,
    seen: &Observation,
    reason: UndecidedReason,
    lacks: Option<&Lacks>,
) -> Option<Lacks> {
    let UndecidedReason::Capped(cap) = reason else {
        return None;
    };
    let (ObservationLimit::NotQuiescent { limit_ms }
    | ObservationLimit::BusyThreads { limit_ms }
    | ObservationLimit::HeldTooLong { limit_ms }) = cap
    else {
        return None;
    };
    let usage = &run.execution.usage;
    let own = usage.user + usage.system + Duration::from_millis(seen.slept_ms);
    let is_own = own >= Duration::from_millis(limit_ms) / 2 && seen.held_at_cap < 2;
    let is_alone = matches!(lacks, Some(Lacks::Alone(_)));
    (is_own && is_alone).then_some(Lacks::Alone(Cause::HeldUp { own, cap }))
}
