//! What several machines do that grade one class, settled: the plan, a machine's share, and the merge.
//!
//! Never looks at the class.

use std::path::{Path, PathBuf};

use super::{Batch, Typed};
use crate::{
    batch::{self, Shard, plan_path},
    cli::args::{MergeArgs, PlanArgs},
    config::{Author, IsolationDemand, Settings},
    course::Exercise,
    fault::Fault,
    grading::ObserveRequest,
};
use ids::Seed;
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
        plan: Option<PathBuf>,
        shard: Option<Shard>,
        out: &Path,
    ) -> Option<BatchShare> {
        let plan = plan.or_else(|| shard.map(|_| out.to_path_buf()))?;
        let plan = plan_path(&self.here.join(plan));
        Some(BatchShare { plan, shard })
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
