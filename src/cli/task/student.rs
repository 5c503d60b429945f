//! What a student asks besides a grading, settled: a copy of the starter, an explanation, a hint.

use std::path::PathBuf;

use super::{Grade, Typed, replay::Replay};
use crate::{
    cli::args::{GradeArgs, HintArgs},
    config::Settings,
    course::Exercise,
    fault::Fault,
};
use ids::{CheckId, ExerciseId};
use judge::check::Mistake;
use report::Format;

/// List the exercises.
pub(in crate::cli) struct List {
    pub(in crate::cli) settings: Settings,
    pub(in crate::cli) format: Format,
    /// The current folder.
    pub(in crate::cli) here: PathBuf,
}

/// Copy a starter.
pub(in crate::cli) struct New {
    /// Where it is noted that the folder has the starter.
    pub(in crate::cli) cache: PathBuf,
    pub(in crate::cli) exercise: Exercise,
    /// The folder to write into.
    pub(in crate::cli) dir: PathBuf,
    /// The same folder as typed.
    pub(in crate::cli) shown_dir: PathBuf,
    /// The command that grades it.
    pub(in crate::cli) grade: String,
    /// The command that writes data to try it on, without the folder for them.
    pub(in crate::cli) data: String,
}

/// Explain a check or a mistake.
pub(in crate::cli) struct Explain {
    /// Which; none for a list.
    pub(in crate::cli) name: Option<String>,
    /// The mistakes that the exercises of the course know, if there is a course.
    pub(in crate::cli) mistakes: Vec<(ExerciseId, Mistake)>,
}

/// Give the next hint.
pub(in crate::cli) struct Hint {
    /// The grading that says what fails.
    pub(in crate::cli) grade: Grade,
    /// Whether what was shown is shown again.
    pub(in crate::cli) is_again: bool,
    /// The command that gives the next one.
    pub(in crate::cli) next: String,
}

impl Typed<'_> {
    pub(super) fn explain(&self, name: Option<String>) -> Explain {
        // A course that is wrong is told by every other command; the checks are the same everywhere.
        let settings = self.settings().ok();
        let course = settings.map(|settings| settings.course);
        let exercises = course.into_iter().flat_map(|course| {
            let ids = course.exercise_ids().unwrap_or_default();
            ids.into_iter()
                .filter_map(move |id| course.exercise(id.as_str()).ok())
        });
        let mistakes = exercises.flat_map(|exercise| {
            let id = exercise.id;
            let totals = exercise.total.into_iter().flat_map(|total| total.mistakes);
            let totals = totals.map(|one| (CheckId::Total, one.id, one.says, one.advice));
            let others = exercise.mistakes.into_iter();
            let others = others.map(|one| (one.check, one.id, one.says, one.advice));
            let all = totals.chain(others);
            all.map(move |(check, name, message, hint)| {
                let mistake = Mistake {
                    name,
                    check,
                    message,
                    hint,
                    code: None,
                };
                (id.clone(), mistake)
            })
        });
        Explain {
            name,
            mistakes: mistakes.collect(),
        }
    }

    pub(super) fn list(&self, format: Format) -> Result<List, Fault> {
        Ok(List {
            settings: self.settings()?,
            format,
            here: self.here.to_path_buf(),
        })
    }

    pub(super) fn starter(&self, exercise: &str, dir: PathBuf) -> Result<New, Fault> {
        let settings = self.settings()?;
        let course = self.global.overrides().course;
        let to = |path: Option<PathBuf>| Replay {
            exercise: exercise.to_owned(),
            path,
            course: course.clone(),
        };
        Ok(New {
            exercise: settings.course.exercise(exercise)?,
            grade: to(Some(dir.clone())).named("grade"),
            data: to(None).named("grade data"),
            cache: settings.cache_dir,
            dir: self.here.join(&dir),
            shown_dir: dir,
        })
    }

    pub(super) fn hint(&self, args: HintArgs) -> Result<Hint, Fault> {
        let grade = self.grade(GradeArgs::plain(args.exercise, args.path))?;
        Ok(Hint {
            next: grade.replay.named("grade hint"),
            grade,
            is_again: args.again,
        })
    }
}
