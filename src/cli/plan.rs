//! `grade plan EXERCISE DIR`.

use super::{
    app::App, batch_progress::BatchProgress, exit_code::ExitCode, output::quoted, task::Plan,
};
use crate::{
    batch::{self, PlanFile, PlanRequest, plan_path},
    fault::Fault,
};
use ids::words::count;

impl App {
    pub(super) fn plan(&self, task: &Plan) -> Result<ExitCode, Fault> {
        let plan = self.draw_plan(task)?;
        let (exercise, class) = (plan.exercise(), quoted(&task.shown_class));
        // A machine looks for the plan in the folder of the outputs.
        let (out, by) = match task.shown_path.parent() {
            Some(out) if plan_path(out) == task.shown_path => (out.to_path_buf(), String::new()),
            _ => {
                let by = format!(" --plan {}", quoted(&task.shown_path));
                (batch::default_out(&task.shown_class), by)
            }
        };
        let out = quoted(&out);
        self.output.report(&format!(
            "planned: {} of {exercise}, at tier {}; the plan is {}\n\
             each machine grades its part, such as the first and the last of ten; then one of them merges:\n  \
             grade batch {exercise} {class} --out {out}{by} --shard 0/10\n  \
             grade batch {exercise} {class} --out {out}{by} --shard 9/10\n  \
             grade merge {out} --out {out}{by}\n",
            count(plan.size(), "submission"),
            plan.tier()?,
            quoted(&task.shown_path),
        ))?;
        Ok(ExitCode::Passed)
    }

    /// Make the plan, and say nothing about it.
    pub(super) fn draw_plan(&self, task: &Plan) -> Result<PlanFile, Fault> {
        let roster = task.roster.as_deref();
        let roster = roster.map(|file| self.read_roster(file)).transpose()?;
        let request = PlanRequest {
            settings: &task.settings,
            exercise: task.exercise.clone(),
            class: &task.class,
            names: task.names.as_ref(),
            list: roster.as_ref(),
            path: &task.path,
            seeds: &task.seeds,
            observe: task.observe,
            fresh: task.fresh,
        };
        let sandbox = self.sandbox(task.isolation)?;
        let progress = BatchProgress::new(&self.output, false);
        batch::plan(request, sandbox, &progress)
    }
}
