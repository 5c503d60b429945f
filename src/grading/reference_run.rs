//! The reference passes before any submission: its answers become the expected ones, and its time sets the
//! time limit.
//!
//! Never knows a submission.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::mpsc::{self, Receiver, Sender},
    time::Duration,
};

use super::{
    around::unobservable,
    cases::{Case, Expected},
    execution::{MOST_LAYERS, Setting, folder},
    progress::{Step, Whose},
    session::Session,
};
use crate::{
    compile::BuildOptions,
    fault::{Fault, FaultKind},
    reference,
};
use evidence::Observed;
use ids::{CheckId, words::count};
use intake::Admission;
use judge::{
    Source,
    evidence::{BuildEvidence, Evidence, RunEvidence},
    questions::Questions,
    record::ReferenceRun,
};
use sandbox::Tier;

/// A submission's run may take this many times as long as the reference's slowest, where that is more than
/// the exercise's own limit: a slow machine is slow for every submission.
const SLOWER_THAN_REFERENCE: u32 = 50;

/// The raised limit is at most this many times the exercise's own limit: one slow run of the reference does
/// not give every submission unlimited time.
const LONGER_THAN_THE_LIMIT: u32 = 3;

/// What the reference did: its answer on each dataset, and the limit on real time that follows.
pub(super) struct ReferenceProof {
    answers: Vec<Option<Expected>>,
    wall: Duration,
}

/// The reference has run on one dataset, so a submission may.
pub(super) struct Ready {
    /// The dataset's place among all.
    pub(super) number: usize,
    /// The limit on real time that follows from the runs of the reference so far.
    pub(super) wall: Duration,
}

impl Session<'_> {
    /// Grade the reference as every submission is graded. What it answers is expected of every submission. A
    /// submission that follows on the same data is told by `next` when the reference has run on them.
    pub(super) fn prove_reference(
        &self,
        next: Option<&Sender<Ready>>,
    ) -> Result<ReferenceProof, Fault> {
        let proof = self.build_and_run_reference(next);
        self.at(Whose::Reference, Step::Done);
        proof
    }

    fn build_and_run_reference(
        &self,
        next: Option<&Sender<Ready>>,
    ) -> Result<ReferenceProof, Fault> {
        let work_dir = self.work_dir()?;
        let work_dir = work_dir.path();
        // Otherwise a submission could look into a reference that runs beside it, and a reference could write to its
        // data.
        let is_apart = self.sandbox.tier() >= Tier::Confined;
        let reference = CourseProgram {
            name: "reference",
            source: &self.exercise.reference,
        };
        let program = self.course_program(reference, work_dir)?;
        let own = self.run_limits.wall;
        let mut runs = BTreeMap::new();
        let mut answers = vec![None; self.cases.len()];
        let mut slowest = Duration::ZERO;
        for (done, (number, case)) in (1..).zip(self.in_order()) {
            let setting = Setting {
                work_dir,
                number,
                wall: own,
                processor: self.processors[0].filter(|_| case.is_observed),
                is_again: false,
            };
            let step = Step::Run {
                number: done,
                of: self.cases.len(),
                limit: own,
            };
            self.at(Whose::Reference, step);
            let mut run = self.run_on(&program, setting)?;
            let answer = reference::answer(&self.exercise.questions, &run.execution.stdout);
            let expected = answer.map(|answer| Expected {
                answer,
                saved: run.saved.clone(),
                concurrency: run.execution.concurrency(),
                run: ReferenceRun::of(&run),
            });
            if let Some(expected) = &expected {
                run.expected.clone_from(&expected.answer);
                run.expected_saved.clone_from(&expected.saved);
            }
            let went_well = run.execution.termination.is_success() && run.files.tampered.is_empty();
            slowest = slowest.max(run.execution.usage.wall);
            answers[number] = expected;
            runs.insert(number, run);
            match next {
                Some(next) if is_apart && went_well => {
                    // Nobody waits for it if the submission has failed already.
                    let _ = next.send(Ready {
                        number,
                        wall: wall_limit(own, slowest),
                    });
                }
                Some(_) if is_apart => break,
                _ => {}
            }
        }
        let runs: Vec<_> = runs.into_values().collect();
        self.prove_observed(&runs)?;
        let evidence = Evidence {
            source: Source::default(),
            left_out: Vec::new(),
            build: BuildEvidence::Built {
                warnings: 0,
                notes: Vec::new(),
            },
            runs,
        };
        reference::prove(
            &self.exercise.reference,
            &self.exercise.questions,
            &evidence,
        )?;
        reference::compare(&self.exercise, &evidence.runs)?;
        let wall = wall_limit(own, slowest);
        if let Some(next) = next.filter(|_| !is_apart) {
            for number in 0..self.cases.len() {
                let _ = next.send(Ready { number, wall });
            }
        }
        Ok(ReferenceProof { answers, wall })
    }

    /// The datasets with their numbers, in the order in which a single submission runs on them.
    fn in_order(&self) -> Vec<(usize, &Case)> {
        let mut order: Vec<_> = self.cases.iter().enumerate().collect();
        if self.two_at_a_time {
            // A run that is observed takes longest, so a submission begins with it. One run at a time begins with the
            // first, since no other needs to be waited for where that fails.
            order.sort_by_key(|(_, case)| !case.is_observed);
        }
        order
    }

    /// All data, for a submission that comes after the reference has passed.
    pub(super) fn all_ready(&self) -> Receiver<Ready> {
        let (sender, ready) = mpsc::channel();
        for (number, _) in self.in_order() {
            let wall = self.run_limits.wall;
            // The other end is here.
            let _ = sender.send(Ready { number, wall });
        }
        ready
    }

    /// Let what the reference did hold for all submissions from now on.
    pub(super) fn accept(&mut self, proof: ReferenceProof) {
        let ReferenceProof { answers, wall } = proof;
        for (case, expected) in self.cases.iter_mut().zip(answers) {
            case.expected = expected;
        }
        self.run_limits.wall = wall;
    }

    /// Make sure that the observer saw all that the reference read. A submission may hide its reads; the
    /// reference does not, so then this machine keeps the observer from it.
    fn prove_observed(&self, runs: &[RunEvidence]) -> Result<(), Fault> {
        let unseen = runs
            .iter()
            .find_map(|run| match &run.execution.observation {
                Some(Observed::Seen(seen)) if seen.attempts.unseen > 0 => {
                    Some(seen.attempts.unseen)
                }
                _ => None,
            });
        match unseen {
            Some(unseen) if self.observer.is_ok() => Err(unobservable(&format!(
                "{} of the reference could not be looked into, because the system does not let this program \
                 look into another",
                count(unseen as usize, "access")
            ))),
            _ => Ok(()),
        }
    }

    /// A program of the course: one that was kept, or one that is built now, as a submission is.
    pub(super) fn course_program(
        &self,
        what: CourseProgram<'_>,
        work_dir: &Path,
    ) -> Result<PathBuf, Fault> {
        let CourseProgram { name, source } = what;
        let failed = |why: String| {
            let message = format!("failed to build the {name}, so nothing was graded");
            Fault::new(FaultKind::Reference, message)
                .because(why)
                .hint(format!("check `{}`", source.display()))
        };
        let copy = folder(work_dir, name)?;
        if !source.is_dir() {
            return Err(failed(format!("there is no folder `{}`", source.display())));
        }
        let snapshot = match intake::admit_folder(source, &copy, &self.settings.course.intake)? {
            Admission::Admitted(snapshot) => snapshot,
            Admission::Refused(refusals) => {
                return Err(failed(
                    refusals
                        .first()
                        .map_or_else(String::new, |r| r.problem.clone()),
                ));
            }
        };
        let programs = reference::Programs::new(&self.settings.cache_dir);
        let identity = self.builder.identity(&self.exercise, &snapshot);
        let program = work_dir.join("program");
        if programs.fetch(&identity, &program) {
            return Ok(program);
        }
        let mut built = self.build(
            Whose::Reference,
            &snapshot,
            &folder(work_dir, &format!("{name}-build"))?,
            BuildOptions::default(),
        )?;
        for attempt in 0..MOST_LAYERS {
            // The cache keeps this program, so it must not contain damaged crates.
            if !self.was_damaged(Whose::Reference, &mut built)? {
                break;
            }
            let output = folder(work_dir, &format!("{name}-again-{attempt}"))?;
            let options = BuildOptions::default();
            built = self.build(Whose::Reference, &snapshot, &output, options)?;
        }
        let Some(program) = built.program else {
            let evidence = Evidence {
                source: Source::default(),
                left_out: Vec::new(),
                build: built.evidence,
                runs: Vec::new(),
            };
            let built = Questions {
                checks: vec![CheckId::Build],
                ..Questions::default()
            };
            return reference::prove(source, &built, &evidence)
                .and_then(|()| Err(failed("the compiler made no program".into())));
        };
        programs.keep(&identity, &program)?;
        Ok(program)
    }
}

/// A program of the course.
#[derive(Clone, Copy)]
pub(super) struct CourseProgram<'a> {
    /// What it is called in messages.
    pub(super) name: &'static str,
    /// The folder of its crate.
    pub(super) source: &'a Path,
}

/// The first lines of what a program of the course wrote, joined, if it wrote any.
pub(super) fn shown_lines(text: &str) -> Option<String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let shown = lines.take(4).collect::<Vec<_>>().join("; ");
    (!shown.is_empty()).then_some(shown)
}

/// The limit on real time of a run, from the exercise's own and the reference's slowest run.
fn wall_limit(own: Duration, slowest: Duration) -> Duration {
    let wanted = slowest.saturating_mul(SLOWER_THAN_REFERENCE);
    own.max(wanted.min(own.saturating_mul(LONGER_THAN_THE_LIMIT)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_machine_gives_more_time_up_to_three_times_as_much() {
        let limit = |own, slowest_ms| {
            wall_limit(Duration::from_secs(own), Duration::from_millis(slowest_ms))
        };
        for (slowest_ms, seconds) in [(0, 10), (200, 10), (300, 15), (600, 30), (60_000, 30)] {
            assert_eq!(limit(10, slowest_ms), Duration::from_secs(seconds));
        }
        assert_eq!(wall_limit(Duration::MAX, Duration::MAX), Duration::MAX);
    }
}
