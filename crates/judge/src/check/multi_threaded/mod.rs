//! `multi-threaded`: the reads overlapped, by at least two threads of one process.
//!
//! [`diagnosis`] decides the kind of the program; this module words it. Each cause has its own message and
//! hint, because each needs another correction.

pub(super) mod diagnosis;

use self::diagnosis::{Cause, Diagnosis, MIN_MEAN_IN_FLIGHT, UndecidedReason, diagnose};
use super::{
    finding::{Details, Finding, Status},
    words::count,
};
use crate::evidence::RunEvidence;
use evidence::{Concurrency, Observation, ObservationLimit, Observed};
use ids::CheckId;

pub(super) fn check(runs: &[RunEvidence]) -> Finding {
    let findings: Vec<Finding> = runs.iter().filter_map(check_run).collect();
    // Certain answers go before uncertain ones, and the first run before later ones.
    for status in [Status::Fail, Status::Inconclusive, Status::Pass] {
        if let Some(finding) = findings.iter().find(|finding| finding.status == status) {
            return finding.clone();
        }
    }
    inconclusive(
        "there was no observed run to examine".into(),
        Details::default(),
    )
}

/// The finding of one run; `None` if its reads were not to be observed.
fn check_run(run: &RunEvidence) -> Option<Finding> {
    match run.execution.observation.as_ref()? {
        Observed::Seen(observation) => Some(check_observed(run, observation)),
        Observed::Unavailable { reason } => Some(inconclusive(
            format!("not observed on this machine: {reason}"),
            Details::default(),
        )),
    }
}

fn check_observed(run: &RunEvidence, observation: &Observation) -> Finding {
    let details = Details {
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
                    "reads overlapped: {effective:.2} at once on average, {} at most, by {}{}",
                    observation.concurrency.held_max,
                    count(threads as usize, "thread"),
                    beside(run.reference_concurrency)
                ),
            )
        },
        Diagnosis::Undecided(reason) => inconclusive(undecided(reason), details),
        Diagnosis::Not(cause) => {
            let (message, hint) = explain(cause);
            Finding::fail(CheckId::MultiThreaded, message, details)
                .diagnosed(cause.name())
                .hint(hint)
        }
    }
}

fn inconclusive(message: String, details: Details) -> Finding {
    Finding {
        status: Status::Inconclusive,
        details,
        ..Finding::pass(CheckId::MultiThreaded, message)
    }
}

/// The message about why a program is not parallel, and what to try.
fn explain(cause: Cause) -> (String, &'static str) {
    match cause {
        Cause::NothingRead { opened, cut_off } => nothing_read(opened, cut_off),
        Cause::TooFew { read, of } => (
            format!(
                "only {read} of {} were read, which shows little",
                count(of as usize, "file")
            ),
            "let the threads read all files",
        ),
        Cause::NoThreads => (
            "one thread reads everything, one file after the other".into(),
            "share the files among threads: `std::thread::scope`, or rayon's `par_iter`",
        ),
        Cause::OneReader { others } => (
            format!(
                "one thread reads all files; {} only work on what it has read",
                others_are(others)
            ),
            "reading is what takes long on a slow disk: let each thread open and read its own files",
        ),
        Cause::IdleThreads { others } => (
            format!("one thread reads all files; {} none", others_read(others)),
            "give the other threads files to read: let each take the next file until none is left",
        ),
        Cause::SpawnJoinLoop { threads } => (
            format!(
                "{} are started and waited for one after the other",
                count(threads as usize, "thread")
            ),
            "start all threads first, keep their handles in a `Vec`, and `join` them afterwards (`map` is \
             lazy: between `spawn` and `join` belongs a `collect`)",
        ),
        Cause::Serialised { threads } => (
            format!(
                "{} take turns: never do two of them read at once",
                count(threads as usize, "thread")
            ),
            "is a lock held while a file is read? Lock only to take the next name or to add a result, and let \
             the guard go before reading. Or is each task waited for before the next one starts?",
        ),
        Cause::Uneven {
            busiest,
            files,
            threads,
        } => (
            format!(
                "{} share the work so unevenly that one reads {busiest} of {files} files",
                count(threads as usize, "thread")
            ),
            "split the files evenly, or let each thread take the next file when it is done",
        ),
        Cause::HardlyParallel {
            effective,
            held_max,
        } => (
            format!("reads hardly overlap: {effective:.2} at once on average, {held_max} at most"),
            "look for what makes threads wait for each other between two files",
        ),
        Cause::ReadAgain { charges, files } => (
            format!("files are read again and again: {charges} times for {files} files"),
            "open and read each file once, in one go, in the thread that works on it",
        ),
        Cause::TouchedOnly { threads } => (
            format!(
                "{} read a part of each file at once, and the rest is read one file at a time",
                count(threads as usize, "thread")
            ),
            "let each thread read its files to their end, and hold no lock while it does",
        ),
        Cause::Processes { processes } => (
            format!(
                "{} of one thread each read side by side",
                processes_are(processes)
            ),
            "the exercise asks for threads of one process: `std::thread`, or rayon",
        ),
        Cause::HeldUp { own, cap } => (
            format!(
                "{}: its own threads slept and computed for {:.1} s",
                undecided(UndecidedReason::Capped(cap)),
                own.as_secs_f64()
            ),
            "let threads that have nothing to read end, or wait without a time-out: `join`, a channel, a \
             `Condvar`",
        ),
    }
}

/// No data file was read: `opened` were opened, and the end of the program cut `cut_off` reads off.
fn nothing_read(opened: u32, cut_off: u32) -> (String, &'static str) {
    if cut_off > 0 {
        (
            format!(
                "the program ended when {} had just begun to read",
                count(cut_off as usize, "thread")
            ),
            "wait for the threads: keep what `spawn` returns and `join` it, or use `thread::scope`",
        )
    } else if opened == 0 {
        (
            "no data file was read, so nothing overlapped".into(),
            "read the files first; then share them among threads",
        )
    } else {
        (
            format!(
                "{} opened and none was read",
                count(opened as usize, "file")
            ),
            "to open a file is not to read it",
        )
    }
}

/// The message for a run without a diagnosis.
fn undecided(reason: UndecidedReason) -> String {
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
    let least =
        format!("{MIN_MEAN_IN_FLIGHT:.2} reads at once on average, by two threads of one process");
    match reference {
        Some(reference) => format!(
            "at least {least} (the reference: {:.2})",
            reference.effective
        ),
        None => format!("at least {least}"),
    }
}

fn numbers(concurrency: &Concurrency) -> String {
    format!(
        "{:.2} reads at once on average, {} at most, by {} in {}",
        concurrency.effective,
        concurrency.held_max,
        count(concurrency.threads as usize, "thread"),
        count(concurrency.rounds as usize, "round"),
    )
}

fn beside(reference: Option<Concurrency>) -> String {
    reference.map_or_else(String::new, |r| {
        format!(" (the reference: {:.2})", r.effective)
    })
}

fn others_are(others: u32) -> String {
    if others == 1 {
        "1 other".into()
    } else {
        format!("{others} others")
    }
}

fn others_read(others: u32) -> String {
    if others == 1 {
        "1 other reads".into()
    } else {
        format!("{others} others read")
    }
}

fn processes_are(processes: u32) -> String {
    if processes == 1 {
        "1 process".into()
    } else {
        format!("{processes} processes")
    }
}
