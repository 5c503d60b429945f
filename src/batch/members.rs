//! Who is in a class, and who of it handed in something for an exercise.
//!
//! Where each submission may have crates for several exercises, a student may have none for this one. Such a student is
//! no submission of the exercise: there is no record, and no points, also not zero. Hides how a submission is looked
//! into. Never grades.

use std::{env, path::Path};

use super::{no_class_but_grades, output_dir};
use crate::{config::Settings, course::Exercise, fault::Fault};
use ids::{ExerciseId, SubmissionId};

/// A class, as one exercise sees it.
#[derive(Debug)]
pub struct Members {
    /// Those who handed in something for the exercise.
    pub(super) class: intake::Class,
    /// Those who handed in nothing for it, in byte order.
    pub(super) without: Vec<SubmissionId>,
}

impl Members {
    /// Find the class in `dir`, whose names are read as `names` says. Each submission may have crates for the exercises
    /// `among`; if there are none, each is for this exercise.
    ///
    /// # Errors
    /// There is no class in the folder.
    pub fn find(
        exercise: &Exercise,
        settings: &Settings,
        dir: &Path,
        names: Option<&intake::NamePattern>,
        among: &[ExerciseId],
    ) -> Result<Self, Fault> {
        if output_dir::is_of_batch(dir) {
            return Err(no_class_but_grades(dir));
        }
        let wanted = exercise.wanted_among(among);
        let limits = &settings.course.intake;
        let mut class = intake::find(dir, wanted, limits, names)
            .map_err(|error| super::misnamed(error, exercise, !among.is_empty()))?;
        if class.submissions.is_empty() {
            let message = format!("found no submission in `{}`", dir.display());
            return Err(Fault::usage(message)
                .hint("name the folder that holds a folder or an archive of each student"));
        }
        let mut without = Vec::new();
        if !among.is_empty() {
            let scratch = tempfile::tempdir()
                .map_err(|error| Fault::temporary("make a folder in", &env::temp_dir(), &error))?;
            class.submissions.retain(|found| {
                let has = intake::has_crate(&found.source, wanted, limits, scratch.path());
                if !has {
                    without.push(found.id.clone());
                }
                has
            });
            without.sort();
        }
        Ok(Self { class, without })
    }

    /// Those who handed in something for the exercise.
    pub fn handed_in(&self) -> impl Iterator<Item = &SubmissionId> {
        self.class.submissions.iter().map(|found| &found.id)
    }

    /// Those who handed in nothing for it.
    #[must_use]
    pub fn without(&self) -> &[SubmissionId] {
        &self.without
    }
}
