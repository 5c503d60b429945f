//! Grade one submission, from admission to record.
//!
//! The story, in order: take a private copy; let the reference pass first, on the same seeds, by the same
//! road; build; run once on each seed, on fresh files; look what became of the files; ask the checks;
//! judge; write the record.
//!
//! This is the one place where errors become faults of a record: a machine that fails leaves a
//! submission *not graded*, and so does a panic of our own. Never prints; tells a [`Listener`] instead.

mod hidden;
mod scratch;
mod seeds;
mod submission;

use std::{
    collections::BTreeMap,
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use self::hidden::Hidden;
pub use self::{
    scratch::make_scratch,
    seeds::seeds,
    submission::{Origin, Submission, Taken},
};
use crate::{
    build::{Builder, Built},
    check,
    config::Settings,
    dataset::{self, Dataset},
    evidence::{BuildEvidence, Concurrency, Evidence, Observed, RunEvidence},
    fault::{Fault, FaultKind, text_of},
    intake::{self, Admission, Snapshot},
    record::{self, Record},
    reference,
    spec::Exercise,
    verdict,
};
use fs_scratch::{Scratch, Subfolder};
use ids::{CheckId, Seed};
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

/// What happens, for whoever shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Something that may take long, in words.
    Preparing(String),
    /// The reference is built and run.
    Reference,
    /// The submission is built.
    Building,
    /// The submission runs: the how-manieth of how many.
    Running {
        /// Counted from one.
        number: usize,
        /// All runs.
        of: usize,
    },
}

/// Hears what happens.
pub trait Listener: Sync {
    /// Something happened.
    fn event(&self, event: Event);
}

/// What the reference did on one dataset.
#[derive(Debug, Clone)]
struct Expected {
    answer: String,
    concurrency: Option<Concurrency>,
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
    listener: &'a dyn Listener,
    datasets: Vec<(Seed, Dataset)>,
    answers: BTreeMap<Seed, Expected>,
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
        listener: &'a dyn Listener,
    ) -> Result<Self, Fault> {
        let mut session = Self::new(settings, exercise, seeds, sandbox, listener, &[])?;
        session.prove_reference()?;
        Ok(session)
    }

    /// As [`Session::open`], for many submissions, which must see neither `class`, the folder of all of
    /// them, nor `out`, where their grades go: all that any of them may need is compiled first, and
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
        listener: &'a dyn Listener,
        [class, out]: [&Path; 2],
    ) -> Result<Self, Fault> {
        let class = Hidden::new("the class", class, "hand it over at another place");
        let out = Hidden::new("the output folder", out, "choose another with `--out DIR`");
        let hidden = [class, out];
        let mut session = Self::new(settings, exercise, seeds, sandbox, listener, &hidden)?;
        let tell = |what: &str| listener.event(Event::Preparing(what.to_owned()));
        session.builder.prepare_all(&tell)?;
        session.prove_reference()?;
        Ok(session)
    }

    fn new(
        settings: &'a Settings,
        exercise: Exercise,
        seeds: &[Seed],
        sandbox: Sandbox,
        listener: &'a dyn Listener,
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
        let datasets = seeds
            .iter()
            .map(|&seed| (seed, dataset::generate(&exercise.recipe, seed)))
            .collect();
        Ok(Self {
            run_limits: exercise.run_limits,
            exercise,
            settings,
            builder,
            sandbox,
            scratch,
            stamps,
            listener,
            datasets,
            answers: BTreeMap::new(),
            observer,
            places: AtomicU64::new(0),
        })
    }

    /// The reference by the road of every submission; its answers become the expected ones.
    fn prove_reference(&mut self) -> Result<(), Fault> {
        self.listener.event(Event::Reference);
        let place = self.place()?;
        let place = place.path();
        let program = self.reference_program(place)?;
        let mut runs = Vec::new();
        for (seed, dataset) in &self.datasets {
            let mut run = self.run(&program, *seed, dataset, place)?;
            if let Some(answer) = reference::answer(&run) {
                run.expected.clone_from(&answer);
                let concurrency = run.execution.concurrency();
                self.answers.insert(
                    *seed,
                    Expected {
                        answer,
                        concurrency,
                    },
                );
            }
            runs.push(run);
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
        let snapshot = match intake::admit(source, &copy, &self.settings.course.intake)? {
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
        self.grade_taken(submission, self.take(submission), replay)
    }

    /// Take in one submission: the first step of grading it, by itself, for whoever wants to know
    /// whether it changed before it is built.
    ///
    /// # Errors
    /// The machine's fault, a source that cannot be read, or a panic of our own.
    pub fn take(&self, submission: &Submission) -> Result<Taken, Fault> {
        guarded(|| {
            let place = self.place()?;
            let copy = folder(place.path(), "submission")?;
            let limits = &self.settings.course.intake;
            let home = &self.exercise.home;
            let admission = match &submission.origin {
                Origin::Named(folder) => intake::admit_named(folder, home, &copy, limits),
                Origin::Found(source) => intake::admit_source(source, home, &copy, limits),
            }?;
            Ok(Taken { place, admission })
        })
    }

    /// Grade what was taken in. Always gives a record.
    pub fn grade_taken(
        &self,
        submission: &Submission,
        taken: Result<Taken, Fault>,
        replay: &str,
    ) -> Record {
        let snapshot = taken.as_ref().ok().and_then(Taken::snapshot);
        let digest = snapshot.map(|snapshot| snapshot.digest().clone());
        let judged = taken.and_then(|taken| guarded(|| self.judge(&taken)));
        let (verdict, score, checks, runs, faults) = match judged {
            Ok(judged) => judged,
            Err(fault) => {
                let verdict = verdict::Verdict::NotGraded;
                (verdict, None, Vec::new(), Vec::new(), vec![fault])
            }
        };
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

    /// See all that can be seen of a submission, and judge it.
    fn judge(&self, taken: &Taken) -> Result<Judged, Fault> {
        let evidence = self.examine(taken)?;
        let mut findings = check::run_all(&self.check_ids(), &evidence);
        check::tell_longer_limit(&mut findings, &evidence, self.exercise.run_limits.wall);
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
        Ok((verdict, score, checks, runs, Vec::new()))
    }

    /// All that can be seen of a submission.
    fn examine(&self, taken: &Taken) -> Result<Evidence, Fault> {
        let place = taken.place.path();
        let snapshot = match &taken.admission {
            Admission::Admitted(snapshot) => snapshot,
            Admission::Refused(refusals) => {
                let build = BuildEvidence::Refused(refusals.clone());
                return Ok(Evidence {
                    build,
                    runs: Vec::new(),
                });
            }
        };

        let mut attempt = 0;
        loop {
            let output = folder(place, &format!("build-{attempt}"))?;
            let (evidence, built) = self.build_and_run(snapshot, place, &output)?;
            // A failure counts only if the crates in the program were sound.
            if attempt == MOST_LAYERS || self.is_passed(&evidence) || !self.was_damaged(&built)? {
                return Ok(evidence);
            }
            attempt += 1;
        }
    }

    /// Build a submission in `output`, an empty folder, and run it on every seed.
    fn build_and_run(
        &self,
        snapshot: &Snapshot,
        place: &Path,
        output: &Path,
    ) -> Result<(Evidence, Built), Fault> {
        self.listener.event(Event::Building);
        let built = self.build(snapshot, output)?;
        let mut runs = Vec::new();
        if let Some(program) = &built.program {
            for (number, (seed, dataset)) in self.datasets.iter().enumerate() {
                let of = self.datasets.len();
                self.listener.event(Event::Running {
                    number: number + 1,
                    of,
                });
                let run = self.run(program, *seed, dataset, place)?;
                let went_well = run.execution.termination.is_success();
                runs.push(run);
                // The next would most likely end alike, and the student wait for it.
                if !went_well {
                    break;
                }
            }
        }
        let evidence = Evidence {
            build: built.evidence.clone(),
            runs,
        };
        Ok((evidence, built))
    }

    fn build(&self, snapshot: &Snapshot, output: &Path) -> Result<Built, Fault> {
        let tell = |what: &str| self.listener.event(Event::Preparing(what.to_owned()));
        self.builder
            .build(&self.exercise, snapshot, output, &self.sandbox, &tell)
    }

    fn was_damaged(&self, built: &Built) -> Result<bool, Fault> {
        let tell = |what: &str| self.listener.event(Event::Preparing(what.to_owned()));
        self.builder.was_damaged(built, &tell)
    }

    fn is_passed(&self, evidence: &Evidence) -> bool {
        check::run_all(&self.check_ids(), evidence)
            .iter()
            .all(|finding| finding.status == check::Status::Pass)
    }

    /// Run a program once on fresh files, and look what became of them.
    fn run(
        &self,
        program: &Path,
        seed: Seed,
        dataset: &Dataset,
        place: &Path,
    ) -> Result<RunEvidence, Fault> {
        let data = folder(place, "data")?;
        dataset
            .write(&data)
            .map_err(|fault| fault.hint(MORE_SPACE))?;
        let watch = AccessTimes::arm(&data, dataset.names(), self.stamps)?;
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
        let expected = self.answers.get(&seed);
        Ok(RunEvidence {
            seed,
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

    /// Let another limit hold: that of an earlier session, which this one continues.
    pub fn set_wall_limit(&mut self, limit: Duration) {
        self.run_limits.wall = limit;
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

/// What judging gives: all of a record that is not known before.
type Judged = (
    verdict::Verdict,
    Option<verdict::Score>,
    Vec<record::Check>,
    Vec<record::Run>,
    Vec<Fault>,
);

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
