//! Grade one submission, from admission to record.
//!
//! A session is made once: it generates the data of every seed, and the reference passes first, on the same
//! seeds and in the same way as every submission. Then each submission goes through these steps:
//!
//! 1. *admit*: a private copy, or the reasons why there is none;
//! 2. *build*: a program, or what the compiler said;
//! 3. *run*: once on each seed, on fresh files, and what became of the files;
//! 4. *check*: a finding for each check of the exercise;
//! 5. *score*: verdict, points and record.
//!
//! This is the one place where errors become faults of a record: a machine that fails leaves a
//! submission *not graded*, and so does a panic of our own. Never prints; reports to a [`Progress`] instead.

mod hidden;
mod progress;
mod scratch;
mod seeds;
mod submission;

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use self::{hidden::Hidden, submission::refusal};
pub use self::{
    progress::{Progress, ProgressEvent},
    scratch::make_scratch,
    seeds::seeds,
    submission::{Intake, Origin, Submission},
};
use crate::{
    compile::{Builder, Built},
    config::Settings,
    course::Exercise,
    fault::{Fault, FaultKind, text_of},
    reference,
};
use dataset::Dataset;
use evidence::{Concurrency, Observed};
use fs_scratch::{Scratch, Subfolder};
use ids::{CheckId, Seed};
use intake::{Admission, Snapshot};
use judge::{
    check,
    evidence::{BuildEvidence, Evidence, RunEvidence},
    record::{self, Record},
    verdict,
};
use observer::{AccessTimes, ObserverOptions, Stamps};
use sandbox::{Job, Limits, Sandbox, Stage, Tier};

/// A submission's run may take this many times as long as the reference's slowest, where that is more
/// than the exercise's own limit: a slow machine is slow for everybody.
const SLOWER_THAN_REFERENCE: u32 = 50;

/// And yet not more than this many times the exercise's own limit: a reference that was slow for once does
/// not let everybody take as long as they like.
const LONGER_THAN_THE_LIMIT: u32 = 3;

/// Layers of compiled crates that a program may be made of, one after the other, all damaged.
const MOST_LAYERS: u32 = 2;

/// What to do about a temporary folder that fails.
const MORE_SPACE: &str = "free some space, or choose another place with `--temp-dir DIR`";

/// One dataset on which every submission runs.
struct Case {
    seed: Seed,
    dataset: Dataset,
    /// What the reference did on it. None until it ran, and where it gave no answer.
    expected: Option<Expected>,
}

/// What the reference did on one dataset.
#[derive(Debug, Clone)]
struct Expected {
    answer: String,
    concurrency: Option<Concurrency>,
}

/// What a session for a whole class has to know more than one for a single submission.
#[derive(Debug, Clone, Copy)]
pub struct ClassSetup<'a> {
    /// The folder of all submissions, which none of them may see.
    pub class: &'a Path,
    /// The folder of the grades, which none of them may see.
    pub out: &'a Path,
    /// The limit on real time of an earlier session that this one continues.
    pub wall_limit: Option<Duration>,
}

/// All that is needed to grade submissions of one exercise on the same seeds, with the reference's
/// answers. Cheap to use again and again.
pub struct Session<'a> {
    exercise: Exercise,
    settings: &'a Settings,
    builder: Builder,
    sandbox: Sandbox,
    scratch: Scratch,
    stamps: Stamps,
    progress: &'a dyn Progress,
    cases: Vec<Case>,
    /// Whether runs can be observed here; if not, why.
    observer: Result<(), String>,
    run_limits: Limits,
    places: AtomicU64,
}

impl<'a> Session<'a> {
    /// Prepare, and let the reference pass.
    ///
    /// # Errors
    /// The machine cannot grade, or the reference fails (then its kind says so).
    pub fn open(
        settings: &'a Settings,
        exercise: Exercise,
        seeds: &[Seed],
        sandbox: Sandbox,
        progress: &'a dyn Progress,
    ) -> Result<Self, Fault> {
        let mut session = Self::new(settings, exercise, seeds, sandbox, progress, &[])?;
        session.prove_reference()?;
        Ok(session)
    }

    /// As [`Session::open`], for many submissions: all that any of them may need is compiled first, and
    /// proven to be what it was. Then what one gets does not depend on who was graded before it, and
    /// nothing is replaced while others use it.
    ///
    /// # Errors
    /// As [`Session::open`].
    pub fn open_for_class(
        settings: &'a Settings,
        exercise: Exercise,
        seeds: &[Seed],
        sandbox: Sandbox,
        progress: &'a dyn Progress,
        setup: ClassSetup<'_>,
    ) -> Result<Self, Fault> {
        let hidden = [
            Hidden::new("the class", setup.class, "hand it over at another place"),
            Hidden::new(
                "the output folder",
                setup.out,
                "choose another with `--out DIR`",
            ),
        ];
        let mut session = Self::new(settings, exercise, seeds, sandbox, progress, &hidden)?;
        session
            .builder
            .prepare_all(&|what| session.preparing(what))?;
        session.prove_reference()?;
        if let Some(limit) = setup.wall_limit {
            session.run_limits.wall = limit;
        }
        Ok(session)
    }

    fn new(
        settings: &'a Settings,
        exercise: Exercise,
        seeds: &[Seed],
        sandbox: Sandbox,
        progress: &'a dyn Progress,
        hidden: &[Hidden<'_>],
    ) -> Result<Self, Fault> {
        sandbox::prove_grants(Stage::Run, &exercise.run_limits)?;
        sandbox::prove_grants(Stage::Build, &exercise.build_limits)?;
        let observer = observer::can_observe(&sandbox)?;
        let builder = Builder::new(
            &settings.course,
            &settings.cache_dir,
            sandbox.cancellation(),
        )?;
        let (scratch, stamps) = make_scratch(settings.temp_dir.as_deref())?;
        if sandbox.tier() > Tier::None {
            let own = hidden::of_every_grading(settings, &exercise, &scratch);
            hidden::prove(&builder.shown(), own.iter().chain(hidden))?;
        }
        let cases = seeds.iter().map(|&seed| Case {
            seed,
            dataset: dataset::generate(&exercise.recipe, seed.0),
            expected: None,
        });
        let cases = cases.collect();
        Ok(Self {
            run_limits: exercise.run_limits,
            exercise,
            settings,
            builder,
            sandbox,
            scratch,
            stamps,
            progress,
            cases,
            observer,
            places: AtomicU64::new(0),
        })
    }

    /// Grade the reference as every submission is graded; its answers become the expected ones.
    fn prove_reference(&mut self) -> Result<(), Fault> {
        self.progress.event(ProgressEvent::Reference);
        let place = self.place()?;
        let place = place.path();
        let program = self.reference_program(place)?;
        let mut runs = Vec::new();
        let mut answers = Vec::new();
        for case in &self.cases {
            let mut run = self.run(&program, case, place)?;
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
        for (case, expected) in self.cases.iter_mut().zip(answers) {
            case.expected = expected;
        }
        let slowest = reference::slowest(&runs);
        let evidence = Evidence {
            build: BuildEvidence::Built { warnings: 0 },
            runs,
        };
        reference::prove(&self.exercise.reference, &self.check_ids(), &evidence)?;
        reference::compare(&self.exercise, &evidence.runs)?;
        self.run_limits.wall = wall_limit(self.run_limits.wall, slowest);
        Ok(())
    }

    fn reference_program(&self, place: &Path) -> Result<PathBuf, Fault> {
        let failed = |why: String| {
            Fault::new(
                FaultKind::Reference,
                "failed to build the reference, so nothing was graded",
            )
            .because(why)
            .hint(format!("look into `{}`", self.exercise.reference.display()))
        };
        let copy = folder(place, "reference")?;
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
        let program = place.join("program");
        if programs.fetch(&identity, &program) {
            return Ok(program);
        }
        let mut built = self.build(&snapshot, &folder(place, "reference-build")?)?;
        for attempt in 0..MOST_LAYERS {
            // It is kept for long, so it is not made of what was damaged.
            if !self.was_damaged(&built)? {
                break;
            }
            let output = folder(place, &format!("reference-again-{attempt}"))?;
            built = self.build(&snapshot, &output)?;
        }
        let Some(program) = built.program else {
            let evidence = Evidence {
                build: built.evidence,
                runs: Vec::new(),
            };
            return reference::prove(source, &[CheckId::Build], &evidence)
                .and_then(|()| Err(failed("no program came out".into())));
        };
        programs.keep(&identity, &program)?;
        Ok(program)
    }

    /// Grade one submission. Always gives a record: what fails on our side is in it.
    pub fn grade(&self, submission: &Submission, replay: &str) -> Record {
        self.grade_admitted(submission, self.admit(submission), replay)
    }

    /// Admit one submission: the first step of grading it, by itself, for whoever wants to know whether it
    /// changed before it is built.
    ///
    /// # Errors
    /// The machine's fault, a source that cannot be read, or a panic of our own.
    pub fn admit(&self, submission: &Submission) -> Result<Intake, Fault> {
        guarded(|| {
            let place = self.place()?;
            let copy = folder(place.path(), "submission")?;
            let limits = &self.settings.course.intake;
            let home = &self.exercise.home;
            let admission = match &submission.origin {
                Origin::Named(folder) => intake::admit_named(folder, home, &copy, limits),
                Origin::Found(source) => intake::admit_source(source, home, &copy, limits),
            }?;
            Ok(Intake { place, admission })
        })
    }

    /// Grade what was admitted. Always gives a record.
    pub fn grade_admitted(
        &self,
        submission: &Submission,
        intake: Result<Intake, Fault>,
        replay: &str,
    ) -> Record {
        let snapshot = intake.as_ref().ok().and_then(Intake::snapshot);
        let digest = snapshot.map(|snapshot| snapshot.digest().clone());
        let graded = intake.and_then(|intake| {
            guarded(|| {
                let evidence = self.build_and_run(&intake)?;
                Ok(self.check_and_score(&evidence))
            })
        });
        let Graded {
            verdict,
            score,
            checks,
            runs,
            faults,
        } = graded.unwrap_or_else(Graded::not_graded);
        let (tier, observer) = self.grader();
        Record {
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
            },
            verdict: verdict.into(),
            score: score.map(record::Score::from),
            checks,
            runs,
            faults,
            notice: self.exercise.notice.clone(),
            replay: replay.to_owned(),
        }
    }

    /// Build a submission and run it: all that can be seen of it.
    fn build_and_run(&self, intake: &Intake) -> Result<Evidence, Fault> {
        let place = intake.place.path();
        let snapshot = match &intake.admission {
            Admission::Admitted(snapshot) => snapshot,
            Admission::Refused(refusals) => {
                return Ok(Evidence {
                    build: BuildEvidence::Refused(refusals.iter().map(refusal).collect()),
                    runs: Vec::new(),
                });
            }
        };
        let mut attempt = 0;
        loop {
            self.progress.event(ProgressEvent::Building);
            let output = folder(place, &format!("build-{attempt}"))?;
            let built = self.build(snapshot, &output)?;
            let runs = match &built.program {
                Some(program) => self.run_all(program, place)?,
                None => Vec::new(),
            };
            let evidence = Evidence {
                build: built.evidence.clone(),
                runs,
            };
            // A failure counts only if the crates in the program were sound.
            if attempt == MOST_LAYERS || self.is_passed(&evidence) || !self.was_damaged(&built)? {
                return Ok(evidence);
            }
            attempt += 1;
        }
    }

    /// Run a program on every dataset, up to the first run that fails: the next would most likely end alike,
    /// and the student wait for it.
    fn run_all(&self, program: &Path, place: &Path) -> Result<Vec<RunEvidence>, Fault> {
        let of = self.cases.len();
        let mut runs = Vec::new();
        for (number, case) in (1..).zip(&self.cases) {
            self.progress.event(ProgressEvent::Running { number, of });
            let run = self.run(program, case, place)?;
            let went_well = run.execution.termination.is_success();
            runs.push(run);
            if !went_well {
                break;
            }
        }
        Ok(runs)
    }

    /// Ask the checks, and turn their answers into points.
    fn check_and_score(&self, evidence: &Evidence) -> Graded {
        let mut findings = check::run_all(&self.check_ids(), evidence);
        check::note_extended_limit(&mut findings, evidence, self.exercise.run_limits.wall);
        let (verdict, score) = verdict::decide(&findings, &self.exercise.checks);
        let checks = findings
            .iter()
            .zip(&self.exercise.checks)
            .map(|(finding, spec)| record::Check::new(finding, spec))
            .collect();
        let mut runs: Vec<_> = evidence.runs.iter().map(record::Run::from).collect();
        // One picture is enough, and one is what a class can keep.
        if let (Some(run), Some(seen)) = (runs.first_mut(), evidence.runs.first()) {
            run.take_timeline(seen);
        }
        Graded {
            verdict,
            score,
            checks,
            runs,
            faults: Vec::new(),
        }
    }

    fn preparing(&self, what: &str) {
        let event = ProgressEvent::Preparing(what.to_owned());
        self.progress.event(event);
    }

    fn build(&self, snapshot: &Snapshot, output: &Path) -> Result<Built, Fault> {
        let tell = |what: &str| self.preparing(what);
        self.builder
            .build(&self.exercise, snapshot, output, &self.sandbox, &tell)
    }

    fn was_damaged(&self, built: &Built) -> Result<bool, Fault> {
        self.builder
            .was_damaged(built, &|what| self.preparing(what))
    }

    fn is_passed(&self, evidence: &Evidence) -> bool {
        check::run_all(&self.check_ids(), evidence)
            .iter()
            .all(|finding| finding.status == check::Status::Pass)
    }

    /// Run a program once on fresh files, and look what became of them.
    fn run(&self, program: &Path, case: &Case, place: &Path) -> Result<RunEvidence, Fault> {
        let data = folder(place, "data")?;
        case.dataset.write(&data).map_err(|error| {
            Fault::io(FaultKind::Disk, "write the data files into", &data, &error).hint(MORE_SPACE)
        })?;
        let watch = AccessTimes::arm(&data, case.dataset.names(), self.stamps)?;
        let temporary = folder(place, "tmp")?;
        let mut job = Job::new(program, &data, &self.run_limits).scratch(&temporary);
        job.environment = vec![
            ("PATH".into(), "/usr/local/bin:/usr/bin:/bin".into()),
            ("LANG".into(), "C.UTF-8".into()),
            ("TMPDIR".into(), text_of(&temporary)?),
        ];
        let execution = match &self.observer {
            Ok(()) => {
                let options = ObserverOptions {
                    processors: self.exercise.processors,
                    ..ObserverOptions::default()
                };
                observer::observe(&self.sandbox, &job, &data, options)?
            }
            Err(reason) => {
                let reason = reason.clone();
                let mut execution = self.sandbox.run(&job)?;
                execution.observation = Some(Observed::Unavailable { reason });
                execution
            }
        };
        let files = watch.compare()?;
        for used in [&data, &temporary] {
            fs_scratch::remove_tree(used)
                .map_err(|error| Fault::io(FaultKind::Disk, "remove", used, &error))?;
        }
        let expected = case.expected.as_ref();
        Ok(RunEvidence {
            seed: case.seed,
            expected: expected.map_or_else(String::new, |expected| expected.answer.clone()),
            reference_concurrency: expected.and_then(|expected| expected.concurrency),
            execution,
            files,
        })
    }

    /// A new empty folder for one submission, removed when dropped.
    fn place(&self) -> Result<Subfolder, Fault> {
        let number = self.places.fetch_add(1, Ordering::Relaxed);
        self.scratch
            .subfolder(&number.to_string())
            .map_err(|error| Fault::from(error).hint(MORE_SPACE))
    }

    fn check_ids(&self) -> Vec<CheckId> {
        self.exercise.checks.iter().map(|check| check.id).collect()
    }

    /// The limit on real time that holds for runs of this session.
    #[must_use]
    pub fn wall_limit(&self) -> Duration {
        self.run_limits.wall
    }

    /// The compiler's own account of itself.
    #[must_use]
    pub fn toolchain_identity(&self) -> &str {
        self.builder.toolchain_identity()
    }

    /// How submissions are isolated, and how their reads are seen, as written in records.
    #[must_use]
    pub fn grader(&self) -> (String, String) {
        let observer = match self.observer {
            Ok(()) => "seccomp-notify",
            Err(_) => "file-times",
        };
        (self.sandbox.tier().to_string(), observer.to_owned())
    }
}

/// What grading finds out: all of a record that is not known before.
struct Graded {
    verdict: verdict::Verdict,
    score: Option<verdict::Score>,
    checks: Vec<record::Check>,
    runs: Vec<record::Run>,
    faults: Vec<record::Fault>,
}

impl Graded {
    /// Of a submission that our fault kept from being graded.
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

/// Turn a panic of ours into a fault, so that it costs one submission and not a class.
fn guarded<T>(work: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let why = panic
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_default();
        Err(Fault::new(
            FaultKind::Internal,
            "failed to grade: a mistake in this program",
        )
        .because(why)
        .hint("please report it, with the submission"))
    })
}

/// The limit on real time of a run, from the exercise's own and the reference's slowest run.
fn wall_limit(own: Duration, slowest: Duration) -> Duration {
    let wished = slowest.saturating_mul(SLOWER_THAN_REFERENCE);
    own.max(wished.min(own.saturating_mul(LONGER_THAN_THE_LIMIT)))
}

fn folder(place: &Path, name: &str) -> Result<PathBuf, Fault> {
    let path = place.join(name);
    fs::create_dir(&path)
        .map_err(|error| Fault::io(FaultKind::Disk, "create", &path, &error).hint(MORE_SPACE))?;
    Ok(path)
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
