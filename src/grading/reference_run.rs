//! The reference passes before any submission: its answers become the expected ones, and its time sets the
//! time limit.
//!
//! Never knows a submission.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    around::unobservable,
    execution::{MOST_LAYERS, folder},
    progress::ProgressEvent,
    session::{Expected, Session},
};
use crate::{
    compile::BuildOptions,
    fault::{Fault, FaultKind},
    reference,
};
use evidence::Observed;
use ids::{CheckId, words::count};
use intake::Admission;
use judge::evidence::{BuildEvidence, Evidence, RunEvidence};

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

impl Session<'_> {
    /// Grade the reference as every submission is graded. What it answers is expected of every submission.
    pub(super) fn prove_reference(&self) -> Result<ReferenceProof, Fault> {
        self.progress.event(ProgressEvent::Reference);
        let work_dir = self.work_dir()?;
        let work_dir = work_dir.path();
        let program = self.reference_program(work_dir)?;
        let mut runs = Vec::new();
        let mut answers = Vec::new();
        for case in &self.cases {
            let data = self.data(case)?;
            let mut run = self.run_on(&program, case, data, work_dir, None)?;
            let expected = reference::answer(&run).map(|answer| Expected {
                answer,
                concurrency: run.execution.concurrency(),
            });
            if let Some(expected) = &expected {
                run.expected.clone_from(&expected.answer);
            }
            answers.push(expected);
            runs.push(run);
        }
        self.prove_observed(&runs)?;
        let slowest = reference::slowest(&runs);
        let evidence = Evidence {
            left_out: Vec::new(),
            build: BuildEvidence::Built {
                warnings: 0,
                notes: Vec::new(),
            },
            runs,
        };
        reference::prove(&self.exercise.reference, &self.check_ids(), &evidence)?;
        reference::compare(&self.exercise, &evidence.runs)?;
        Ok(ReferenceProof {
            answers,
            wall: wall_limit(self.run_limits.wall, slowest),
        })
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

    fn reference_program(&self, work_dir: &Path) -> Result<PathBuf, Fault> {
        let failed = |why: String| {
            Fault::new(
                FaultKind::Reference,
                "failed to build the reference, so nothing was graded",
            )
            .because(why)
            .hint(format!("check `{}`", self.exercise.reference.display()))
        };
        let copy = folder(work_dir, "reference")?;
        let source = &self.exercise.reference;
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
            &snapshot,
            &folder(work_dir, "reference-build")?,
            BuildOptions::default(),
        )?;
        for attempt in 0..MOST_LAYERS {
            // The cache keeps this program, so it must not contain damaged crates.
            if !self.was_damaged(&mut built)? {
                break;
            }
            let output = folder(work_dir, &format!("reference-again-{attempt}"))?;
            built = self.build(&snapshot, &output, BuildOptions::default())?;
        }
        let Some(program) = built.program else {
            let evidence = Evidence {
                left_out: Vec::new(),
                build: built.evidence,
                runs: Vec::new(),
            };
            return reference::prove(source, &[CheckId::Build], &evidence)
                .and_then(|()| Err(failed("the compiler made no program".into())));
        };
        programs.keep(&identity, &program)?;
        Ok(program)
    }
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
