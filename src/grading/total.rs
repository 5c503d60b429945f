//! Why a total is wrong: what the exercise knows of its data, and further runs on the same data where threads may race.
//!
//! # Theory of operation
//!
//! A mistake is told from the evidence alone, where one fits. Where none fits, or where a race does the same now and then,
//! and the program has threads, it runs up to [`FURTHER_RUNS`] times more on the first dataset on which its total was
//! wrong. This also holds in a class: it is asked for few submissions, and such a run takes some 10 ms, because it is not
//! observed. A program that is slow runs less often ([`LONGEST`]). If all runs print the same, it is no race.
//!
//! Further runs never cost a grade: where the machine fails at them, they are as if they were not made. With `--repeat N` a
//! person asks for them, on every dataset; there a total that changes is wrong even if the first run was right, and a
//! failure of the machine is told.
//!
//! Never decides whether a total is right, but for that.

use std::{path::Path, time::Duration};

use super::{cases::Case, execution::Setting, session::Session};
use crate::fault::{Fault, FaultKind};
use ids::{CheckId, Seed};
use judge::{
    check::{self, Finding},
    evidence::RunEvidence,
    mistakes::{self, Asked, DataFiles, Repeated, TotalSpec},
};

/// How often a program runs again to find out whether it has a race.
const FURTHER_RUNS: u32 = 10;

/// How long these runs take together, at most, but for the last one.
const LONGEST: Duration = Duration::from_secs(1);

/// A program that can run again.
#[derive(Clone, Copy)]
pub(super) struct Runnable<'a> {
    pub(super) program: &'a Path,
    /// The folder of everything that belongs to it.
    pub(super) work_dir: &'a Path,
    /// How often a person wants it to run again on each dataset.
    pub(super) repeat: u32,
}

impl Session<'_> {
    /// Say in the finding on the total which mistake it is.
    pub(super) fn explain_total(
        &self,
        findings: &mut [Finding],
        runs: &[RunEvidence],
        runnable: Option<Runnable<'_>>,
    ) -> Result<(), Fault> {
        let is_total = |finding: &&mut Finding| finding.id == CheckId::Total;
        let Some(finding) = findings.iter_mut().find(is_total) else {
            return Ok(());
        };
        let mut repeated = Vec::new();
        if let Some(runnable) = runnable.filter(|runnable| runnable.repeat > 0)
            && finding.status != check::Status::Skipped
        {
            for (number, run) in runs.iter().enumerate() {
                let times = (runnable.repeat, Duration::MAX);
                repeated.push(self.run_again(runnable, number, run, times)?);
            }
        }
        if !mistakes::is_open(finding) && repeated.is_empty() {
            return Ok(());
        }
        let spec = self.exercise.total.as_ref();
        // Only files of numbers have a total of which something is known.
        let has_numbers = spec.map_or(&[][..], |_| &self.cases);
        let data: Vec<&DataFiles> = has_numbers.iter().map(Case::numbers).collect();
        let known = self.known_answers();
        let asked = spec.map(|spec| self.asked(spec, &known, &data[..runs.len().min(data.len())]));
        let outcome = asked
            .as_ref()
            .map_or_else(mistakes::Outcome::default, |asked| {
                mistakes::diagnose(runs, asked)
            });
        let wrong = runs.iter().position(|run| !mistakes::is_right(run));
        if let (Some(number), Some(runnable)) = (wrong, runnable)
            && repeated.is_empty()
            && finding.diagnosis.is_none()
            && outcome.may_be_race()
            && mistakes::have_threads(runs)
        {
            let times = (FURTHER_RUNS, LONGEST);
            match self.run_again(runnable, number, &runs[number], times) {
                Ok(again) => repeated.push(again),
                Err(fault) if fault.kind == FaultKind::Interrupted => return Err(fault),
                Err(_) => {}
            }
        }
        mistakes::tell(finding, runs, asked.as_ref(), outcome, &repeated);
        Ok(())
    }

    fn asked<'a>(
        &'a self,
        spec: &'a TotalSpec,
        known: &'a [(Seed, String)],
        data: &'a [&'a DataFiles],
    ) -> Asked<'a> {
        Asked {
            exercise: self.exercise.id.as_str(),
            spec,
            known,
            data,
        }
    }

    /// The totals that everybody may know.
    fn known_answers(&self) -> Vec<(Seed, String)> {
        let answers = self.exercise.answers.iter();
        let mut known: Vec<_> = answers
            .filter_map(|(seed, answer)| Some((*seed, check::number(answer)?)))
            .collect();
        for case in &self.cases {
            if let Some(expected) = &case.expected
                && self.exercise.seeds.fixed.contains(&case.seed)
                && known.iter().all(|(seed, _)| *seed != case.seed)
            {
                known.push((case.seed, expected.answer.clone()));
            }
        }
        known
    }

    /// Run a program again on one dataset: so often, and no longer than that.
    fn run_again(
        &self,
        runnable: Runnable<'_>,
        number: usize,
        first: &RunEvidence,
        (times, longest): (u32, Duration),
    ) -> Result<Repeated, Fault> {
        let mut answers = vec![answer(first)];
        let mut took = Duration::ZERO;
        for _ in 0..times {
            if took >= longest {
                break;
            }
            let setting = Setting {
                work_dir: runnable.work_dir,
                number,
                wall: self.run_limits.wall,
                // A race shows on several processors.
                processor: None,
                is_again: true,
            };
            let run = self.run_submission(runnable.program, setting)?;
            took += run.execution.usage.wall;
            answers.push(answer(&run));
        }
        Ok(Repeated {
            seed: first.seed,
            expected: first.expected.clone(),
            answers,
        })
    }
}

impl Case {
    /// The data as numbers.
    fn numbers(&self) -> &DataFiles {
        self.numbers
            .get_or_init(|| DataFiles::new(self.dataset.files()).listed(self.kept.listing()))
    }
}

/// What a run answered: a number in its one spelling, or its last line. Empty where there is none.
fn answer(run: &RunEvidence) -> String {
    if !run.execution.termination.is_success() {
        return "an end with an error".into();
    }
    let line = run.execution.stdout.last_line().unwrap_or_default();
    check::number(line).unwrap_or_else(|| line.to_owned())
}
