//! `files-read`: every data file was read by the program, and nothing was faked or changed.

use super::{Details, Finding, Status, words::count};
use crate::{
    evidence::{Observed, RunEvidence, Trace},
    ids::CheckId,
};

pub(super) fn check(runs: &[RunEvidence]) -> Finding {
    if let Some(run) = runs.iter().find(|run| !run.files.tampered.is_empty()) {
        return tampered(run);
    }
    if let Some(finding) = runs.iter().find_map(disagreement) {
        return finding;
    }
    let Some(run) = runs.iter().find(|run| !run.files.unread.is_empty()) else {
        let files: usize = runs.iter().map(|run| run.files.expected).sum();
        let message = format!(
            "all {} were read and left as they were",
            count(files, "file")
        );
        return Finding::pass(CheckId::FilesRead, message);
    };
    let files = &run.files;
    let message = match files.read {
        0 => "no data file was read".to_owned(),
        read => format!(
            "only {read} of {} were read",
            count(files.expected, "data file")
        ),
    };
    let details = Details {
        seed: Some(run.seed),
        expected: Some(format!("{} read", count(files.expected, "file"))),
        seen: Some(match files.unread.first() {
            Some(first) if files.read > 0 => {
                format!("{} read; not read, first: {first}", files.read)
            }
            _ => "none read".into(),
        }),
        ..Details::default()
    };
    Finding::fail(CheckId::FilesRead, message, details)
}

/// What the observer saw against what the file times tell. Both count the files that were read, by means
/// that have nothing in common; where they differ, one was deceived.
fn disagreement(run: &RunEvidence) -> Option<Finding> {
    let Some(Observed::Seen(seen)) = &run.execution.observation else {
        return None;
    };
    if seen.capped.is_some() || seen.attempts.unseen > 0 {
        // It stopped looking before the end, and says so elsewhere.
        return None;
    }
    let (observed, by_times) = (seen.files_read as usize, run.files.read);
    if observed == by_times {
        return None;
    }
    let details = Details {
        seed: Some(run.seed),
        expected: Some("the same number of files read by both witnesses".into()),
        seen: Some(format!(
            "{observed} seen being read, {by_times} by their access times"
        )),
        ..Details::default()
    };
    if observed > by_times && seen.attempts.no_atime > 0 {
        let message = format!(
            "reads are hidden: {} with O_NOATIME",
            count(seen.attempts.no_atime as usize, "attempt")
        );
        let finding = Finding::fail(CheckId::FilesRead, message, details);
        return Some(finding.hint("open the files as `File::open` does"));
    }
    Some(Finding {
        status: Status::Inconclusive,
        details,
        ..Finding::pass(
            CheckId::FilesRead,
            "the two witnesses of reading disagree: something else touches these files, or the \
             machine's fault",
        )
    })
}

fn tampered(run: &RunEvidence) -> Finding {
    let files = &run.files;
    let first = &files.tampered[0];
    let (done, hint) = match first.trace {
        Trace::Removed => ("removed", "only read the data: another reader may need it"),
        Trace::Replaced => (
            "replaced by another file",
            "only read the data, never write it",
        ),
        Trace::Written => (
            "written to",
            "open the files for reading only: `File::open`",
        ),
        Trace::StatusChanged => (
            "touched without being written: its times, mode or name were changed",
            "only read the data; setting a file's times does not count as reading it",
        ),
    };
    let details = Details {
        seed: Some(run.seed),
        expected: Some("files that were read and nothing else".into()),
        seen: Some(format!("{} {done}", first.file)),
        ..Details::default()
    };
    let changed = files.tampered.len();
    let left = match changed {
        1 => "was not left as it was",
        _ => "were not left as they were",
    };
    let message = format!("{} {left}", count(changed, "data file"));
    Finding::fail(CheckId::FilesRead, message, details).hint(hint)
}
