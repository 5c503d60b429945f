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
    data::{DataFolder, remove},
    progress::ProgressEvent,
    session::{Case, Session},
};
use crate::{
    compile::{BuildOptions, Built},
    fault::{Fault, FaultKind, path_to_str},
};
use evidence::{Execution, Observed, Termination};
use intake::Snapshot;
use judge::evidence::RunEvidence;
use observer::ObserverOptions;
use sandbox::Job;

/// How many times a submission is built again because the compiled crates in it were damaged.
pub(super) const MOST_LAYERS: u32 = 2;

impl Session<'_> {
    pub(super) fn build(
        &self,
        snapshot: &Snapshot,
        output: &Path,
        options: BuildOptions<'_>,
    ) -> Result<Built, Fault> {
        let announce = |what: &str| self.preparing(what);
        let (exercise, sandbox) = (&self.exercise, &self.sandbox);
        self.builder
            .build(exercise, snapshot, output, sandbox, options, &announce)
    }

    pub(super) fn was_damaged(&self, built: &mut Built) -> Result<bool, Fault> {
        self.builder
            .was_damaged(built, &|what| self.preparing(what))
    }

    /// Run a program on every dataset, up to the first run that fails: the next run would most likely fail
    /// too, and the student would wait for it. `written` has the data of the first runs, if they are written
    /// already.
    pub(super) fn run_all(
        &self,
        program: &Path,
        work_dir: &Path,
        written: Vec<DataFolder>,
        processor: Option<u32>,
    ) -> Result<Vec<RunEvidence>, Fault> {
        let of = self.cases.len();
        let mut written = written.into_iter();
        let mut runs = Vec::new();
        for (number, case) in (1..).zip(&self.cases) {
            let data = match written.next() {
                Some(data) => data,
                None => self.data(case)?,
            };
            self.progress.event(ProgressEvent::Running { number, of });
            // A race of a program that is not observed shows on several processors.
            let processor = processor.filter(|_| case.is_observed);
            let mut run = self.run_on(program, case, data, work_dir, processor)?;
            if was_stopped_by_standstill(&run.execution) {
                let data = self.data(case)?;
                run = self.run_on(program, case, data, work_dir, processor)?;
                if was_stopped_by_standstill(&run.execution) {
                    return Err(stood_still(run.execution.usage.stood_still));
                }
            }
            let went_well = run.execution.termination.is_success();
            runs.push(run);
            if !went_well {
                break;
            }
        }
        Ok(runs)
    }

    /// The data of every dataset, a folder for each.
    pub(super) fn all_data(&self) -> Result<Vec<DataFolder>, Fault> {
        let cases = self.cases.iter();
        cases
            .map(|case| {
                self.sandbox.cancellation().check()?;
                self.data(case)
            })
            .collect()
    }

    /// The data of one dataset, never read so far.
    pub(super) fn data(&self, case: &Case) -> Result<DataFolder, Fault> {
        case.kept.take(&case.dataset, self.stamps, || {
            let number = self.data_folders.fetch_add(1, Ordering::Relaxed);
            let name = format!("data-{number}");
            self.scratch.subfolder(&name).map_err(Fault::in_temporary)
        })
    }

    /// Run a program once on files that nobody has read, and compare the files afterwards.
    pub(super) fn run_on(
        &self,
        program: &Path,
        case: &Case,
        data: DataFolder,
        work_dir: &Path,
        processor: Option<u32>,
    ) -> Result<RunEvidence, Fault> {
        let temporary = folder(work_dir, "tmp")?;
        let mut job = Job::new(program, data.path(), &self.run_limits)
            .on_processor(processor)
            .scratch(&temporary);
        job.environment = vec![
            ("PATH".into(), "/usr/local/bin:/usr/bin:/bin".into()),
            ("LANG".into(), "C.UTF-8".into()),
            ("TMPDIR".into(), path_to_str(&temporary)?),
        ];
        let options = ObserverOptions {
            processors: self.exercise.processors,
            ..ObserverOptions::default()
        };
        let execution = match &self.observer {
            Ok(()) if case.is_observed => {
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
        let files = case
            .kept
            .finish(data, &case.dataset, self.sandbox.tier(), &execution)?;
        remove(&temporary)?;
        let expected = case.expected.as_ref();
        Ok(RunEvidence {
            seed: case.seed,
            is_public: self.exercise.seeds.fixed.contains(&case.seed),
            expected: expected.map_or_else(String::new, |expected| expected.answer.clone()),
            reference_concurrency: expected.and_then(|expected| expected.concurrency),
            execution,
            files,
        })
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

/// A new empty folder below `work_dir`.
pub(super) fn folder(work_dir: &Path, name: &str) -> Result<PathBuf, Fault> {
    let path = work_dir.join(name);
    fs::create_dir(&path).map_err(|error| Fault::temporary("create", &path, &error))?;
    Ok(path)
}
