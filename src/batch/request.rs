//! What is to be graded as a class, and how.
//!
//! Never does anything.

use std::{num::NonZeroUsize, path::Path};

use super::{plan_file::PlanFile, shard::Shard};
use crate::{config::Settings, course::Exercise, grading::ObserveRequest};
use ids::{ExerciseId, Seed};
use report::{Format, Separator};

/// What is to be graded, and how.
#[derive(Debug)]
pub struct Request<'a> {
    /// The settings that hold.
    pub settings: &'a Settings,
    /// The exercise.
    pub exercise: Exercise,
    /// The class: a folder of submissions.
    pub class: &'a Path,
    /// The exercises of which each submission may have crates; empty if the class is of this one alone.
    pub among: &'a [ExerciseId],
    /// How names in it are read, if the user says so.
    pub names: Option<&'a intake::NamePattern>,
    /// The output folder.
    pub out: &'a Path,
    /// A list of the class, which says who handed in, if there is one.
    pub list: Option<&'a gradebook::Roster>,
    /// How many are graded at a time.
    pub jobs: NonZeroUsize,
    /// Seeds to grade on; none means those of the folder, or fresh ones.
    pub seeds: &'a [Seed],
    /// Which runs are to be observed.
    pub observe: ObserveRequest,
    /// The plan that several machines follow, if this one does. It has the seeds, the observed runs, the names and the
    /// list of the class.
    pub share: Option<Share<'a>>,
    /// Whether to grade again what did not change, or what is left of that.
    pub fresh: bool,
    /// Whether the grades are accepted when all are done.
    pub accept: bool,
    /// The reports that are written into the output folder besides `batch.json` and `gradebook.csv`.
    pub formats: &'a [Format],
    /// What separates the cells of the gradebook.
    pub separator: Separator,
}

/// What of a planned class this machine grades.
#[derive(Debug, Clone, Copy)]
pub struct Share<'a> {
    /// The plan.
    pub plan: &'a PlanFile,
    /// Where it was read from.
    pub path: &'a Path,
    /// Its part; none if this machine grades the whole class.
    pub shard: Option<Shard>,
}
