//! What `grade batch --all` is to do, settled.
//!
//! Never looks at the class.

use std::{ffi::OsString, num::NonZeroUsize, path::PathBuf};

use super::{Batch, Typed};
use crate::{
    batch,
    cli::args::BatchArgs,
    config::{Author, IsolationDemand, Settings},
    course::Exercise,
    fault::Fault,
    grading::ObserveRequest,
};
use ids::{ExerciseId, Seed};
use report::{Format, Separator};

/// Grade a class over several exercises.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag that was typed"
)]
pub(in crate::cli) struct BatchAll {
    pub(in crate::cli) settings: Settings,
    pub(in crate::cli) isolation: IsolationDemand,
    /// All exercises of the course.
    pub(in crate::cli) exercises: Vec<Exercise>,
    /// The folder of submissions, or of a class for each exercise.
    pub(in crate::cli) class: PathBuf,
    /// Where records and gradebooks go, a folder for each exercise.
    pub(in crate::cli) out: PathBuf,
    /// The same folder as a person knows it.
    pub(in crate::cli) shown_out: PathBuf,
    jobs: Option<NonZeroUsize>,
    seeds: Vec<Seed>,
    observe: ObserveRequest,
    /// Whether the class is listed and not graded.
    pub(in crate::cli) list: bool,
    pub(in crate::cli) names: Option<intake::NamePattern>,
    /// The list of the class, if there is one.
    pub(in crate::cli) roster: Option<PathBuf>,
    /// The folder of what goes back to students, if it is wanted: a folder in it for each exercise.
    pub(in crate::cli) feedback: Option<PathBuf>,
    pub(in crate::cli) separator: Separator,
    fresh: bool,
    accept: bool,
    pub(in crate::cli) quiet: bool,
    pub(in crate::cli) format: Format,
    formats: Vec<Format>,
    pub(in crate::cli) exit_zero: bool,
}

impl BatchAll {
    /// Whether the grades are accepted.
    pub(in crate::cli) const fn accepts(&self) -> bool {
        self.accept
    }

    /// The batch of one of the exercises, of the class in `class`, where each submission may have crates for the
    /// exercises `among`.
    pub(in crate::cli) fn of(
        &self,
        exercise: &Exercise,
        class: PathBuf,
        among: Vec<ExerciseId>,
    ) -> Batch {
        let id = exercise.id.as_str();
        let mut formats = self.formats.clone();
        if !formats.contains(&Format::Html) {
            // The page of the class leads to it.
            formats.push(Format::Html);
        }
        Batch {
            settings: self.settings.clone(),
            isolation: self.isolation,
            share: None,
            jobs: self
                .jobs
                .unwrap_or_else(|| batch::default_jobs(&exercise.run_limits)),
            exercise: exercise.clone(),
            class,
            among,
            out: self.out.join(id),
            shown_out: self.shown_out.join(id),
            seeds: self.seeds.clone(),
            observe: self.observe,
            list: false,
            names: self.names.clone(),
            roster: self.roster.clone(),
            feedback: self.feedback.as_ref().map(|folder| folder.join(id)),
            separator: self.separator,
            fresh: self.fresh,
            accept: self.accept,
            quiet: self.quiet,
            format: Format::Human,
            formats,
            step_summary: None,
            exit_zero: self.exit_zero,
        }
    }
}

impl Typed<'_> {
    /// `dir` is what stands where an exercise is named otherwise.
    pub(super) fn batch_all(&self, dir: &OsString, args: BatchArgs) -> Result<BatchAll, Fault> {
        if let Some(second) = args.dir {
            let message = format!(
                "failed to grade `{}` for all exercises",
                dir.to_string_lossy()
            );
            return Err(Fault::usage(message)
                .because(format!("a second folder was named: `{}`", second.display()))
                .hint(
                    "name one folder with `grade batch --all DIR`, or one exercise with `grade batch EXERCISE DIR`",
                ));
        }
        let settings = self.settings()?;
        let course = &settings.course;
        if !matches!(args.format, Format::Human | Format::Csv)
            || args.list && args.format != Format::Human
        {
            let message = format!(
                "failed to print the grades of all exercises as `{}`",
                args.format
            );
            return Err(Fault::usage(message).hint(if args.list {
                "leave out `--format`, or list one exercise with `grade batch EXERCISE DIR --list`"
            } else {
                "choose `--format human` or `--format csv`; `--formats` writes a report of each exercise"
            }));
        }
        let exercises = course
            .exercise_ids()?
            .iter()
            .map(|id| course.exercise(id.as_str()))
            .collect::<Result<Vec<_>, _>>()?;
        if exercises.is_empty() {
            return Err(Fault::usage("found no exercise in this course")
                .hint("type `grade new-exercise ID` to make one"));
        }
        let class = self.here.join(dir);
        let shown_out = args.out.unwrap_or_else(|| batch::default_out(&class));
        Ok(BatchAll {
            isolation: self.isolation(&settings, Author::Others),
            settings,
            exercises,
            class,
            out: self.here.join(&shown_out),
            shown_out,
            jobs: args.jobs,
            seeds: args.seeds,
            observe: args.observe,
            list: args.list,
            names: args.names,
            roster: args.roster.map(|file| self.here.join(file)),
            feedback: args.feedback.map(|folder| self.here.join(folder)),
            separator: args.delimiter.unwrap_or_default(),
            fresh: args.fresh,
            accept: args.accept,
            quiet: args.quiet,
            format: args.format,
            formats: args.formats,
            exit_zero: args.exit_zero,
        })
    }
}
