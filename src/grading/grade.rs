//! One submission, step by step: admit, build, run, check, score.
//!
//! Faults and panics of this program become faults of the record here.

use std::{
    path::Path,
    sync::mpsc::{self, Receiver},
    thread,
    time::SystemTime,
};

use super::{
    earlier::{Current, Memory},
    execution::{MOST_LAYERS, folder},
    guard::{guarded, joined},
    progress::{Step, Whose},
    reference_run::{Ready, ReferenceProof},
    seeds::{ObserveRequest, RunPlan},
    session::Session,
    submission::{Intake, Origin, Submission, left_out, refusal, source},
    total::Runnable,
};
use crate::{
    compile::{BuildOptions, Built, Incremental},
    course::NamedMistake,
    fault::{Fault, FaultKind},
};
use ids::Seed;
use intake::{self, Admission, FileId, Snapshot};
use judge::{
    Source,
    check::{self, Finding},
    evidence::{BuildEvidence, Evidence, RunEvidence},
    record::{self, Record},
    verdict,
};
use sandbox::Tier;

/// One submission to grade, and what of an earlier grading may answer for it.
pub struct Single<'a> {
    /// The submission.
    pub submission: &'a Submission,
    /// The seeds that the user typed.
    pub seeds: &'a [Seed],
    /// The runs that the user wants to have observed.
    pub observe: ObserveRequest,
    /// Whether it is to be run again even if nothing changed.
    pub fresh: bool,
    /// How often it runs again on each dataset, to see whether its total changes.
    pub repeat: u32,
    /// Whether this grading may be the answer to the next one, and the one before to this one.
    pub is_remembered: bool,
    /// Reports that this program wrote into the submission's folder, which are no part of it.
    pub own: &'a [FileId],
    /// The command that does the same again.
    pub replay: &'a (dyn Fn(&RunPlan) -> String + Sync),
}

/// A record, and what is known of the grading before it.
#[derive(Debug)]
pub struct SingleRecord {
    /// The record.
    pub record: Record,
    /// When it was made, if nothing changed since.
    pub unchanged_since: Option<SystemTime>,
    /// The record of the last grading of the same folder, if this one was made now.
    pub before: Option<Record>,
    /// Whether the work has a `static mut`.
    pub has_static_mut: bool,
}

/// The first attempt at a build, and its runs if they were made already. It is not known yet what is expected of them.
pub(super) struct FirstBuild {
    built: Built,
    runs: Option<Vec<RunEvidence>>,
}

impl Session<'_> {
    /// Grade one submission. If nothing changed since it was graded last, that record is the answer. Otherwise the
    /// reference passes beside the compiler, which needs no answer of the reference. The submission runs on the data
    /// on which the reference has run already, and perhaps while the reference runs on the next. Its runs count only
    /// if the reference has passed on all.
    ///
    /// # Errors
    /// The reference fails, or the machine failed at it; nothing is known of the submission then.
    pub fn grade_single(mut self, single: &Single<'_>) -> Result<SingleRecord, Fault> {
        let intake = self.admit_single(single);
        let memory = match &intake {
            Ok(intake) if single.is_remembered => self.memory(single.submission, intake),
            _ => None,
        };
        let has_static_mut = has_static_mut(&intake);
        if let Some(memory) = &memory
            && !single.fresh
            && let Some((entry, since)) = memory.unchanged(single.seeds, single.observe, &self.plan)
        {
            let snapshot = intake.as_ref().ok().and_then(Intake::snapshot);
            let mut record = entry.record.clone();
            record.replay = (single.replay)(&entry.plan());
            record.submission.graded = single.submission.origin.graded(snapshot);
            return Ok(SingleRecord {
                record,
                unchanged_since: Some(since),
                before: None,
                has_static_mut,
            });
        }
        let (proof, first) = self.prove_beside(&intake, memory.as_ref());
        self.accept(proof?);
        let replay = (single.replay)(&self.plan);
        let (record, built) =
            self.grade_prepared(single.submission, &intake, first, (&replay, single.repeat));
        self.note_try(single, &record);
        let before = memory.as_ref().and_then(Memory::last);
        if let Some(memory) = memory {
            // A cache that cannot be written costs time the next time, and never this record.
            let _ = memory.keep(&self.plan, &record, built.as_ref());
        }
        Ok(SingleRecord {
            record,
            unchanged_since: None,
            before,
            has_static_mut,
        })
    }

    /// Let the reference pass, and meanwhile build a submission and run it, if it was admitted.
    pub(super) fn prove_beside(
        &self,
        intake: &Result<Intake, Fault>,
        memory: Option<&Memory>,
    ) -> (
        Result<ReferenceProof, Fault>,
        Option<Result<FirstBuild, Fault>>,
    ) {
        let (sender, ready) = mpsc::channel();
        thread::scope(|scope| {
            let reference = scope.spawn(move || guarded(|| self.prove_reference(Some(&sender))));
            let first = self.build_and_run_first(intake, memory, ready);
            (joined(reference), first)
        })
    }

    /// Build a submission, if it was admitted, and run it on the data that are ready.
    pub(super) fn build_and_run_first(
        &self,
        intake: &Result<Intake, Fault>,
        memory: Option<&Memory>,
        ready: Receiver<Ready>,
    ) -> Option<Result<FirstBuild, Fault>> {
        let intake = intake.as_ref().ok()?;
        let snapshot = intake.snapshot()?;
        Some(guarded(|| {
            let work_dir = intake.work_dir.path();
            let kept = memory.and_then(|memory| memory.program(work_dir));
            let built = kept.map_or_else(|| self.first_build(intake, snapshot), Ok)?;
            let runs = self.run_after_reference(&built, work_dir, ready)?;
            Ok(FirstBuild {
                built,
                runs: Some(runs),
            })
        }))
    }

    /// What an earlier grading of the same folder may answer. None where a program could have reached the cache.
    pub(super) fn memory(&self, submission: &Submission, intake: &Intake) -> Option<Memory> {
        let path = submission.origin.named()?;
        let snapshot = intake.snapshot()?;
        if self.sandbox.tier() < Tier::Confined {
            return None;
        }
        // Where they cannot be read, the reference's failure tells more.
        let inputs = self.local_inputs().ok()?;
        let current = Current {
            inputs,
            content: intake.content(),
            identity: self.builder.identity(&self.exercise, snapshot),
        };
        Some(Memory::of(&self.settings.cache_dir, &path, current))
    }

    /// Admit one submission: the first step of grading, on its own, because a batch needs the digest before
    /// it builds.
    ///
    /// # Errors
    /// The machine's fault, a source that cannot be read, or a panic of our own.
    pub fn admit(&self, submission: &Submission) -> Result<Intake, Fault> {
        self.admit_to(submission, None, &[])
    }

    /// Admit a submission on which the compiler may keep notes, if they can be kept out of the reach of every other
    /// submission, and if the job's user can reach them.
    pub(super) fn admit_single(&self, single: &Single<'_>) -> Result<Intake, Fault> {
        let tier = self.sandbox.tier();
        let is_reached = tier == Tier::Full || !rustix::process::geteuid().is_root();
        let is_kept_apart = single.is_remembered && tier >= Tier::Confined && is_reached;
        let cache = &self.settings.cache_dir;
        let incremental = single
            .submission
            .origin
            .named()
            .filter(|_| is_kept_apart)
            // A folder that holds our own folders would be copied with them.
            .filter(|path| !is_below(cache, path) && !is_below(self.scratch.path(), path))
            .and_then(|path| Incremental::claim(cache, &path));
        self.admit_to(single.submission, incremental, single.own)
    }

    fn admit_to(
        &self,
        submission: &Submission,
        incremental: Option<Incremental>,
        own: &[FileId],
    ) -> Result<Intake, Fault> {
        guarded(|| {
            self.at(Whose::Submission, Step::Admission);
            let work_dir = self.work_dir()?;
            let copy = match &incremental {
                Some(place) => place.source(),
                None => folder(work_dir.path(), "submission")?,
            };
            let limits = &self.settings.course.intake;
            let wanted = self.exercise.wanted_among(&self.among);
            let admission = match &submission.origin {
                Origin::Named(folder) => intake::admit_named(folder, wanted, &copy, limits, own),
                Origin::Found(source) => intake::admit_source(source, wanted, &copy, limits),
            }?;
            self.at(Whose::Submission, Step::Done);
            Ok(Intake {
                work_dir,
                admission,
                incremental,
                processor: None,
            })
        })
    }

    /// Grade what was admitted. Always returns a record; a fault is part of it.
    pub fn grade_admitted(
        &self,
        submission: &Submission,
        intake: &Result<Intake, Fault>,
        replay: &str,
    ) -> Record {
        self.grade_prepared(submission, intake, None, (replay, 0)).0
    }

    /// Grade what was admitted, and perhaps built, with the command that does the same again, and with so many further
    /// runs. Always returns a record; and what was built, if anything was.
    pub(super) fn grade_prepared(
        &self,
        submission: &Submission,
        intake: &Result<Intake, Fault>,
        first: Option<Result<FirstBuild, Fault>>,
        (replay, repeat): (&str, u32),
    ) -> (Record, Option<Built>) {
        let snapshot = intake.as_ref().ok().and_then(Intake::snapshot);
        let digest = snapshot.map(|snapshot| snapshot.digest().clone());
        let omitted = snapshot.map(|snapshot| snapshot.left_out().clone());
        let omitted = omitted.unwrap_or_default();
        let graded = submission.origin.graded(snapshot);
        let result = intake.as_ref().map_err(Clone::clone).and_then(|intake| {
            guarded(|| {
                let (evidence, built) = self.build_and_run(intake, first.transpose()?)?;
                let program = built.as_ref().and_then(|built| built.program.as_deref());
                let runnable = program.map(|program| Runnable {
                    program,
                    work_dir: intake.work_dir.path(),
                    repeat,
                });
                Ok((self.check_and_score(&evidence, runnable)?, built))
            })
        });
        let (graded_as, built) = result.unwrap_or_else(|fault| (Graded::not_graded(fault), None));
        let Graded {
            verdict,
            score,
            checks,
            runs,
            faults,
        } = graded_as;
        let (tier, observer) = self.grader();
        let record = Record {
            schema: record::SCHEMA.to_owned(),
            grader: record::Grader {
                version: env!("CARGO_PKG_VERSION").to_owned(),
                tier,
                observer,
            },
            exercise: self.exercise.id.clone(),
            submission: record::Submission {
                id: submission.id.clone(),
                digest,
                left_out: omitted
                    .listed()
                    .iter()
                    .map(|one| record::LeftOut::from(&left_out(one)))
                    .collect(),
                left_out_more: omitted.more(),
                graded,
            },
            verdict: verdict.into(),
            score: score.map(record::Score::from),
            checks,
            runs,
            faults,
            notice: self.exercise.notice.clone(),
            replay: replay.to_owned(),
        };
        (record, built)
    }

    fn first_build(&self, intake: &Intake, snapshot: &Snapshot) -> Result<Built, Fault> {
        let output = folder(intake.work_dir.path(), "build-0")?;
        let place = intake.incremental.as_ref().filter(|place| place.open());
        let options = BuildOptions {
            incremental: place,
            processor: intake.processor,
        };
        let built = self.build(Whose::Submission, snapshot, &output, options);
        // A compiler that was stopped had not yet put its new notes in the place of the earlier ones.
        let is_sound = match &built {
            Ok(_) => true,
            Err(fault) => fault.kind == FaultKind::Interrupted,
        };
        if let Some(place) = place.filter(|_| is_sound) {
            place.seal();
        }
        built
    }

    /// Build a submission, unless that was done, and run it: all evidence of it, and what was built.
    fn build_and_run(
        &self,
        intake: &Intake,
        first: Option<FirstBuild>,
    ) -> Result<(Evidence, Option<Built>), Fault> {
        let work_dir = intake.work_dir.path();
        let snapshot = match &intake.admission {
            Admission::Admitted(snapshot) => snapshot,
            Admission::Refused(refusals) => {
                let evidence = Evidence {
                    source: Source::default(),
                    left_out: Vec::new(),
                    build: BuildEvidence::Refused(refusals.iter().map(refusal).collect()),
                    runs: Vec::new(),
                };
                return Ok((evidence, None));
            }
        };
        let FirstBuild {
            mut built,
            runs: mut first_runs,
        } = match first {
            Some(first) => first,
            None => FirstBuild {
                built: self.first_build(intake, snapshot)?,
                runs: None,
            },
        };
        for (case, run) in self.cases.iter().zip(first_runs.iter_mut().flatten()) {
            case.expect(run);
        }
        let mut attempt = 0;
        loop {
            let runs = match (first_runs.take(), &built.program) {
                (Some(runs), _) => runs,
                (None, Some(program)) => self.run_all(program, work_dir, intake.processor)?,
                (None, None) => Vec::new(),
            };
            let evidence = Evidence {
                source: source(snapshot)?,
                left_out: snapshot.left_out().listed().iter().map(left_out).collect(),
                build: built.evidence.clone(),
                runs,
            };
            // A failure counts only if the crates in the program were sound.
            let counts = attempt == MOST_LAYERS || self.is_passed(&evidence);
            if counts || !self.was_damaged(Whose::Submission, &mut built)? {
                return Ok((evidence, Some(built)));
            }
            attempt += 1;
            let output = folder(work_dir, &format!("build-{attempt}"))?;
            let options = BuildOptions {
                incremental: None,
                processor: intake.processor,
            };
            built = self.build(Whose::Submission, snapshot, &output, options)?;
        }
    }

    fn is_passed(&self, evidence: &Evidence) -> bool {
        check::run_all(&self.exercise.questions, evidence)
            .iter()
            .all(|finding| finding.status == check::Status::Pass)
    }

    /// Say in the exercise's words what it knows of a mistake that a check named.
    fn say_known_mistakes(&self, findings: &mut [Finding]) {
        for finding in findings {
            let is_it = |known: &&NamedMistake| {
                known.check == finding.id && finding.diagnosis.as_deref() == Some(&*known.id)
            };
            if let Some(known) = self.exercise.mistakes.iter().find(is_it) {
                // The numbers are in the details.
                finding.message.clone_from(&known.says);
                finding.hint = Some(known.advice.clone());
            }
        }
    }

    /// Run the checks, and turn their findings into points.
    fn check_and_score(
        &self,
        evidence: &Evidence,
        runnable: Option<Runnable<'_>>,
    ) -> Result<Graded, Fault> {
        let mut findings = check::run_all(&self.exercise.questions, evidence);
        self.explain_total(&mut findings, &evidence.runs, runnable)?;
        self.say_known_mistakes(&mut findings);
        check::note_extended_limit(&mut findings, evidence, self.exercise.run_limits.wall);
        let (verdict, score) = verdict::decide(&findings, &self.exercise.checks);
        let checks = findings
            .iter()
            .zip(&self.exercise.checks)
            .map(|(finding, spec)| record::Check::new(finding, spec))
            .collect();
        let published = |run| record::Run::new(run, &self.exercise.questions);
        let mut runs: Vec<_> = evidence.runs.iter().map(published).collect();
        // The timeline of one observed run is enough; those of all runs would be too large for a class. It is that of
        // the first failure, if that is of an observed run.
        let failed = findings
            .iter()
            .find(|finding| finding.status == check::Status::Fail);
        let failed = failed.and_then(|finding| finding.details.seed);
        let observed = || runs.iter().enumerate().filter(|(_, run)| run.observed);
        let told = observed().find(|(_, run)| Some(run.seed) == failed);
        let told = told.or_else(|| observed().next()).map(|(number, _)| number);
        if let Some(number) = told {
            let (run, evidence_of_run) = (&mut runs[number], &evidence.runs[number]);
            run.take_timeline(evidence_of_run);
            let reference = self.reference_runs().find(|(seed, _)| *seed == run.seed);
            run.reference = reference.map(|(_, reference)| reference.clone());
        }
        Ok(Graded {
            verdict,
            score,
            checks,
            runs,
            faults: Vec::new(),
        })
    }
}

/// The result of a grading: the part of a record that is not known before.
struct Graded {
    verdict: verdict::Verdict,
    score: Option<verdict::Score>,
    checks: Vec<record::Check>,
    runs: Vec<record::Run>,
    faults: Vec<record::Fault>,
}

impl Graded {
    /// The result where a fault of ours prevented the grading.
    fn not_graded(fault: Fault) -> Self {
        Self {
            verdict: verdict::Verdict::NotGraded,
            score: None,
            checks: Vec::new(),
            runs: Vec::new(),
            faults: vec![fault.into()],
        }
    }
}

/// Whether the source that was admitted has a `static mut`. Words depend on it alone, so no failure here counts.
fn has_static_mut(intake: &Result<Intake, Fault>) -> bool {
    let snapshot = intake.as_ref().ok().and_then(Intake::snapshot);
    snapshot.is_some_and(|snapshot| source(snapshot).is_ok_and(|source| source.has_static_mut()))
}

/// Whether a path lies in `folder`, as far as both can be found.
fn is_below(path: &Path, folder: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    real(path).starts_with(real(folder))
}
