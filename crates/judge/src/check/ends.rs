//! `ends`: nothing is cut off by the end of the program, nothing is left behind, and no thread waits by spinning.
//!
//! A program whose threads wait for each other for ever is `run`'s: it does not end.

use super::{
    finding::{Details, Finding, Mistake, Status, most_certain},
    multi_threaded::{diagnosis::UndecidedReason, undecided},
    waiting::unawaited,
    words::count,
};
use crate::{
    evidence::RunEvidence,
    source::{Source, Spot},
};
use evidence::Observed;
use ids::CheckId;

/// The name of the mistake of a program whose threads wait by spinning.
const SPINS: &str = "spins";

/// The name of the mistake of a program that ends before its threads have read.
const CUT_OFF: &str = "ends-too-early";

/// What is wrong with the end of a run.
enum Wrong {
    /// Reads were cut off.
    CutOff { reads: u32 },
    /// Processes were left.
    LeftBehind { processes: u32 },
    /// Threads that used a processor while they waited.
    Spins { threads: u32 },
}

pub(super) fn check(runs: &[RunEvidence], source: &Source) -> Finding {
    let findings: Vec<Finding> = runs.iter().map(|run| check_run(run, source)).collect();
    most_certain(findings)
        .unwrap_or_else(|| open("there was no run to examine".into(), Details::default()))
}

/// Whether a finding says that reads were cut off.
pub(super) fn is_cut_off(finding: &Finding) -> bool {
    finding.id == CheckId::Ends && finding.diagnosis.as_deref() == Some(CUT_OFF)
}

/// Whether a finding says that threads wait by spinning.
pub(super) fn is_spinning(finding: &Finding) -> bool {
    finding.id == CheckId::Ends && finding.diagnosis.as_deref() == Some(SPINS)
}

fn open(message: String, details: Details) -> Finding {
    Finding {
        status: Status::Inconclusive,
        details,
        ..Finding::pass(CheckId::Ends, message)
    }
}

fn check_run(run: &RunEvidence, source: &Source) -> Finding {
    let mut details = Details {
        seed: Some(run.seed),
        ..Details::default()
    };
    let processes = run.execution.left_behind;
    let (wrong, doubt) = match &run.execution.observation {
        Some(Observed::Seen(seen)) => {
            let (reads, threads) = (seen.cut_off, seen.spinning);
            let wrong = [
                (threads > 0).then_some(Wrong::Spins { threads }),
                (processes > 0).then_some(Wrong::LeftBehind { processes }),
                (reads > 0).then_some(Wrong::CutOff { reads }),
            ];
            let capped = seen.capped.map(UndecidedReason::Capped).map(undecided);
            (wrong.into_iter().flatten().next(), capped)
        }
        other => {
            let why = match other {
                Some(Observed::Unavailable { reason }) => {
                    format!("not observed on this machine: {reason}")
                }
                _ => "its reads were not observed".into(),
            };
            let wrong = (processes > 0).then_some(Wrong::LeftBehind { processes });
            (wrong, Some(why))
        }
    };
    match (wrong, doubt) {
        (Some(wrong), _) => {
            let told = word(&wrong, source);
            details.expected = Some(told.expected.into());
            details.seen = Some(told.seen);
            details.place = told.spot.map(|spot| spot.place());
            details.more.extend(told.spot.map(|spot| spot.quoted()));
            Finding::fail(CheckId::Ends, told.message, details)
                .diagnosed(told.name)
                .hint(told.hint)
        }
        (None, Some(why)) => open(why, details),
        (None, None) => Finding::pass(
            CheckId::Ends,
            "the program ended with nothing cut off, and each thread that waited slept",
        ),
    }
}

struct Told<'a> {
    name: &'static str,
    message: String,
    expected: &'static str,
    seen: String,
    hint: String,
    spot: Option<Spot<'a>>,
}

fn word<'a>(wrong: &Wrong, source: &'a Source) -> Told<'a> {
    match *wrong {
        Wrong::CutOff { reads } => {
            let spot = unawaited(source).map(|started| started.spot);
            let place = spot.as_ref().map_or_else(String::new, |spot| {
                format!("{} starts something that nothing waits for: ", spot.line())
            });
            Told {
                name: CUT_OFF,
                message: format!(
                    "the program ended while {} still being read",
                    are(reads, "file")
                ),
                expected: "every read at its end before the program ends",
                seen: format!("{} cut off", are(reads, "read")),
                hint: format!(
                    "{place}keep what `spawn` returns, and wait for each with `join` (for a task, `.await`) before `main` \
                     ends, or use `thread::scope`"
                ),
                spot,
            }
        }
        Wrong::LeftBehind { processes } => Told {
            name: "process-left",
            message: format!("{} left when the program ended", are(processes, "process")),
            expected: "nothing left when the program ends",
            seen: format!("{} left", are(processes, "process")),
            hint: "start threads and not programs, or `wait` for each program that is started"
                .into(),
            spot: source.find(&["Command"]),
        },
        Wrong::Spins { threads } => spins(threads, source),
    }
}

/// Threads that ask again and again.
fn spins(threads: u32, source: &Source) -> Told<'_> {
    let asks = [
        &[".", "try_recv", "("][..],
        &["spin_loop", "("],
        &["yield_now", "("],
        &[".", "try_lock", "("],
        &[".", "is_finished", "("],
        &[".", "is_empty", "("],
        &[".", "load", "("],
    ];
    let spot = asks.iter().find_map(|tokens| source.find(tokens));
    let place = spot.as_ref().map_or_else(
        || "some loop asks again and again whether there is something to do".to_owned(),
        |spot| format!("{} is asked again and again", spot.line()),
    );
    let keep = if threads == 1 { "keeps" } else { "keep" };
    Told {
        name: SPINS,
        message: format!(
            "{} {keep} a processor busy while there is nothing to do",
            count(threads as usize, "thread")
        ),
        expected: "threads that sleep while they wait",
        seen: format!(
            "{} a processor all the time",
            match threads {
                1 => "1 thread used".to_owned(),
                _ => format!("{threads} threads used"),
            }
        ),
        hint: format!(
            "{place}: wait with a call that sleeps until something comes, such as `recv`, `join` or `Condvar::wait`"
        ),
        spot,
    }
}

/// `1 read is`, `2 reads are`, in the past.
fn are(n: u32, noun: &str) -> String {
    let was = if n == 1 { "was" } else { "were" };
    format!("{} {was}", count(n as usize, noun))
}

/// The mistakes that this check names, each with the words for an example.
pub(super) fn examples() -> Vec<Mistake> {
    let all = [
        (
            Wrong::CutOff { reads: 3 },
            "for name in names {\n    thread::spawn(move || read(name));\n}",
        ),
        (
            Wrong::LeftBehind { processes: 1 },
            "Command::new(program).spawn().unwrap();",
        ),
        (
            Wrong::Spins { threads: 5 },
            "loop {\n    if let Ok(item) = receiver.try_recv() {\n        consume(item);\n    }\n}",
        ),
    ];
    let mistake = |(wrong, code): (Wrong, &'static str)| {
        let source = Source::new([("src/main.rs".to_owned(), code.to_owned())]);
        let told = word(&wrong, &source);
        Mistake {
            name: told.name.to_owned(),
            check: CheckId::Ends,
            message: told.message,
            hint: told.hint,
            code: Some(code),
        }
    };
    all.into_iter().map(mistake).collect()
}
