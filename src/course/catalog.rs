//! The exercises of a course, by name.
//!
//! Hides where they are. Never loads more than the one that is asked for.

use std::fs;

use super::{error::Error, exercise_toml::Exercise, grader_toml::Course};
use ids::ExerciseId;

/// The names of the subcommands of `grade`, as a test of `cli` proves. An exercise of such a name could not be
/// graded, so it is refused.
pub const RESERVED_NAMES: &[&str] = &[
    "batch",
    "check-exercises",
    "ci",
    "completions",
    "data",
    "doctor",
    "explain",
    "help",
    "hint",
    "list",
    "man",
    "merge",
    "new",
    "new-exercise",
    "plan",
    "report",
    "slurm",
    "watch",
];

impl Course {
    /// The ids of all exercises, in byte order: the folders with an `exercise.toml`.
    ///
    /// # Errors
    /// The folder cannot be read, or an exercise has the name of a subcommand or no valid name.
    pub fn exercise_ids(&self) -> Result<Vec<ExerciseId>, Error> {
        let unreadable = |source| Error::Unreadable {
            path: self.exercises.clone(),
            source,
            hint: Some("the course's exercises are in this folder; see `exercises` in grader.toml"),
        };
        let mut ids = Vec::new();
        for entry in fs::read_dir(&self.exercises).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let path = entry.path();
            if !path.join("exercise.toml").is_file() {
                continue;
            }
            let name = entry.file_name();
            let id = match name.to_string_lossy().parse::<ExerciseId>() {
                Ok(id) => id,
                Err(error) => {
                    let why = format!("its name {error}");
                    return Err(Error::Name { path, why });
                }
            };
            if RESERVED_NAMES.contains(&id.as_str()) {
                let why = format!("`{id}` is a subcommand of `grade`");
                return Err(Error::Name { path, why });
            }
            ids.push(id);
        }
        ids.sort();
        Ok(ids)
    }

    /// Load the exercise called `name`.
    ///
    /// # Errors
    /// There is none of that name (the error names the nearest), or its file is wrong.
    pub fn exercise(&self, name: &str) -> Result<Exercise, Error> {
        let known = self.exercise_ids()?;
        match known.iter().find(|id| id.as_str() == name) {
            Some(id) => Exercise::load(self, id.clone()),
            None => Err(Error::NoExercise {
                name: name.to_owned(),
                folder: self.exercises.clone(),
                known,
            }),
        }
    }
}
