//! `grade merge SHARD… --out OUT`.

use super::{
    app::App, batch::accepted, exit_code::ExitCode, feedback::Feedback, output::quoted,
    step_summary::StepSummary, task::Merge,
};
use crate::{
    batch::{self, MergeRequest, Merged, Outputs, PlanFile},
    fault::Fault,
};
use ids::{SubmissionId, words::count};
use report::{Format, Truncate};

impl App {
    pub(super) fn merge(&self, task: &Merge) -> Result<ExitCode, Fault> {
        let summary = task.step_summary.as_deref();
        let summary = summary.map(StepSummary::open).transpose()?;
        let feedback = task.feedback.as_deref().map(Feedback::open).transpose()?;
        let merged = self.waiting("merging the shards", || {
            let plan = PlanFile::read(&task.plan)?;
            let request = MergeRequest {
                plan: &plan,
                path: &task.plan,
                shards: &task.shards,
                out: &task.out,
                accept: task.accept,
                formats: &task.formats,
                separator: task.separator,
            };
            batch::merge(&request, &self.cancellation)
        })?;
        for problem in &merged.problems {
            self.output.note(&problem.to_string());
            self.output.hint(problem.hint());
        }
        if !merged.outcome.strays.is_empty() {
            let strays = merged.outcome.strays.join(", ");
            self.output.note(&format!(
                "left alone, because they are no records of this class: {strays}"
            ));
        }
        let outputs = Outputs::open(&task.out)?.separated_by(task.separator);
        if let Some(feedback) = feedback {
            self.feedback(&outputs, feedback)?;
        }
        match task.format {
            Format::Human => {
                let all = format!("grade report {}", quoted(&task.shown_out));
                let text = merged.outcome.summary.human(Truncate::Screen { all: &all });
                self.output.report(&(text + &account(&merged, task)))?;
            }
            format => {
                if task.accept && merged.is_complete() {
                    self.output.note(&accepted(&merged.outcome));
                }
                self.write_class(&outputs, format, summary)?;
            }
        }
        if !merged.is_complete() {
            return Ok(ExitCode::NotGraded);
        }
        Ok(ExitCode::of_summary(&merged.outcome.summary).unless_student(task.exit_zero))
    }
}

/// What was merged, and where the outputs are.
fn account(merged: &Merged, task: &Merge) -> String {
    use std::fmt::Write as _;
    let outcome = &merged.outcome;
    let out = report::escape_line(&task.shown_out.to_string_lossy());
    let mut text = format!(
        "\n{} merged: {} new, {} unchanged\n",
        count(merged.shards, "shard"),
        match outcome.graded {
            1 => "1 record is".to_owned(),
            many => format!("{many} records are"),
        },
        outcome.unchanged,
    );
    if !outcome.damaged.is_empty() {
        let ids: Vec<&str> = outcome.damaged.iter().map(SubmissionId::as_str).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "damaged in {out}, and made again: {}", ids.join(", "));
    }
    let parts = [
        (merged.missing, "without a record"),
        (merged.unfinished, "whose record in a shard may be newer"),
    ];
    for (number, what) in parts {
        if number > 0 {
            let _ = writeln!(
                text,
                "{} {what}; no grades are accepted before all are there",
                count(number, "submission")
            );
        }
    }
    let _ = writeln!(text, "records, batch.json and gradebook.csv are in {out}");
    if merged.is_complete() && task.accept {
        let _ = writeln!(text, "{}", accepted(outcome));
    } else if merged.is_complete() && !outcome.summary.changes.is_empty() {
        text += "the same command with `--accept` accepts the grades that changed\n";
    }
    text
}
