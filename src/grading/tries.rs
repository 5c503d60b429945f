//! How a person's tries went: for each folder that they graded, the last result and the best one so far.
//!
//! It is kept in the cache, for that person alone: no grade depends on it, and it is gone with the cache. A folder that
//! holds only the starter has an entry too, if `grade new` made it.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use serde::{Deserialize, Serialize};

use super::{grade::Single, session::Session};
use crate::{course::Exercise, fault::Fault};
use fs_scratch::Kept;
use ids::{Digest, ExerciseId};
use judge::record::{Record, Score, Verdict};

const FOLDER: &str = "tries";
const ENTRY: &str = "tries.json";

/// What is known of the tries in one folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tries {
    /// Which exercise.
    pub exercise: ExerciseId,
    /// The folder of the exercise's starter: another course may have an exercise of the same name.
    starter: PathBuf,
    /// The folder, an absolute path.
    pub folder: PathBuf,
    /// How the last try went; none before the first.
    pub last: Option<Try>,
    /// The most points so far.
    pub best: Option<Score>,
}

/// One try.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Try {
    /// The outcome.
    pub verdict: Verdict,
    /// The points.
    pub score: Score,
}

impl Session<'_> {
    /// Remember how this try went, if the person's tries are remembered. What was not graded is none.
    pub(super) fn note_try(&self, single: &Single<'_>, record: &Record) {
        let folder = single.submission.origin.named();
        let Some(folder) = folder.filter(|_| single.is_remembered) else {
            return;
        };
        let Some(score) = record.score else {
            return;
        };
        let cache = &self.settings.cache_dir;
        let before = Tries::of(cache, &self.exercise, &folder).map(|(tries, _)| tries);
        let best = before.and_then(|tries| tries.best);
        // Points of an exercise that is worth something else now cannot be compared.
        let best =
            best.filter(|best| best.possible == score.possible && best.earned > score.earned);
        let tries = Tries {
            last: Some(Try {
                verdict: record.verdict,
                score,
            }),
            best: Some(best.unwrap_or(score)),
            ..Tries::none(&self.exercise, &folder)
        };
        // A cache that cannot be written to forgets, and costs no record.
        let _ = tries.keep(cache);
    }
}

impl Tries {
    /// A folder in which nothing was tried yet.
    #[must_use]
    pub fn none(exercise: &Exercise, folder: &Path) -> Self {
        Self {
            exercise: exercise.id.clone(),
            starter: exercise.starter.clone(),
            folder: folder.components().collect(),
            last: None,
            best: None,
        }
    }

    /// What is known of a folder for an exercise, and when it was noted.
    #[must_use]
    pub fn of(cache: &Path, exercise: &Exercise, folder: &Path) -> Option<(Self, SystemTime)> {
        let none = Self::none(exercise, folder);
        let (tries, noted) = read(&kept(cache).entry(&none.key()))?;
        (tries.is_of(exercise) && tries.folder == none.folder).then_some((tries, noted))
    }

    /// What is known of all folders for an exercise that are still there, in the order of their paths.
    #[must_use]
    pub fn all(cache: &Path, exercise: &Exercise) -> Vec<(Self, SystemTime)> {
        let folder = fs::read_dir(kept(cache).folder());
        let entries = folder.into_iter().flatten().flatten();
        let mut all: Vec<_> = entries
            .filter_map(|entry| read(&entry.path()))
            .filter(|(tries, _)| tries.is_of(exercise) && tries.folder.is_dir())
            .collect();
        all.sort_by(|(a, _), (b, _)| a.folder.cmp(&b.folder));
        all
    }

    fn is_of(&self, exercise: &Exercise) -> bool {
        self.exercise == exercise.id && self.starter == exercise.starter
    }

    fn key(&self) -> String {
        Digest::of(self.folder.as_os_str().as_encoded_bytes()).hex()[..24].to_owned()
    }

    /// Keep it in the place of what was known of the folder.
    ///
    /// # Errors
    /// The cache folder cannot be written to.
    pub fn keep(&self, cache: &Path) -> Result<(), Fault> {
        let kept = kept(cache);
        let lock = kept.lock(&self.key()).map_err(Fault::in_cache)?;
        let staging = lock.stage().map_err(Fault::in_cache)?;
        let bytes = serde_json::to_vec(self).map_err(io::Error::from);
        bytes
            .and_then(|bytes| fs::write(staging.path().join(ENTRY), bytes))
            .map_err(|error| Fault::cache("write into", kept.folder(), &error))?;
        lock.put(staging.path()).map_err(Fault::in_cache)?;
        Ok(())
    }
}

fn kept(cache: &Path) -> Kept {
    Kept::new(cache.join(FOLDER))
}

/// An entry and when it was made; `None` if there is none, or if it is damaged.
fn read(entry: &Path) -> Option<(Tries, SystemTime)> {
    let path = entry.join(ENTRY);
    let tries = serde_json::from_slice(&fs::read(&path).ok()?).ok()?;
    Some((tries, fs::metadata(&path).ok()?.modified().ok()?))
}
