//! `run`: every run ends by itself, with 0, within its limits.

use std::{fmt::Write as _, time::Duration};

use super::{
    crash,
    finding::{Details, Finding},
    stack, standing,
    words::{
        count, first_lines, last_lines, milliseconds, signal_name, termination,
        without_thread_numbers,
    },
};
use crate::{
    evidence::{Evidence, RunEvidence},
    source::Source,
};
use evidence::{Captured, Execution, Termination};
use ids::CheckId;

/// Lines shown of a failed run's standard error.
const SHOWN_LINES: usize = 8;

/// Lines shown of a stream that exceeded the limit on output: most likely they are all alike.
const SHOWN_OF_FLOOD: usize = 3;

pub(super) fn check(runs: &[RunEvidence], source: &Source) -> Finding {
    let Some(first) = runs
        .iter()
        .find(|run| !run.execution.termination.is_success())
    else {
        if runs.is_empty() {
            return Finding::fail(CheckId::Run, "there was nothing to run", Details::default());
        }
        return Finding::pass(CheckId::Run, passed(runs));
    };
    let is_deadlock = first.execution.termination == Termination::Deadlock;
    let standing = standing::explain(&first.execution.standing, is_deadlock, source);
    let (seen, hint) = if is_deadlock {
        (standing.deadlock.to_owned(), None)
    } else {
        explain(&first.execution)
    };
    let overflow = stack::overflow(&first.execution, source);
    let (seen, hint) = match &overflow {
        Some(overflow) => (format!("{seen}: {}", stack::FULL), Some(overflow.hint())),
        None => (seen, hint),
    };
    let stderr = &first.execution.stderr;
    let text = if stderr.omitted > 0 {
        &stderr.tail
    } else {
        &stderr.head
    };
    let output = match first.execution.termination {
        Termination::OutputLimit { .. } => {
            let flood = Stream::of_flood(&first.execution).of(&first.execution);
            Some(first_lines(&flood.head, SHOWN_OF_FLOOD))
        }
        _ => excerpt(&without_thread_numbers(text)),
    };
    let is_crash = is_deadlock || matches!(first.execution.termination, Termination::Exited { .. });
    let crash = crash::explain(text, source).filter(|_| is_crash);
    let place = crash.as_ref().and_then(|crash| crash.place.as_ref());
    let calls_itself = overflow.as_ref().and_then(|overflow| overflow.spot);
    let mut message = format!("the run on seed {} {seen}", first.seed);
    if let Some(crash) = &crash {
        let place = place.map(|place| format!(" in {}", place.line));
        let before = if is_deadlock {
            "; before that, a thread panicked"
        } else {
            ""
        };
        let place = place.unwrap_or_default();
        let _ = write!(message, "{before}{place}: {}", crash.what);
    }
    let details = Details {
        seed: Some(first.seed),
        expected: Some("an end by itself with exit code 0".into()),
        seen: Some(seen),
        place: place
            .map(|place| place.whole.clone())
            .or_else(|| calls_itself.map(|spot| spot.place())),
        output,
        more: place
            .map(|place| place.quoted.clone())
            .or_else(|| calls_itself.map(|spot| spot.quoted()))
            .into_iter()
            .chain(standing.lines)
            .collect(),
    };
    let finding = Finding::fail(CheckId::Run, message, details);
    if is_deadlock && crash.is_some() {
        return finding.diagnosed("deadlock-after-panic").hint(
            "a thread panicked, as the lines above say, and the others wait for it: look at that line first",
        );
    }
    if let Some((diagnosis, hint)) = standing.advice {
        return finding.diagnosed(diagnosis).hint(hint);
    }
    let diagnosis = match &crash {
        Some(crash) => crash.diagnosis,
        None if overflow.is_some() => "stack-overflow",
        None => name(&first.execution),
    };
    let finding = finding.diagnosed(diagnosis);
    let known = match &overflow {
        Some(_) => None,
        None => hint_from_output(text, source).map(str::to_owned),
    };
    let hint = crash.and_then(|crash| crash.hint).or(known).or(hint);
    match hint {
        Some(hint) => finding.hint(hint),
        None => finding,
    }
}

/// The name of the mistake of a run that did not end well, and of which no panic tells more.
fn name(execution: &Execution) -> &'static str {
    match execution.termination {
        Termination::Exited { .. } => "exit-code",
        Termination::Signaled { signal: 6 } => "aborted",
        Termination::Signaled { signal: 7 | 11 } => "invalid-memory",
        Termination::Signaled { .. } => "signal",
        Termination::NotStarted { .. } => "not-started",
        Termination::WallLimit { .. } => "time-limit",
        Termination::Deadlock => "deadlock",
        Termination::CpuLimit { .. } => "processor-limit",
        Termination::OutputLimit { .. } => "output-limit",
        Termination::MemoryLimit { .. } => "memory-limit",
        Termination::TaskLimit { .. } => "too-many-threads",
        Termination::FileSizeLimit { .. } | Termination::DiskLimit { .. } => "disk-limit",
    }
}

/// Say why a run was stopped only after a longer time than the exercise's `own` limit.
pub fn note_extended_limit(findings: &mut [Finding], evidence: &Evidence, own: Duration) {
    let is_longer = |run: &RunEvidence| match run.execution.termination {
        Termination::WallLimit { limit_ms } => Duration::from_millis(limit_ms) > own,
        _ => false,
    };
    if !evidence.runs.iter().any(is_longer) {
        return;
    }
    for finding in findings.iter_mut().filter(|one| one.id == CheckId::Run) {
        let own = u64::try_from(own.as_millis()).unwrap_or(u64::MAX);
        finding.details.more.push(format!(
            "the exercise's limit is {}; it is longer here because the reference was slow",
            milliseconds(own)
        ));
    }
}

fn passed(runs: &[RunEvidence]) -> String {
    let left: u32 = runs.iter().map(|run| run.execution.left_behind).sum();
    let ended = match runs.len() {
        1 => "the run ended by itself with 0".into(),
        n => format!("{n} runs, each ended by itself with 0"),
    };
    match left {
        0 => ended,
        n => format!(
            "{ended}; {} left behind, ended by us",
            count(n as usize, "process")
        ),
    }
}

/// The most useful lines: those from the first panic on, since later panics often follow from it, or else the
/// last lines.
fn excerpt(text: &str) -> Option<String> {
    match text.find("panicked at") {
        Some(at) => {
            let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
            Some(first_lines(&text[start..], SHOWN_LINES / 2))
        }
        None => last_lines(text, SHOWN_LINES),
    }
}

/// One of the two streams that a program writes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stream {
    Output,
    Error,
}

impl Stream {
    /// The stream that exceeded the limit on output: the one of which more was left out.
    fn of_flood(execution: &Execution) -> Self {
        if execution.stderr.omitted > execution.stdout.omitted {
            Self::Error
        } else {
            Self::Output
        }
    }

    fn of(self, execution: &Execution) -> &Captured {
        match self {
            Self::Output => &execution.stdout,
            Self::Error => &execution.stderr,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Output => "standard output",
            Self::Error => "standard error",
        }
    }

    /// What to try where it exceeded the limit on output.
    fn hint(self) -> &'static str {
        match self {
            Self::Output => "print the total once, after the loop",
            Self::Error => {
                "take `eprintln!` and `dbg!` out of the loops, or look for one without end"
            }
        }
    }
}

/// What to try where the program's own error message names a refused operation or another known problem.
fn hint_from_output(text: &str, source: &Source) -> Option<&'static str> {
    let not_found = match source.find(&["Command"]) {
        Some(_) => {
            "the program cannot start another program, such as `cat`, and can open only what is there: open the data \
             files of the current folder with `std::fs`"
        }
        None => {
            "the data files are in the folder in which the program starts: list them with `fs::read_dir(\".\")`, and \
             open the paths that it gives"
        }
    };
    let hints: [(&[&str], &str); 2] = [
        (
            &[
                "Permission denied",
                "PermissionDenied",
                "Operation not permitted",
                "Read-only file",
            ],
            "the program may read the data files and nothing else: open them with `File::open`, write to \
             `std::env::temp_dir()` if it must, and leave network, other programs and other files alone",
        ),
        (&["No such file or directory", "kind: NotFound"], not_found),
    ];
    let mut hints = hints.into_iter();
    hints
        .find(|(words, _)| words.iter().any(|words| text.contains(words)))
        .map(|(_, hint)| hint)
}

/// What was seen, to follow "the run ", and what to try.
fn explain(execution: &Execution) -> (String, Option<String>) {
    match execution.termination {
        Termination::Exited { code: 101 } => (
            "panicked (exit code 101)".into(),
            Some("the lines above name the place: check which values the program has there".into()),
        ),
        Termination::Exited { code } => (
            format!("ended with exit code {code}"),
            Some("return from `main` normally, or with `Ok(())`, when all went well".into()),
        ),
        Termination::Signaled { signal } => {
            let name =
                signal_name(signal).map_or_else(|| format!("signal {signal}"), str::to_owned);
            let hint = match signal {
                6 => {
                    "the program aborted: `abort`, a panic while panicking, an overflowed stack, or no \
                     memory left"
                }
                11 | 7 => {
                    "it used memory that is not its own, or its stack was full: look at `unsafe` code, and for a \
                     function that calls itself without end"
                }
                _ => "find out what sent the signal",
            };
            (format!("was ended by {name}"), Some(hint.into()))
        }
        Termination::WallLimit { limit_ms } => (
            format!(
                "was stopped after {}, its time limit",
                milliseconds(limit_ms)
            ),
            Some(
                "look for a loop without end, a thread that is never joined, a lock taken twice, \
                 or a channel whose sender is never dropped"
                    .into(),
            ),
        ),
        Termination::OutputLimit { .. } => {
            let stream = Stream::of_flood(execution);
            let words = termination(&execution.termination);
            let words = words.trim_end_matches(" of output");
            (
                format!("{words} to {}", stream.name()),
                Some(stream.hint().into()),
            )
        }
        other => (termination(&other), Some(limit_hint(other).into())),
    }
}

/// What to try where the program did not end by itself.
fn limit_hint(termination: Termination) -> &'static str {
    match termination {
        Termination::CpuLimit { .. } => "look for a loop that waits by spinning, or never ends",
        Termination::MemoryLimit { .. } => "hold one file at a time, not all that was ever read",
        Termination::TaskLimit { .. } => "start a fixed number of threads and give each many files",
        Termination::FileSizeLimit { .. } | Termination::DiskLimit { .. } => {
            "write to files only what the exercise asks for, and each only once"
        }
        Termination::NotStarted { .. } => {
            "leave the making of the program to the compiler: look for `link_section` in the source"
        }
        _ => "run it yourself on the same data, written by `grade data`",
    }
}
