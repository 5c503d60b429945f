//! What `grade watch` is to do, settled.
//!
//! Never looks at the submission.

use std::path::PathBuf;

use super::{REPORTS, Reports, Typed, replay::Replay};
use crate::{
    cli::args::WatchArgs,
    config::{Author, IsolationDemand, Settings},
    course::Exercise,
    fault::Fault,
    grading::{self, ObserveRequest, RunPlan},
};
use ids::Seed;
use report::Format;

/// Grade one submission whenever it is saved.
pub(in crate::cli) struct Watch {
    pub(in crate::cli) settings: Settings,
    pub(in crate::cli) isolation: IsolationDemand,
    pub(in crate::cli) exercise: Exercise,
    /// The submission's folder.
    pub(in crate::cli) folder: PathBuf,
    /// The seeds that were typed.
    pub(in crate::cli) seeds: Vec<Seed>,
    /// Which runs are to be observed.
    pub(in crate::cli) observe: ObserveRequest,
    /// All seeds, the fresh ones drawn, and which runs are observed.
    pub(in crate::cli) plan: RunPlan,
    /// Where the web page goes.
    pub(in crate::cli) page: Reports,
    /// Whether there is a screen on which a browser can open.
    pub(in crate::cli) has_browser: bool,
    /// The command that grades once on the same data.
    pub(in crate::cli) replay: Replay,
}

impl Typed<'_> {
    pub(super) fn watch(&self, args: WatchArgs) -> Result<Watch, Fault> {
        let settings = self.settings()?;
        let exercise = settings.course.exercise(&args.exercise)?;
        let seeds = grading::seeds(&exercise.seeds, &args.seeds, &[])?;
        let observe = grading::observe(args.observe, &exercise.seeds, &seeds, None)?;
        let replay = Replay {
            exercise: args.exercise,
            path: args.path.clone(),
            course: self.global.overrides().course,
        };
        let folder = match args.path {
            Some(path) => self.here.join(path),
            None => exercise.starter.clone(),
        };
        Ok(Watch {
            isolation: self.isolation(&settings, Author::Own),
            settings,
            exercise,
            folder,
            seeds: args.seeds,
            observe: args.observe,
            plan: RunPlan { seeds, observe },
            page: Reports {
                formats: vec![Format::Html],
                folder: self.here.join(REPORTS),
                shown: REPORTS.into(),
            },
            has_browser: ["DISPLAY", "WAYLAND_DISPLAY"]
                .iter()
                .any(|name| self.variable(name).is_some()),
            replay,
        })
    }
}
