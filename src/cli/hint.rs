//! `grade hint EXERCISE [PATH]`: the next step of the ladder for what fails now.
//!
//! Which steps were shown is kept in the cache for each folder, check and mistake, and starts anew when another thing
//! fails. Never grades what did not change, and never shows a step before its turn.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{app::App, exit_code::ExitCode, grade::named, output::width, task::Hint};
use crate::{course::Ladder, fault::Fault};
use fs_scratch::Kept;
use ids::{CheckId, Digest, ExerciseId};
use judge::record::{Check, Record};

/// The folder of the cache with what was shown.
const FOLDER: &str = "hints";
const ENTRY: &str = "shown.json";

impl App {
    pub(super) fn hint(&self, task: &Hint) -> Result<ExitCode, Fault> {
        let grade = &task.grade;
        let record = self
            .single_record(grade, &named(&grade.folder)?, &[])?
            .record;
        // Where the machine failed, no check was asked.
        if let Some(fault) = record.faults.first() {
            return Err(fault.clone().into());
        }
        let hints = Hints {
            cache: &grade.settings.cache_dir,
            folder: &grade.folder,
            ladders: &grade.exercise.ladders,
            next: &task.next,
        };
        self.output.report(&hints.text(&record, task.is_again))?;
        Ok(ExitCode::Passed)
    }
}

/// The hints for the work in one folder.
pub(super) struct Hints<'a> {
    /// The cache folder.
    pub(super) cache: &'a Path,
    /// The folder of the work, an absolute path.
    pub(super) folder: &'a Path,
    /// The ladders of the exercise.
    pub(super) ladders: &'a [Ladder],
    /// The command that shows the next step.
    pub(super) next: &'a str,
}

/// What was shown last.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Shown {
    exercise: ExerciseId,
    check: CheckId,
    diagnosis: Option<String>,
    /// How many steps.
    steps: usize,
}

impl Hints<'_> {
    /// The next step for what fails in this record, or again what was shown of it so far.
    pub(super) fn text(&self, record: &Record, is_again: bool) -> String {
        let Some(check) = report::at_work(&record.checks) else {
            return "every check passes: there is nothing to mend\n".to_owned();
        };
        let steps = self.steps(check);
        let earlier = self.read();
        let earlier = earlier.filter(|shown| {
            shown.exercise == record.exercise
                && shown.check == check.id
                && shown.diagnosis == check.diagnosis
        });
        let before = earlier.map_or(0, |shown| shown.steps.min(steps.len()));
        let is_end = before == steps.len();
        let shown = if is_again && before > 0 {
            before
        } else {
            (before + 1).min(steps.len())
        };
        let entry = Shown {
            exercise: record.exercise.clone(),
            check: check.id,
            diagnosis: check.diagnosis.clone(),
            steps: shown,
        };
        // A cache that cannot be written to shows the same step again.
        let _ = self.keep(&entry);
        report::hint(&report::Hint {
            check,
            steps: &steps,
            from: if is_again || is_end { 0 } else { before },
            shown,
            next: self.next,
            width: width(),
        })
    }

    /// The steps for a check; where it has no ladder, what the report says under `try`.
    fn steps(&self, check: &Check) -> Vec<String> {
        let ladder = Ladder::choose(self.ladders, check.id, check.diagnosis.as_deref());
        match ladder {
            Some(ladder) => ladder.steps.clone(),
            None => check.hint.iter().cloned().collect(),
        }
    }

    fn kept(&self) -> (Kept, String) {
        let key = Digest::of(self.folder.as_os_str().as_encoded_bytes());
        let kept = Kept::new(self.cache.join(FOLDER));
        (kept, key.hex()[..24].to_owned())
    }

    fn read(&self) -> Option<Shown> {
        let (kept, key) = self.kept();
        let bytes = fs::read(kept.entry(&key).join(ENTRY)).ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    fn keep(&self, shown: &Shown) -> Result<PathBuf, Fault> {
        let (kept, key) = self.kept();
        let lock = kept.lock(&key).map_err(Fault::in_cache)?;
        let staging = lock.stage().map_err(Fault::in_cache)?;
        let bytes = serde_json::to_vec(shown).map_err(io::Error::from);
        bytes
            .and_then(|bytes| fs::write(staging.path().join(ENTRY), bytes))
            .map_err(|error| Fault::cache("write into", kept.folder(), &error))?;
        lock.put(staging.path()).map_err(Fault::in_cache)
    }
}
