//! The exercises of a course, by name.
//!
//! Hides where they are. Never loads more than the one that is asked for.

use std::fs;

use super::{exercise_toml::Exercise, grader_toml::Course};
use crate::fault::{Fault, FaultKind};
use ids::ExerciseId;

/// The names of the subcommands of `grade`, as a test of `cli` proves. An exercise of such a name could not be
/// graded, so it is refused.
pub const RESERVED_NAMES: &[&str] = &[
    "batch",
    "check-exercises",
    "completions",
    "data",
    "doctor",
    "help",
    "man",
    "report",
];

impl Course {
    /// The ids of all exercises, in byte order: the folders with an `exercise.toml`.
    ///
    /// # Errors
    /// The folder cannot be read, or an exercise has the name of a subcommand or no valid name.
    pub fn exercise_ids(&self) -> Result<Vec<ExerciseId>, Fault> {
        let unreadable = |error| {
            Fault::io(FaultKind::Usage, "read", &self.exercises, &error)
                .hint("the course's exercises are in this folder; see `exercises` in grader.toml")
        };
        let mut ids = Vec::new();
        for entry in fs::read_dir(&self.exercises).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            if !entry.path().join("exercise.toml").is_file() {
                continue;
            }
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let id: ExerciseId = name.parse().map_err(|error| {
                Fault::usage(format!(
                    "failed to load exercise `{}`: its name {error}",
                    entry.path().display()
                ))
                .hint("rename the folder")
            })?;
            if RESERVED_NAMES.contains(&id.as_str()) {
                return Err(Fault::usage(format!(
                    "failed to load exercise `{}`: `{id}` is a subcommand of `grade`",
                    entry.path().display()
                ))
                .hint("rename the folder"));
            }
            ids.push(id);
        }
        ids.sort();
        Ok(ids)
    }

    /// Load the exercise called `name`.
    ///
    /// # Errors
    /// There is none of that name (the nearest is named), or its file makes no sense.
    pub fn exercise(&self, name: &str) -> Result<Exercise, Fault> {
        let ids = self.exercise_ids()?;
        if let Some(id) = ids.iter().find(|id| id.as_str() == name) {
            return Exercise::load(self, id.clone());
        }
        let nearest = ids
            .iter()
            .map(|id| (strsim::damerau_levenshtein(id.as_str(), name), id))
            .filter(|(distance, id)| *distance <= id.as_str().len().max(name.len()) / 2)
            .min();
        let known = ids
            .iter()
            .map(|id| format!("`{id}`"))
            .collect::<Vec<_>>()
            .join(", ");
        let fault = Fault::usage(format!("found no exercise `{}`", name.escape_debug()));
        Err(match nearest {
            Some((_, id)) => fault.hint(format!("did you mean `{id}`?")),
            None if ids.is_empty() => {
                fault.hint(format!("`{}` holds no exercise", self.exercises.display()))
            }
            None => fault.hint(format!("this course has {known}")),
        })
    }
}
