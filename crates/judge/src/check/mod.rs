//! Questions asked of the evidence, and their answers: findings.
//!
//! Hides how each question is decided and how the answer is worded for a student.
//! Pure: never touches disk, process or clock, and never knows what a check is worth.

mod build;
mod clock;
mod compile_error;
mod compiler_text;
mod crash;
mod ends;
mod explain;
mod files_read;
mod finding;
mod multi_threaded;
mod names;
mod order;
mod output;
mod overlap;
mod run;
mod stack;
mod standing;
mod total;
mod waiting;
mod words;

#[cfg(test)]
mod tests;

pub use explain::{Explanation, explanation, mistakes};
pub use finding::{Details, Finding, Mistake, Status};
pub use multi_threaded::diagnosis::{Cause, Diagnosis, UndecidedReason, diagnose};
pub use names::BRIEFLY_NAMED;
pub(crate) use output::is_right as is_answer_right;
pub use output::lines::lines;
pub use run::note_extended_limit;
pub use total::number;
pub(crate) use total::{PARTS_PRINTED, is_open, is_right};
pub(crate) use words::shortened;

use crate::{
    evidence::{Evidence, RunEvidence},
    questions::Questions,
};
use ids::CheckId;

/// What a check asks, in a sentence.
#[must_use]
pub const fn asks(id: CheckId) -> &'static str {
    match id {
        CheckId::Build => "does the course accept the crate, and does it compile?",
        CheckId::Run => "does every run end by itself, with exit code 0, within its limits?",
        CheckId::Total => "is the last line printed the total, on every dataset?",
        CheckId::Output => {
            "is what the program printed and saved the same as the solution's, on every dataset?"
        }
        CheckId::FilesRead => "was every data file read, and left as it was?",
        CheckId::MultiThreaded => {
            "are several files read at the same time, by threads of one process?"
        }
        CheckId::Overlap => "do slow reads or requests wait at the same time?",
        CheckId::Order => "do reads and printed lines come in the order that is asked for?",
        CheckId::Ends => {
            "does the program end with nothing cut off, and without a thread that waits by spinning?"
        }
    }
}

/// When each line of an observed run was printed, in virtual milliseconds. Empty if that is not known.
pub(crate) fn printed(run: &RunEvidence) -> Vec<(u32, &str)> {
    let lines = clock::Clock::of(run).and_then(|clock| clock.lines(run));
    let lines = lines.into_iter().flatten();
    lines.map(|line| (line.time, line.text)).collect()
}

/// Ask all checks of an exercise, in their order.
#[must_use]
pub fn run_all(questions: &Questions, evidence: &Evidence) -> Vec<Finding> {
    // What makes later questions meaningless is asked even where the exercise does not list it.
    let built = build::check(&evidence.build, &evidence.left_out);
    let ran = run::check(&evidence.runs, &evidence.source);
    let first_failed = [&built, &ran]
        .into_iter()
        .find(|finding| finding.status != Status::Pass);
    let findings = questions.checks.iter().map(|&id| match (id, first_failed) {
        (CheckId::Build, _) => built.clone(),
        (_, Some(first_failed)) if first_failed.id < id => Finding::skipped(id, first_failed.id),
        (CheckId::Run, _) => ran.clone(),
        (CheckId::Total, _) => total::check(&evidence.runs),
        (CheckId::Output, _) => output::check(questions, &evidence.runs, &evidence.source),
        (CheckId::FilesRead, _) => files_read::check(questions, &evidence.runs, &evidence.source),
        (CheckId::MultiThreaded, _) => multi_threaded::check(&evidence.runs, &evidence.source),
        (CheckId::Overlap, _) => {
            overlap::check(&questions.overlap, &evidence.runs, &evidence.source)
        }
        (CheckId::Order, _) => order::check(&questions.order, &evidence.runs, &evidence.source),
        (CheckId::Ends, _) => ends::check(&evidence.runs, &evidence.source),
    });
    without_what_chance_decides(without_what_spinning_hid(findings.collect()))
}

/// Whether a read had begun that the end of the program cuts off is chance, where threads are not waited for. That not
/// all files were read is certain, and so the end of such a program is not examined, but for what is certain as well.
fn without_what_chance_decides(mut findings: Vec<Finding>) -> Vec<Finding> {
    let has_unread =
        |finding: &Finding| finding.id == CheckId::FilesRead && finding.status == Status::Fail;
    if findings.iter().any(has_unread)
        && let Some(ends) = findings
            .iter_mut()
            .find(|finding| finding.id == CheckId::Ends)
        && (ends.status == Status::Pass || ends::is_cut_off(ends))
    {
        *ends = Finding::skipped(CheckId::Ends, CheckId::FilesRead);
    }
    findings
}

/// A thread that spins ends the observation before the program does. That it spins is certain, by its processor time, so
/// what was not seen behind it is no fault of the machine: it follows from `ends`.
fn without_what_spinning_hid(mut findings: Vec<Finding>) -> Vec<Finding> {
    if !findings.iter().any(ends::is_spinning) {
        return findings;
    }
    let asks_when = |id: CheckId| {
        matches!(
            id,
            CheckId::MultiThreaded | CheckId::Overlap | CheckId::Order
        )
    };
    for finding in &mut findings {
        if finding.status == Status::Inconclusive && asks_when(finding.id) {
            *finding = Finding::skipped(finding.id, CheckId::Ends);
        }
    }
    findings
}
