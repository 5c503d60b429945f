//! What several machines do that grade one class, settled: the plan, a machine's share, and the merge.
//!
//! Never looks at the class.

use std::path::{Path, PathBuf};

use super::{Batch, Typed};
use crate::{
    batch::{self, Shard, plan_path},
    cli::{
        args::{MergeArgs, PlanArgs},
        output::quoted,
    },
    config::{Author, IsolationDemand, Settings},
    course::Exercise,
    fault::Fault,
    grading::ObserveRequest,
};
use ids::{ExerciseId, Seed};
use report::{Format, Separator};

/// Draw up the plan of a class.
pub(in crate::cli) struct Plan {
    pub(in crate::cli) settings: Settings,
    pub(in crate::cli) isolation: IsolationDemand,
    pub(in crate::cli) exercise: Exercise,
    /// The folder of submissions.
    pub(in crate::cli) class: PathBuf,
    /// The same folder as typed.
    pub(in crate::cli) shown_class: PathBuf,
    /// The file of the plan.
    pub(in crate::cli) path: PathBuf,
    /// The same file as a person knows it.
    pub(in crate::cli) shown_path: PathBuf,
    /// The seeds that were typed.
    pub(in crate::cli) seeds: Vec<Seed>,
    pub(in crate::cli) observe: ObserveRequest,
    pub(in crate::cli) names: Option<intake::NamePattern>,
    /// The list of the class, if there is one.
    pub(in crate::cli) roster: Option<PathBuf>,
    pub(in crate::cli) fresh: bool,
}

/// The plan that a machine follows, and the part of the class that it grades.
pub(in crate::cli) struct BatchShare {
    pub(in crate::cli) plan: PathBuf,
    /// None is the whole class.
    pub(in crate::cli) shard: Option<Shard>,
    /// The command that makes the plan again, to be typed.
    pub(in crate::cli) planning: String,
}

impl BatchShare {
    /// A fault whose hint has the command that makes the plan, with all names.
    pub(in crate::cli) fn with_command(&self, mut fault: Fault) -> Fault {
        let exact = format!("`{}`", self.planning);
        for general in ["`grade plan`", "`grade plan EXERCISE DIR`"] {
            fault.hint = fault.hint.map(|hint| hint.replace(general, &exact));
        }
        fault
    }
}

/// Merge shards.
pub(in crate::cli) struct Merge {
    pub(in crate::cli) shards: Vec<PathBuf>,
    pub(in crate::cli) out: PathBuf,
    /// The same folder as typed.
    pub(in crate::cli) shown_out: PathBuf,
    pub(in crate::cli) plan: PathBuf,
    pub(in crate::cli) accept: bool,
    /// The folder of what goes back to students, if it is wanted.
    pub(in crate::cli) feedback: Option<PathBuf>,
    pub(in crate::cli) separator: Separator,
    pub(in crate::cli) format: Format,
    /// The reports that are written into the output folder besides.
    pub(in crate::cli) formats: Vec<Format>,
    /// The file of the job's summary, if the report belongs there as well.
    pub(in crate::cli) step_summary: Option<PathBuf>,
    pub(in crate::cli) exit_zero: bool,
}

impl Batch {
    /// The folder of the outputs, and as a person knows it.
    pub(in crate::cli) fn outputs(&self) -> (PathBuf, PathBuf) {
        match self.share.as_ref().and_then(|share| share.shard) {
            Some(shard) => (shard.within(&self.out), shard.within(&self.shown_out)),
            None => (self.out.clone(), self.shown_out.clone()),
        }
    }
}

impl Typed<'_> {
    pub(super) fn plan(&self, args: PlanArgs) -> Result<Plan, Fault> {
        let settings = self.settings()?;
        let exercise = settings.course.exercise(&args.exercise)?;
        let class = self.here.join(&args.dir);
        let place = args.out.unwrap_or_else(|| batch::default_out(&class));
        let path = plan_path(&self.here.join(&place));
        check_is_place(&self.here.join(&place), &place)?;
        let shown_path = match path.strip_prefix(self.here) {
            Ok(below) => below.to_path_buf(),
            Err(_) => path.clone(),
        };
        Ok(Plan {
            isolation: self.isolation(&settings, Author::Others),
            settings,
            exercise,
            class,
            shown_class: args.dir,
            path,
            shown_path,
            seeds: args.seeds,
            observe: args.observe,
            names: args.names,
            roster: args.roster.map(|file| self.here.join(file)),
            fresh: args.fresh,
        })
    }

    /// The share of a class that `--plan` and `--shard` name.
    pub(super) fn share(
        &self,
        (exercise, class): (&ExerciseId, &Path),
        plan: Option<PathBuf>,
        shard: Option<Shard>,
        out: &Path,
    ) -> Option<BatchShare> {
        let place = plan.or_else(|| shard.map(|_| out.to_path_buf()))?;
        let plan = plan_path(&self.here.join(&place));
        let planning = format!(
            "grade plan {exercise} {} --out {}",
            quoted(class),
            quoted(&place)
        );
        Some(BatchShare {
            plan,
            shard,
            planning,
        })
    }

    pub(super) fn merge(&self, args: MergeArgs) -> Merge {
        let out = self.here.join(&args.out);
        let plan = args
            .plan
            .map_or_else(|| out.clone(), |plan| self.here.join(plan));
        let shards = args.shards.iter();
        Merge {
            shards: shards.map(|shard| self.here.join(shard)).collect(),
            plan: plan_path(&plan),
            out,
            shown_out: args.out,
            accept: args.accept,
            feedback: args.feedback.map(|folder| self.here.join(folder)),
            separator: args.delimiter.unwrap_or_default(),
            step_summary: self.step_summary(args.format),
            format: args.format,
            formats: args.formats,
            exit_zero: args.exit_zero,
        }
    }
}

/// Refuse a name that looks like that of another file than a plan, and would become a folder.
fn check_is_place(place: &Path, shown: &Path) -> Result<(), Fault> {
    let is_file = place.extension().is_some_and(|end| end != "json") && !place.is_dir();
    if !is_file {
        return Ok(());
    }
    let message = format!("failed to write a plan into `{}`", shown.display());
    Err(Fault::usage(message)
        .because("it is neither a name that ends in `.json` nor a folder that exists")
        .hint("name a file such as `plan.json`, or make that folder first"))
}
