//! What `grade slurm` is to do, settled.
//!
//! Never looks at the class.

use std::{env, path::PathBuf};

use super::{Typed, several::Plan};
use crate::{
    batch::{self, MEMORY_FOR_EACH, plan_path},
    cli::{
        app::this_program,
        args::SlurmArgs,
        slurm::{SbatchOptions, Scripts},
    },
    config::{Author, IsolationDemand, Settings},
    course::Exercise,
    fault::Fault,
    grading::ObserveRequest,
};

/// Write scripts for Slurm, and perhaps submit them.
pub(in crate::cli) struct Slurm {
    pub(in crate::cli) settings: Settings,
    isolation: IsolationDemand,
    exercise: Exercise,
    pub(in crate::cli) scripts: Scripts,
    /// The output folder as a person knows it.
    pub(in crate::cli) shown_out: PathBuf,
    pub(in crate::cli) submit: bool,
}

impl Slurm {
    /// How the plan is made, if there is none.
    pub(in crate::cli) fn plan(&self) -> Plan {
        Plan {
            settings: self.settings.clone(),
            isolation: self.isolation,
            exercise: self.exercise.clone(),
            class: self.scripts.class.clone(),
            shown_class: self.scripts.class.clone(),
            path: plan_path(&self.scripts.out),
            shown_path: plan_path(&self.shown_out),
            seeds: Vec::new(),
            observe: ObserveRequest::One,
            names: None,
            roster: None,
            fresh: false,
        }
    }
}

impl Typed<'_> {
    pub(super) fn slurm(&self, args: SlurmArgs) -> Result<Slurm, Fault> {
        let settings = self.settings()?;
        let exercise = settings.course.exercise(&args.exercise)?;
        let class = self.here.join(&args.dir);
        let shown_out = args.out.unwrap_or_else(|| batch::default_out(&class));
        let typed = self.global.overrides();
        let scripts = Scripts {
            program: this_program()?,
            course: self.here.join(&settings.course.root),
            exercise: exercise.id.clone(),
            out: self.here.join(&shown_out),
            class,
            shards: args.shards,
            memory: exercise
                .run_limits
                .memory_bytes
                .saturating_add(MEMORY_FOR_EACH),
            scratch: args.scratch,
            cache: typed.cache_dir.map(|folder| self.here.join(folder)),
            temporary: typed.temp_dir.map(|folder| self.here.join(folder)),
            isolation: self.global.isolation,
            compiler: self.compiler(),
            options: SbatchOptions::divide(args.options, args.shards)?,
        };
        Ok(Slurm {
            isolation: self.isolation(&settings, Author::Others),
            settings,
            exercise,
            scripts,
            shown_out,
            submit: args.submit,
        })
    }
    /// The folder on the `PATH` in which `cargo` is.
    fn compiler(&self) -> Option<PathBuf> {
        let path = (self.env)("PATH")?;
        let folders = env::split_paths(&path);
        let mut absolute = folders.filter(|folder| folder.is_absolute());
        absolute.find(|folder| folder.join("cargo").is_file())
    }
}
