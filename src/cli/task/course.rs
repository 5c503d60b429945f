//! What is done with the exercises of a course, settled: prove them, make a new one.

use super::Typed;
use crate::{
    cli::args::Kind,
    config::{Author, IsolationDemand, Settings},
    course::{Course, Error},
    fault::Fault,
};
use ids::ExerciseId;

/// Prove that the course is sound.
pub(in crate::cli) struct CheckExercises {
    pub(in crate::cli) settings: Settings,
    pub(in crate::cli) isolation: IsolationDemand,
    /// Which, in their order.
    pub(in crate::cli) exercises: Vec<ExerciseId>,
    /// Whether the examples of known mistakes are graded.
    pub(in crate::cli) examples: bool,
}

/// Make an exercise.
pub(in crate::cli) struct NewExercise {
    pub(in crate::cli) course: Course,
    pub(in crate::cli) id: String,
    pub(in crate::cli) kind: Kind,
}

impl Typed<'_> {
    pub(super) fn check_exercises(
        &self,
        named: Vec<String>,
        examples: bool,
    ) -> Result<CheckExercises, Fault> {
        let settings = self.settings()?;
        let known = settings.course.exercise_ids()?;
        let exercises = if named.is_empty() {
            known
        } else {
            let of = |name: String| {
                let id = known.iter().find(|id| id.as_str() == name);
                id.cloned().ok_or_else(|| Error::NoExercise {
                    name,
                    folder: settings.course.exercises.clone(),
                    known: known.clone(),
                })
            };
            named.into_iter().map(of).collect::<Result<_, _>>()?
        };
        Ok(CheckExercises {
            isolation: self.isolation(&settings, Author::Own),
            settings,
            exercises,
            examples,
        })
    }

    pub(super) fn new_exercise(&self, id: String, kind: Kind) -> Result<NewExercise, Fault> {
        Ok(NewExercise {
            course: self.settings()?.course,
            id,
            kind,
        })
    }
}
