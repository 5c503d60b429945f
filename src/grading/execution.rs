//! Build a program and run it on every dataset, for submissions and for the reference alike.
//!
//! Never judges what a program does.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{
    progress::ProgressEvent,
    session::{Case, Session},
};
use crate::{
    compile::Built,
    fault::{Fault, path_to_str},
};
use evidence::Observed;
use intake::Snapshot;
use judge::evidence::RunEvidence;
use observer::{AccessTimes, ObserverOptions};
use sandbox::Job;

/// How many times a submission is built again because the compiled crates in it were damaged.
pub(super) const MOST_LAYERS: u32 = 2;

impl Session<'_> {
    pub(super) fn build(&self, snapshot: &Snapshot, output: &Path) -> Result<Built, Fault> {
        let announce = |what: &str| self.preparing(what);
        self.builder
            .build(&self.exercise, snapshot, output, &self.sandbox, &announce)
    }

    pub(super) fn was_damaged(&self, built: &Built) -> Result<bool, Fault> {
        self.builder
            .was_damaged(built, &|what| self.preparing(what))
    }

    /// Run a program on every dataset, up to the first run that fails: the next run would most likely fail
    /// too, and the student would wait for it.
    pub(super) fn run_all(
        &self,
        program: &Path,
        work_dir: &Path,
    ) -> Result<Vec<RunEvidence>, Fault> {
        let of = self.cases.len();
        let mut runs = Vec::new();
        for (number, case) in (1..).zip(&self.cases) {
            self.progress.event(ProgressEvent::Running { number, of });
            let run = self.run(program, case, work_dir)?;
            let went_well = run.execution.termination.is_success();
            runs.push(run);
            if !went_well {
                break;
            }
        }
        Ok(runs)
    }

    /// Run a program once on fresh files, and compare the files afterwards.
    pub(super) fn run(
        &self,
        program: &Path,
        case: &Case,
        work_dir: &Path,
    ) -> Result<RunEvidence, Fault> {
        let data = folder(work_dir, "data")?;
        case.dataset
            .write(&data)
            .map_err(|error| Fault::temporary("write the data files into", &data, &error))?;
        let watch = AccessTimes::arm(&data, case.dataset.names(), self.stamps)?;
        let temporary = folder(work_dir, "tmp")?;
        let mut job = Job::new(program, &data, &self.run_limits).scratch(&temporary);
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

/// A new empty folder below `work_dir`.
pub(super) fn folder(work_dir: &Path, name: &str) -> Result<PathBuf, Fault> {
    let path = work_dir.join(name);
    fs::create_dir(&path).map_err(|error| Fault::temporary("create", &path, &error))?;
    Ok(path)
}
