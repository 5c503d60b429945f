//! `output`: what the program printed, and saved if files are asked for, is the same as the reference's, on every seed.
//!
//! [`lines`] and [`files`] find the first difference, and [`wording`] words it. The time at which a line was printed is
//! no part of this question: `order` asks for it.

mod files;
pub(crate) mod lines;
mod wording;

pub(super) use self::wording::examples;
use self::{
    files::FilesDiffer,
    lines::{Differs, difference},
    wording::{Told, word, word_files},
};
use super::{
    finding::{Details, Finding, Status},
    total,
    words::{count, last_lines, without_thread_numbers},
};
use crate::{evidence::RunEvidence, questions::Questions, source::Source};
use evidence::Observed;
use ids::CheckId;

/// Whether a run gave the right answer: the total if the exercise asks for one, and what is printed if not.
pub(crate) fn is_right(questions: &Questions, run: &RunEvidence) -> bool {
    if questions.checks.contains(&CheckId::Total) {
        total::is_right(run)
    } else {
        difference(questions.answer, run).is_none()
    }
}

/// What differs on one dataset.
enum Difference {
    Lines(Differs),
    Files(FilesDiffer),
    /// What was saved is not known: the machine's fault.
    NotSeen,
}

pub(super) fn check(questions: &Questions, runs: &[RunEvidence], source: &Source) -> Finding {
    let wrong: Vec<(&RunEvidence, Difference)> = runs
        .iter()
        .filter_map(|run| Some((run, of_run(questions, run)?)))
        .collect();
    // Certain answers go before uncertain ones.
    let is_certain =
        |(_, differs): &&(&RunEvidence, Difference)| !matches!(differs, Difference::NotSeen);
    let certain = wrong.iter().filter(is_certain).count();
    let Some((run, differs)) = wrong.iter().find(is_certain).or(wrong.first()) else {
        return Finding::pass(CheckId::Output, passed(questions, runs));
    };
    let told = match differs {
        Difference::NotSeen => return not_seen(run),
        Difference::Files(differs) => word_files(differs),
        Difference::Lines(differs) => word(differs, &Context::of(run, source)),
    };
    finding(told, run, certain, runs)
}

/// What else is known of a run whose lines differ.
struct Context<'a> {
    /// The number of reads that the end of the program cut off.
    cut_off: u32,
    source: &'a Source,
    /// The lines of the answer.
    expected: Vec<&'a str>,
    /// The lines on standard error.
    stderr: Vec<&'a str>,
}

impl<'a> Context<'a> {
    fn of(run: &'a RunEvidence, source: &'a Source) -> Self {
        let cut_off = match &run.execution.observation {
            Some(Observed::Seen(seen)) => seen.cut_off,
            _ => 0,
        };
        Self {
            cut_off,
            source,
            expected: lines::lines(&run.expected),
            stderr: lines::lines(&run.execution.stderr.head),
        }
    }

    /// Whether what is missing stands on standard error.
    fn is_on_stderr(&self, differs: &Differs) -> bool {
        match differs {
            Differs::Missing { first, .. } => self.stderr.contains(&first.as_str()),
            Differs::Nothing => self.expected.iter().any(|line| self.stderr.contains(line)),
            _ => false,
        }
    }
}

fn of_run(questions: &Questions, run: &RunEvidence) -> Option<Difference> {
    if let Some(differs) = difference(questions.answer, run) {
        return Some(Difference::Lines(differs));
    }
    questions.saved.as_ref()?;
    let (Some(saved), Some(expected)) = (&run.saved, &run.expected_saved) else {
        return Some(Difference::NotSeen);
    };
    files::difference(saved, expected).map(Difference::Files)
}

fn not_seen(run: &RunEvidence) -> Finding {
    let message = "the files that the program saved could not be looked at";
    Finding {
        status: Status::Inconclusive,
        details: Details {
            seed: Some(run.seed),
            ..Details::default()
        },
        ..Finding::pass(CheckId::Output, message)
    }
}

fn finding(told: Told, run: &RunEvidence, wrong: usize, runs: &[RunEvidence]) -> Finding {
    let which = match (wrong, runs.len()) {
        (_, 1) => String::new(),
        (wrong, all) if wrong == all => format!("wrong on all {all} datasets: "),
        (wrong, all) => format!("wrong on {wrong} of {}: ", count(all, "dataset")),
    };
    let stderr = without_thread_numbers(&run.execution.stderr.head);
    let details = Details {
        seed: Some(run.seed),
        expected: Some(told.expected),
        seen: Some(told.seen),
        place: told.place,
        output: last_lines(&stderr, 4),
        more: told.more,
    };
    let hint = if wrong == runs.len() {
        told.hint
    } else if runs.iter().filter(|run| run.is_public).count() == runs.len() - wrong
        && !run.is_public
    {
        format!(
            "right on the dataset that everybody has, and wrong on new ones: is an answer written down? {}",
            told.hint
        )
    } else {
        format!("right on some datasets only: {}", told.hint)
    };
    Finding::fail(CheckId::Output, format!("{which}{}", told.message), details)
        .diagnosed(told.name)
        .hint(hint)
}

fn passed(questions: &Questions, runs: &[RunEvidence]) -> String {
    let what = match questions.saved {
        Some(_) => "all lines and files are right",
        None => "what was printed is right",
    };
    match runs.len() {
        1 => format!("{what} on the dataset"),
        n => format!("{what} on all {n} datasets"),
    }
}
