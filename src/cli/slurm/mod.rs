//! `grade slurm EXERCISE DIR`: scripts by which Slurm grades a class, and perhaps their submission.
//!
//! Hides how `sbatch` is called. Never grades: the scripts call `grade batch --shard` and `grade merge`, as a person could.

mod options;
mod queue;
mod script;

use std::path::PathBuf;

pub(super) use self::{options::SbatchOptions, script::Scripts};

use super::{app::App, exit_code::ExitCode, output::quoted, task::Slurm};
use crate::{
    batch::{PlanFile, write_file},
    fault::Fault,
};
use ids::words::count;

/// Folders that each machine has for itself, as a rule.
const OF_ONE_MACHINE: [&str; 4] = ["/tmp", "/var/tmp", "/dev/shm", "/run"];

impl App {
    pub(super) fn slurm(&self, task: &Slurm) -> Result<ExitCode, Fault> {
        let scripts = &task.scripts;
        let folder = scripts.folder();
        if task.submit {
            queue::refuse_twice(&folder)?;
        }
        let texts = [
            ("shard.sh", scripts.shard()?),
            ("merge.sh", scripts.merge()?),
        ];
        let plan = self.plan_for_slurm(task)?;
        for (name, text) in &texts {
            write_file(&folder.join(name), text)?;
        }
        if let Some(note) = of_one_machine(scripts) {
            self.output.note(&note);
        }
        let [shard, merge] =
            ["shard.sh", "merge.sh"].map(|name| task.shown_out.join("slurm").join(name));
        self.output.report(&format!(
            "{} of {}, in {}\n",
            count(plan.size(), "submission"),
            plan.exercise(),
            count(scripts.shards.get() as usize, "part")
        ))?;
        if !task.submit {
            self.output.report(&format!(
                "the scripts are {shard} and {merge}; submit them with\n  \
                 sbatch {shard}\n  \
                 sbatch --dependency=afterany:JOB {merge}\n\
                 where JOB is the number that the first command prints\n",
                shard = quoted(&shard),
                merge = quoted(&merge)
            ))?;
            return Ok(ExitCode::Passed);
        }
        let [shard_file, merge_file] = ["shard.sh", "merge.sh"].map(|name| folder.join(name));
        let array = queue::sbatch(&[], &shard_file)?;
        let after = format!("--dependency=afterany:{array}");
        let merging = queue::sbatch(&[&after], &merge_file).map_err(|fault| {
            fault.hint(format!(
                "job {array} grades the class; submit the merge with `sbatch {after} {}`, or cancel the job with `scancel {array}`",
                quoted(&merge)
            ))
        })?;
        self.output.report(&format!(
            "submitted: job {array} grades, and job {merging} merges when all its tasks have ended\n\
             see whether they run, and how far they are:\n  \
             squeue --jobs={array},{merging}\n  \
             grade report {}\n\
             what they print is in {}\n",
            quoted(&task.shown_out),
            quoted(&task.shown_out.join("slurm"))
        ))?;
        Ok(ExitCode::Passed)
    }

    /// The plan in the output folder, made (again) if there is none, or if it is not of this class.
    fn plan_for_slurm(&self, task: &Slurm) -> Result<PlanFile, Fault> {
        let mut planning = task.plan();
        if let Some(plan) = PlanFile::find(&planning.path)? {
            let fits = || plan.is_of(&planning.settings, &planning.exercise, &planning.class);
            if self.waiting("comparing the plan with the class", fits)? {
                return Ok(plan);
            }
            let mut note =
                "the class or the exercise changed since it was planned, so the plan is made again"
                    .to_owned();
            if plan.has_list() {
                note += "; the list of the class is not in it any more: to have it, use `grade plan --roster FILE` before this command";
            }
            self.output.note(&note);
            planning.names = plan.names()?;
        }
        self.draw_plan(&planning)
    }
}

/// What the nodes may not find, because it is in a folder that each machine has for itself.
fn of_one_machine(scripts: &Scripts) -> Option<String> {
    let needed = [
        &scripts.program,
        &scripts.course,
        &scripts.class,
        &scripts.out,
    ];
    let is_local = |path: &&&PathBuf| OF_ONE_MACHINE.iter().any(|place| path.starts_with(place));
    let local: Vec<String> = needed
        .iter()
        .filter(is_local)
        .map(|path| quoted(path))
        .collect();
    (!local.is_empty()).then(|| {
        format!(
            "the nodes must find these under the same paths, but each machine usually has another folder there: {}",
            local.join(", ")
        )
    })
}
