//! The datasets on which every submission runs: their files, how slow these are, and which of them come over HTTP.
//!
//! Hides how a dataset is divided between folder and server. Never runs anything.

use std::{
    collections::BTreeMap,
    panic::resume_unwind,
    sync::{Mutex, OnceLock, PoisonError},
    thread,
};

use super::{data::KeptFolders, seeds::RunPlan};
use crate::{
    course::{Exercise, SlowPlan},
    fault::Fault,
};
use dataset::{Dataset, ServerAnswer};
use evidence::Concurrency;
use fs_scratch::Subfolder;
use ids::Seed;
use judge::{
    evidence::{RunEvidence, SavedFiles, SlowFiles},
    mistakes::DataFiles,
    record::ReferenceRun,
};
use observer::{Served, SlowData, SlowFile};

/// One dataset on which every submission runs.
pub(super) struct Case {
    pub(super) seed: Seed,
    /// The files in the folder.
    pub(super) dataset: Dataset,
    /// How slow the files are, if they have latencies.
    pub(super) slow: Option<SlowCase>,
    /// Whether reads are observed in the runs on it.
    pub(super) is_observed: bool,
    /// What the reference did on it. None until it ran, and where it gave no answer.
    pub(super) expected: Option<Expected>,
    /// Its files on disk, which a run has only read.
    pub(super) kept: KeptFolders,
    /// Its files as numbers, once a wrong total was to be explained.
    pub(super) numbers: OnceLock<DataFiles>,
}

/// How slow the files of a dataset are.
pub(super) struct SlowCase {
    /// All files, also those that are served.
    pub(super) files: SlowFiles,
    /// What comes over HTTP, if the exercise has a server.
    pub(super) served: Option<ServedCase>,
}

/// The files of a dataset that come over HTTP.
pub(super) struct ServedCase {
    dataset: Dataset,
    /// The answer for each, in the order of the names.
    answers: Vec<ServerAnswer>,
    /// Where their contents are on disk, for the observer alone.
    folder: Mutex<Option<Subfolder>>,
}

/// What the reference did on one dataset.
#[derive(Debug, Clone)]
pub(super) struct Expected {
    pub(super) answer: String,
    /// The files that it saved, if the exercise asks for files.
    pub(super) saved: Option<SavedFiles>,
    pub(super) concurrency: Option<Concurrency>,
    /// The same with its timeline, for reports.
    pub(super) run: Option<ReferenceRun>,
}

impl Case {
    /// All data files of a seed, and what the exercise says of them.
    pub(super) fn new(exercise: &Exercise, plan: &RunPlan, seed: Seed, files: Dataset) -> Self {
        let (dataset, slow) = match &exercise.slow {
            Some(slow) => {
                let (dataset, slow) = SlowCase::of(slow, seed, files);
                (dataset, Some(slow))
            }
            None => (files, None),
        };
        Self {
            seed,
            dataset,
            is_observed: plan.observe.includes(seed),
            slow,
            expected: None,
            kept: KeptFolders::default(),
            numbers: OnceLock::new(),
        }
    }

    /// Write into the evidence of a run what the reference did on the same data.
    pub(super) fn expect(&self, run: &mut RunEvidence) {
        if let Some(Expected {
            answer,
            saved,
            concurrency,
            run: _,
        }) = &self.expected
        {
            run.expected.clone_from(answer);
            run.expected_saved.clone_from(saved);
            run.reference_concurrency = *concurrency;
        }
    }

    /// The latencies for the observer, and what it serves. `make` makes the folder for the contents of the latter.
    pub(super) fn slow_data(
        &self,
        make: impl FnOnce() -> Result<Subfolder, Fault>,
    ) -> Result<Option<SlowData>, Fault> {
        let Some(slow) = &self.slow else {
            return Ok(None);
        };
        let served = slow.served.as_ref().map(|served| served.files(make));
        let served = served.transpose()?.unwrap_or_default();
        let file = |(name, latency_ms): &(String, u32)| SlowFile {
            name: name.clone(),
            latency_ms: *latency_ms,
            served: served.get(name).cloned(),
        };
        let files = slow.files.files.iter().map(file).collect();
        Ok(Some(SlowData { files }))
    }

    /// Whether some files come over HTTP.
    pub(super) fn has_server(&self) -> bool {
        self.slow.as_ref().is_some_and(|slow| slow.served.is_some())
    }
}

impl ServedCase {
    /// Where the contents of each file are, and how it is answered.
    fn files(
        &self,
        make: impl FnOnce() -> Result<Subfolder, Fault>,
    ) -> Result<BTreeMap<String, Served>, Fault> {
        let mut kept = self.folder.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = if let Some(folder) = kept.take() {
            folder
        } else {
            let folder = make()?;
            let path = folder.path();
            let written = self.dataset.write(path);
            written
                .map_err(|error| Fault::temporary("write the served files into", path, &error))?;
            folder
        };
        let file = |(name, answer): (&str, &ServerAnswer)| {
            let contents = folder.path().join(name);
            let answer = match answer {
                ServerAnswer::Whole => observer::ServerAnswer::Whole,
                ServerAnswer::NotFound => observer::ServerAnswer::NotFound,
                ServerAnswer::Unavailable => observer::ServerAnswer::Unavailable,
                ServerAnswer::Truncated => observer::ServerAnswer::Truncated,
                ServerAnswer::Redirect => observer::ServerAnswer::Redirect,
            };
            (name.to_owned(), Served { contents, answer })
        };
        let files = self.dataset.names().zip(&self.answers).map(file).collect();
        *kept = Some(folder);
        Ok(files)
    }
}

impl SlowCase {
    /// The files in the folder, and how slow all are.
    fn of(plan: &SlowPlan, seed: Seed, files: Dataset) -> (Dataset, Self) {
        let all = match &plan.server {
            Some(server) => server.with_list(files),
            None => files,
        };
        let names: Vec<&str> = all.names().collect();
        let latencies = dataset::latencies(&plan.latencies, &names, seed.0);
        let owned = names.iter().map(|name| (*name).to_owned());
        let files = SlowFiles {
            files: owned.zip(latencies).collect(),
        };
        let Some(server) = &plan.server else {
            return (
                all,
                Self {
                    files,
                    served: None,
                },
            );
        };
        let [apart, dataset] = all.split(|name| server.serve.matches(name));
        let answers = server.answers(&apart.names().collect::<Vec<_>>(), seed.0);
        let over_http = Some(ServedCase {
            dataset: apart,
            answers,
            folder: Mutex::default(),
        });
        (
            dataset,
            Self {
                files,
                served: over_http,
            },
        )
    }
}

/// The datasets of all seeds, made in a thread for each. `None` if a program makes them.
pub(super) fn cases(exercise: &Exercise, plan: &RunPlan) -> Option<Vec<Case>> {
    thread::scope(|scope| {
        let generated = plan.seeds.iter().map(|&seed| {
            scope.spawn(move || {
                let files = dataset::generate(&exercise.recipe, seed.0)?;
                Some(Case::new(exercise, plan, seed, files))
            })
        });
        let generated: Vec<_> = generated.collect();
        generated
            .into_iter()
            .map(|case| case.join().unwrap_or_else(|panic| resume_unwind(panic)))
            .collect()
    })
}
