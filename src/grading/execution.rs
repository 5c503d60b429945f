//! Build a program and run it on every dataset, for submissions and for the reference alike.
//!
//! Never judges what a program does.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::Ordering,
    time::Duration,
};

use super::{
    cases::Case,
    data::{DataFolder, remove},
    progress::{Step, Whose},
    saved,
    session::Session,
};
use crate::{
    compile::{BuildOptions, Built},
    fault::{Fault, FaultKind, path_to_str},
};
use evidence::{Execution, Observed, Termination};
use fs_scratch::Subfolder;
use intake::Snapshot;
use judge::evidence::RunEvidence;
use observer::ObserverOptions;
use sandbox::{Job, Limits};

/// How many times a submission is built again because the compiled crates in it were damaged.
pub(super) const MOST_LAYERS: u32 = 2;

impl Session<'_> {
    pub(super) fn build(
        &self,
        whose: Whose,
        snapshot: &Snapshot,
        output: &Path,
        options: BuildOptions<'_>,
    ) -> Result<Built, Fault> {
        let tell = |step| self.at_build(whose, step);
        let (exercise, sandbox) = (&self.exercise, &self.sandbox);
        self.builder
            .build(exercise, snapshot, output, sandbox, options, &tell)
    }

    pub(super) fn was_damaged(&self, whose: Whose, built: &mut Built) -> Result<bool, Fault> {
        self.builder
            .was_damaged(built, &|step| self.at_build(whose, step))
    }

    /// Run a program on every dataset, up to the first run that fails: the next run would most likely fail
    /// too, and the student would wait for it.
    pub(super) fn run_all(
        &self,
        program: &Path,
        work_dir: &Path,
        processor: Option<u32>,
    ) -> Result<Vec<RunEvidence>, Fault> {
        let mut runs = Vec::new();
        for (number, case) in self.cases.iter().enumerate() {
            let setting = Setting {
                work_dir,
                number,
                wall: self.run_limits.wall,
                // A race of a program that is not observed shows on several processors.
                processor: processor.filter(|_| case.is_observed),
                is_again: false,
            };
            let run = self.run_submission(program, setting)?;
            let went_well = run.execution.termination.is_success();
            runs.push(run);
            if !went_well {
                break;
            }
        }
        Ok(runs)
    }

    /// Run a submission once.
    pub(super) fn run_submission(
        &self,
        program: &Path,
        setting: Setting<'_>,
    ) -> Result<RunEvidence, Fault> {
        let step = Step::Run {
            number: setting.number + 1,
            of: self.cases.len(),
            limit: setting.wall,
        };
        self.at(Whose::Submission, step);
        let run = self.run_on(program, setting)?;
        if !was_stopped_by_standstill(&run.execution) {
            return Ok(run);
        }
        let run = self.run_on(program, setting)?;
        if was_stopped_by_standstill(&run.execution) {
            return Err(stood_still(run.execution.usage.stood_still));
        }
        Ok(run)
    }

    /// The data of one dataset, never read so far.
    fn data(&self, case: &Case) -> Result<DataFolder, Fault> {
        let make = || self.data_folder("data");
        case.kept.take(&case.dataset, self.stamps, make)
    }

    /// A new empty folder for the files of a dataset.
    fn data_folder(&self, kind: &str) -> Result<Subfolder, Fault> {
        let number = self.data_folders.fetch_add(1, Ordering::Relaxed);
        let name = format!("{kind}-{number}");
        self.scratch.subfolder(&name).map_err(Fault::in_temporary)
    }

    /// Run a program once on files that nobody has read since their times were set, and compare the files afterwards.
    pub(super) fn run_on(
        &self,
        program: &Path,
        setting: Setting<'_>,
    ) -> Result<RunEvidence, Fault> {
        let Setting {
            work_dir,
            number,
            wall,
            processor,
            is_again,
        } = setting;
        let limits = Limits {
            wall,
            ..self.run_limits
        };
        let case = &self.cases[number];
        if let (true, Err(reason)) = (case.has_server(), &self.observer) {
            return Err(no_server(reason));
        }
        let data = self.data(case)?;
        let temporary = folder(work_dir, &format!("tmp-{number}"))?;
        let asked = self.exercise.questions.saved.as_deref();
        let saved = asked.map(|name| {
            let saved = folder(work_dir, &format!("saved-{number}"))?;
            saved::link(&saved, data.path(), name)?;
            Ok::<_, Fault>(saved)
        });
        let saved = saved.transpose()?;
        let mut job = Job::new(program, data.path(), &limits)
            .on_processor(processor)
            .scratch(&temporary);
        if let Some(saved) = &saved {
            job = job.output(saved);
        }
        job.may_connect = case.has_server();
        job.arguments.clone_from(&self.exercise.given.arguments);
        job.input.clone_from(&self.exercise.given.input);
        job.environment = environment(&temporary)?;
        let options = ObserverOptions {
            processors: self.exercise.processors,
            slow: case.slow_data(|| self.data_folder("served"))?,
            ..ObserverOptions::default()
        };
        let execution = match &self.observer {
            Ok(()) if case.has_server() || case.is_observed && !is_again => {
                observer::observe(&self.sandbox, &job, data.path(), options)?
            }
            Ok(()) => observer::run_unobserved(&self.sandbox, &job, options)?,
            Err(reason) => {
                let reason = reason.clone();
                let mut execution = self.sandbox.run(&job)?;
                execution.observation = Some(Observed::Unavailable { reason });
                execution
            }
        };
        let files = case.kept.finish(
            data,
            &case.dataset,
            self.sandbox.tier(),
            &execution,
            saved.is_none(),
        )?;
        remove(&temporary)?;
        let found = saved.as_deref().map(|saved| {
            let found = saved::look(saved, limits.disk_bytes)?;
            remove(saved)?;
            Ok::<_, Fault>(found)
        });
        let mut run = RunEvidence {
            expected_saved: None,
            saved: found.transpose()?,
            slow: case.slow.as_ref().map(|slow| slow.files.clone()),
            seed: case.seed,
            is_public: self.exercise.seeds.fixed.contains(&case.seed),
            expected: String::new(),
            reference_concurrency: None,
            execution,
            files,
        };
        case.expect(&mut run);
        Ok(run)
    }
}

/// Whether a limit ended a run, or its observation, in which the machine stood still. Time in which nothing ran is
/// off the limits on real time; but the kernel may have charged it to a program as processor time, and what
/// waited for it may have come too late.
fn was_stopped_by_standstill(execution: &Execution) -> bool {
    let is_stopped = matches!(
        execution.termination,
        Termination::WallLimit { .. } | Termination::CpuLimit { .. }
    );
    let is_capped =
        matches!(&execution.observation, Some(Observed::Seen(seen)) if seen.capped.is_some());
    execution.usage.stood_still > Duration::ZERO && (is_stopped || is_capped)
}

/// The fault of a machine that stood still twice.
fn stood_still(time: Duration) -> Fault {
    let message = format!(
        "failed to run the program: this machine stood still for {} s meanwhile, twice",
        time.as_secs().max(1)
    );
    Fault::new(FaultKind::Sandbox, message)
        .because("it was paused or frozen, or this program was stopped")
        .hint("grade again when the machine runs without a break")
}

/// The fault of an exercise whose server cannot be there.
fn no_server(reason: &str) -> Fault {
    let message = "failed to start the server of the exercise, which the observer has";
    Fault::new(FaultKind::Sandbox, message)
        .because(reason)
        .hint("`grade doctor` says what this machine lacks")
}

/// Where and how a program runs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setting<'a> {
    /// The folder of everything that belongs to this program.
    pub(super) work_dir: &'a Path,
    /// The dataset's place among all, from zero.
    pub(super) number: usize,
    /// The limit on real time.
    pub(super) wall: Duration,
    /// The only processor on which it runs; `None` for all.
    pub(super) processor: Option<u32>,
    /// Whether it has run on this dataset before. Then it is not observed.
    pub(super) is_again: bool,
}

/// The environment of a program that may write temporary files into this folder.
pub(super) fn environment(temporary: &Path) -> Result<Vec<(String, String)>, Fault> {
    Ok(vec![
        ("PATH".into(), "/usr/local/bin:/usr/bin:/bin".into()),
        ("LANG".into(), "C.UTF-8".into()),
        ("TMPDIR".into(), path_to_str(temporary)?),
    ])
}

/// A new empty folder below `work_dir`.
pub(super) fn folder(work_dir: &Path, name: &str) -> Result<PathBuf, Fault> {
    let path = work_dir.join(name);
    fs::create_dir(&path).map_err(|error| Fault::temporary("create", &path, &error))?;
    Ok(path)
}
