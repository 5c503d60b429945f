//! `files-read`: every data file was read by the program, and nothing was faked or changed.

use super::{
    clock::Clock,
    finding::{Details, Finding, Status},
    output,
    waiting::unawaited,
    words::count,
};
use crate::{evidence::RunEvidence, questions::Questions, source::Source};
use evidence::{Observed, Trace};
use ids::CheckId;

pub(super) fn check(questions: &Questions, runs: &[RunEvidence], source: &Source) -> Finding {
    if let Some(run) = runs.iter().find(|run| !run.files.tampered.is_empty()) {
        return tampered(run);
    }
    let is_right = |run: &RunEvidence| output::is_right(questions, run);
    // One dataset is the same for every submission: a program may know its answer without reading anything.
    let knows = runs.iter().all(is_right);
    let witnesses = |run| {
        disagreement(run, is_right(run), knows)
            .or_else(|| nothing_read(run, knows))
            .or_else(|| answer_without_reading(run, is_right(run)))
    };
    if let Some(finding) = runs.iter().find_map(witnesses) {
        return finding;
    }
    if let Some(finding) = runs.iter().find_map(|run| only_touched(run, is_right(run))) {
        return finding;
    }
    let Some(run) = runs.iter().find(|run| !run.files.unread.is_empty()) else {
        if let Some(finding) = runs.iter().find_map(not_requested) {
            return finding;
        }
        let expected = |run: &RunEvidence| match &run.slow {
            Some(slow) if some_are_served(run) => slow.files.len(),
            _ => run.files.expected,
        };
        let files: usize = runs.iter().map(expected).sum();
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
    // Only an observed run shows whether threads were still reading.
    let vain = asked_in_vain(run).or_else(|| runs.iter().find_map(cut_off));
    let started = unawaited(source).filter(|_| vain.is_none());
    let diagnosis = match files.read {
        0 => "no-file-read",
        _ => "files-left-out",
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
        place: started.as_ref().map(|started| started.spot.place()),
        more: match &started {
            Some(started) => vec![started.spot.quoted()],
            None => vain.iter().map(|(what, _)| what.clone()).collect(),
        },
        ..Details::default()
    };
    let finding = Finding::fail(CheckId::FilesRead, message, details).diagnosed(diagnosis);
    match (vain, started) {
        (Some((_, hint)), _) => finding.hint(hint),
        (None, Some(started)) => finding.hint(started.hint()),
        (None, None) => finding,
    }
}

/// Compare the observer with the file times. Both count the files that were read, by independent means; where
/// they differ, one of them was deceived.
///
/// A third witness is the answer, on data that is new. A program that requested files whose times did not
/// change, and that does not know their contents, has read nothing: its reads failed, or were at the end of a
/// file. If the times changed even so, the observer has recorded the requests for nothing.
fn disagreement(run: &RunEvidence, is_right: bool, knows: bool) -> Option<Finding> {
    let Some(Observed::Seen(observation)) = &run.execution.observation else {
        return None;
    };
    if observation.capped.is_some() || observation.attempts.unseen > 0 || some_are_served(run) {
        // The observer stopped before the end, which `multi-threaded` reports.
        return None;
    }
    let (observed, by_times) = (observation.files_read as usize, run.files.read);
    let in_vain = observed > by_times && !is_right;
    let is_explained = in_vain || asked_for_nothing(run, knows).is_some();
    if observed == by_times || is_explained || observation.attempts.no_atime > 0 {
        return None;
    }
    Some(Finding {
        status: Status::Inconclusive,
        details: Details {
            seed: Some(run.seed),
            expected: Some("the same number of files read by both witnesses".into()),
            seen: Some(format!(
                "{observed} seen being read, {by_times} by their access times"
            )),
            ..Details::default()
        },
        ..Finding::pass(
            CheckId::FilesRead,
            "the two witnesses of reading disagree: something else touches these files, or the \
             machine's fault",
        )
    })
}

/// Whether some data come from a server: the observer counts them, and they have no times.
fn some_are_served(run: &RunEvidence) -> bool {
    let slow = run.slow.as_ref();
    slow.is_some_and(|slow| slow.files.len() > run.files.expected)
}

/// A run in which a file of the server was never asked for, or did not come before the end. Only the observer sees
/// requests, so nothing is known of a run that it did not see to its end.
fn not_requested(run: &RunEvidence) -> Option<Finding> {
    if !some_are_served(run) {
        return None;
    }
    let mut details = Details {
        seed: Some(run.seed),
        ..Details::default()
    };
    let clock = Clock::of(run);
    let Some(clock) = clock.filter(|clock| clock.seen.capped.is_none() && clock.is_complete())
    else {
        return Some(Finding {
            status: Status::Inconclusive,
            details,
            ..Finding::pass(
                CheckId::FilesRead,
                "the requests to the server were not observed to the end",
            )
        });
    };
    let files = clock.all_files();
    let numbers = 0..u32::try_from(files).unwrap_or(u32::MAX);
    let left: Vec<u32> = numbers.filter(|&file| clock.span(file).is_none()).collect();
    let first = *left.first()?;
    let came = files - left.len();
    details.expected = Some(format!("{} asked for", count(files, "file")));
    details.seen = Some(format!(
        "{came} came; not one of them: {}",
        clock.name(first)
    ));
    let message = format!("only {came} of {} came", count(files, "file"));
    let finding =
        |details| Finding::fail(CheckId::FilesRead, message, details).diagnosed("files-left-out");
    Some(match cut_off(run) {
        Some((what, hint)) => {
            details.more.push(what);
            finding(details).hint(hint)
        }
        None => finding(details),
    })
}

/// A run whose reads were not observed, and that gave the right answer on data which nobody can know, although by
/// their times some files were not read. Then the times are wrong: something on this machine does not record them.
fn answer_without_reading(run: &RunEvidence, is_right: bool) -> Option<Finding> {
    let is_unexplained = run.execution.observation.is_none()
        && !run.is_public
        && !run.files.unread.is_empty()
        && is_right;
    is_unexplained.then(|| Finding {
        status: Status::Inconclusive,
        details: Details {
            seed: Some(run.seed),
            expected: Some("times that fit the answer".into()),
            seen: Some(format!(
                "the right answer, and by their times {} of {} not read",
                run.files.unread.len(),
                count(run.files.expected, "file")
            )),
            ..Details::default()
        },
        ..Finding::pass(
            CheckId::FilesRead,
            "the answer shows that all files were read, and their times do not: the machine's fault",
        )
    })
}

/// How many files were asked for nothing although their times changed, if that explains the whole difference
/// between the witnesses, in a program that does not know the contents.
fn asked_for_nothing(run: &RunEvidence, knows: bool) -> Option<usize> {
    let Some(Observed::Seen(observation)) = &run.execution.observation else {
        return None;
    };
    let is_counted = observation.capped.is_none() && observation.attempts.unseen == 0;
    if knows || !is_counted || some_are_served(run) {
        return None;
    }
    let nothing = run
        .files
        .read
        .checked_sub(observation.files_read as usize)?;
    (1..=observation.files_asked_for_nothing as usize)
        .contains(&nothing)
        .then_some(nothing)
}

/// A run in which files were asked for nothing, which is not to read them.
fn nothing_read(run: &RunEvidence, knows: bool) -> Option<Finding> {
    let nothing = asked_for_nothing(run, knows)?;
    let observed = run.files.read - nothing;
    let details = Details {
        seed: Some(run.seed),
        expected: Some(format!("{} read", count(run.files.expected, "file"))),
        seen: Some(format!(
            "{observed} read; {nothing} asked for 0 bytes, or at their end"
        )),
        ..Details::default()
    };
    let message = match observed {
        0 => "no data file was read: each was asked for nothing".to_owned(),
        _ => format!(
            "{} asked for nothing, and so not read",
            count(nothing, "data file")
        ),
    };
    Some(Finding::fail(CheckId::FilesRead, message, details).diagnosed("asked-for-nothing").hint(
        "`read` fills the buffer it is given and makes it no longer: take `read_to_string`, or a buffer that \
         is not empty",
    ))
}

/// A run in which fewer than half of a file's bytes were asked for, and the answer is wrong. A program with
/// the right answer needed no more.
fn only_touched(run: &RunEvidence, is_right: bool) -> Option<Finding> {
    let Some(Observed::Seen(observation)) = &run.execution.observation else {
        return None;
    };
    if observation.files_touched == 0 || observation.capped.is_some() || is_right {
        return None;
    }
    let touched = count(observation.files_touched as usize, "data file");
    let details = Details {
        seed: Some(run.seed),
        expected: Some(format!("{} read", count(run.files.expected, "file"))),
        seen: Some(format!("less than half of {touched} asked for")),
        ..Details::default()
    };
    let message = format!("{touched}: less than half of the bytes were read");
    Some(
        Finding::fail(CheckId::FilesRead, message, details)
            .diagnosed("read-in-part")
            .hint("read each file to its end, for example by `fs::read_to_string`"),
    )
}

/// What the observer recorded about files that were not read, if that explains it.
fn asked_in_vain(run: &RunEvidence) -> Option<(String, &'static str)> {
    let Some(Observed::Seen(observation)) = &run.execution.observation else {
        return None;
    };
    if observation.attempts.no_atime > 0 {
        let attempts = count(observation.attempts.no_atime as usize, "attempt");
        return Some((
            format!("{attempts} to read with O_NOATIME were refused"),
            "open the files as `File::open` does",
        ));
    }
    if let Some(told) = cut_off(run) {
        return Some(told);
    }
    let in_vain = (observation.files_read as usize).saturating_sub(run.files.read);
    (in_vain > 0 && !some_are_served(run)).then(|| {
        (
            format!("{} asked for, and nothing came", count(in_vain, "file")),
            "check what `read` returns: an error, or 0 bytes",
        )
    })
}

/// Reads that the end of the program cut off.
fn cut_off(run: &RunEvidence) -> Option<(String, &'static str)> {
    let Some(Observed::Seen(observation)) = &run.execution.observation else {
        return None;
    };
    (observation.cut_off > 0).then(|| {
        let reads = count(observation.cut_off as usize, "read");
        (
            format!("{reads} cut off by the end of the program"),
            "wait for the threads: keep what `spawn` returns and `join` it, or use `thread::scope`",
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
    Finding::fail(CheckId::FilesRead, message, details)
        .diagnosed("files-changed")
        .hint(hint)
}
