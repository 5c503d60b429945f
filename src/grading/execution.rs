//! Build a program and run it on every dataset, for submissions and for the reference alike.
//!
//! Never judges what a program does.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    progress::{Step, Whose},
    session::{Case, Session},
};
use crate::{
    compile::{BuildOptions, Built},
    fault::{Fault, FaultKind, path_to_str},
};
use evidence::{Execution, Observed, Termination};
use intake::Snapshot;
use judge::evidence::RunEvidence;
use observer::{AccessTimes, ObserverOptions};
use sandbox::Job;

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
                None => self.write_data(case, &work_dir.join("data"))?,
            };
            let limit = self.run_limits.wall;
            self.at(Whose::Submission, Step::Run { number, of, limit });
            // A race of a program that is not observed shows on several processors.
            let processor = processor.filter(|_| case.is_observed);
            let mut run = self.run_on(program, case, data, work_dir, processor)?;
            if was_stopped_by_standstill(&run.execution) {
                let data = self.write_data(case, &work_dir.join("data"))?;
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

    /// Write the data of every dataset, in an own folder each below `folder`.
    pub(super) fn write_all_data(&self, folder: &Path) -> Result<Vec<DataFolder>, Fault> {
        let cases = (0..).zip(&self.cases);
        cases
            .map(|(number, case): (u32, _)| {
                self.sandbox.cancellation().check()?;
                self.write_data(case, &folder.join(format!("data-{number}")))
            })
            .collect()
    }

    /// Write the files of a dataset into the new folder `path`, and set their times.
    pub(super) fn write_data(&self, case: &Case, path: &Path) -> Result<DataFolder, Fault> {
        fs::create_dir(path).map_err(|error| Fault::temporary("create", path, &error))?;
        case.dataset
            .write(path)
            .map_err(|error| Fault::temporary("write the data files into", path, &error))?;
        let watch = AccessTimes::arm(path, case.dataset.names(), self.stamps)?;
        Ok(DataFolder {
            path: path.to_path_buf(),
            watch,
        })
    }

    /// Run a program once on fresh files, and compare the files afterwards.
    pub(super) fn run_on(
        &self,
        program: &Path,
        case: &Case,
        data: DataFolder,
        work_dir: &Path,
        processor: Option<u32>,
    ) -> Result<RunEvidence, Fault> {
        let DataFolder { path: data, watch } = data;
        let temporary = folder(work_dir, "tmp")?;
        let mut job = Job::new(program, &data, &self.run_limits)
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
            Ok(()) if case.is_observed => observer::observe(&self.sandbox, &job, &data, options)?,
            Ok(()) => observer::run_unobserved(&self.sandbox, &job, options)?,
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
                .map_err(|error| Fault::temporary("remove", used, &error))?;
        }
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

/// The files of one dataset on disk, never read so far.
#[derive(Debug)]
pub(super) struct DataFolder {
    path: PathBuf,
    watch: AccessTimes,
}

/// A new empty folder below `work_dir`.
pub(super) fn folder(work_dir: &Path, name: &str) -> Result<PathBuf, Fault> {
    let path = work_dir.join(name);
    fs::create_dir(&path).map_err(|error| Fault::temporary("create", &path, &error))?;
    Ok(path)
}
