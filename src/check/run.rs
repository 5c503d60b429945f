//! `run`: every run ends by itself, with 0, within its limits.

use super::{
    Details, Finding,
    words::{count, first_lines, last_lines, milliseconds, signal_name, without_thread_numbers},
};
use crate::{
    evidence::{Execution, RunEvidence, Termination},
    ids::CheckId,
};

/// Lines shown of a failed run's standard error.
const SHOWN_LINES: usize = 8;

pub(super) fn check(runs: &[RunEvidence]) -> Finding {
    let Some(first) = runs
        .iter()
        .find(|run| !run.execution.termination.is_success())
    else {
        if runs.is_empty() {
            return Finding::fail(CheckId::Run, "there was nothing to run", Details::default());
        }
        return Finding::pass(CheckId::Run, passed(runs));
    };
    let (seen, hint) = explain(&first.execution);
    let message = format!("the run on seed {} {seen}", first.seed);
    let stderr = &first.execution.stderr;
    let said = if stderr.omitted > 0 {
        &stderr.tail
    } else {
        &stderr.head
    };
    let details = Details {
        seed: Some(first.seed),
        expected: Some("an end by itself with exit code 0".into()),
        seen: Some(seen),
        output: excerpt(&without_thread_numbers(said)),
        ..Details::default()
    };
    let finding = Finding::fail(CheckId::Run, message, details);
    let hint = refused_hint(said).map(str::to_owned).or(hint);
    match hint {
        Some(hint) => finding.hint(hint),
        None => finding,
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

/// The lines that tell most: from the first panic on, since later ones often follow from it, or else the
/// last ones.
fn excerpt(said: &str) -> Option<String> {
    match said.find("panicked at") {
        Some(at) => {
            let start = said[..at].rfind('\n').map_or(0, |newline| newline + 1);
            Some(first_lines(&said[start..], SHOWN_LINES / 2))
        }
        None => last_lines(said, SHOWN_LINES),
    }
}

/// What to try where the program met a closed door: it may say so in the words of the system.
fn refused_hint(said: &str) -> Option<&'static str> {
    let denied = [
        "Permission denied",
        "PermissionDenied",
        "Operation not permitted",
        "Read-only file",
    ];
    denied.iter().any(|words| said.contains(words)).then_some(
        "the program may read the data files and nothing else: open them with `File::open`, write to \
         `std::env::temp_dir()` if it must, and leave network and other files alone",
    )
}

/// What was seen, to follow "the run ", and what to try.
fn explain(execution: &Execution) -> (String, Option<String>) {
    match execution.termination {
        Termination::Exited { code: 101 } => (
            "panicked (exit code 101)".into(),
            Some("the lines above say where; think of what the program meets there".into()),
        ),
        Termination::Exited { code } => (
            format!("ended with exit code {code}"),
            Some("return from `main` normally, or with `Ok(())`, when all went well".into()),
        ),
        Termination::Signaled { signal } => {
            let name =
                signal_name(signal).map_or_else(|| format!("signal {signal}"), str::to_owned);
            let hint = match signal {
                6 => "the program aborted: `abort`, a panic while panicking, or no memory left",
                11 | 7 => {
                    "it used memory that is not its own: look at `unsafe` code and deep recursion"
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
        other => (other.words(), Some(limit_hint(other).into())),
    }
}

/// What to try after an end that was not its own.
fn limit_hint(termination: Termination) -> &'static str {
    match termination {
        Termination::OutputLimit { .. } => "print the total once, after the loop",
        Termination::CpuLimit { .. } => "look for a loop that waits by spinning, or never ends",
        Termination::MemoryLimit { .. } => "hold one file at a time, not all that was ever read",
        Termination::TaskLimit { .. } => "start a fixed number of threads and give each many files",
        Termination::FileSizeLimit { .. } | Termination::DiskLimit { .. } => {
            "print the total; nothing needs to be written to files"
        }
        Termination::NotStarted { .. } => {
            "leave the making of the program to the compiler: look for `link_section` in the source"
        }
        _ => "run it yourself on the same data, written by `grade data`",
    }
}
