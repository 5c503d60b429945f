//! `grade batch EXERCISE DIR`.

use std::{
    io::{self, Write as _},
    path::Path,
};

use super::{
    app::App,
    batch_progress::BatchProgress,
    exit_code::ExitCode,
    feedback::Feedback,
    output::quoted,
    step_summary::StepSummary,
    task::{Batch, BatchShare},
};
use crate::{
    batch::{self, Members, Outcome, Outputs, PlanFile, Share},
    fault::Fault,
    grading::short_around,
};
use ids::SubmissionId;
use ids::words::count;
use report::{Earlier, Format, Truncate};

impl App {
    pub(super) fn batch(&self, task: Batch) -> Result<ExitCode, Fault> {
        if task.list {
            let find = || {
                Members::find(
                    &task.exercise,
                    &task.settings,
                    &task.class,
                    task.names.as_ref(),
                    &task.among,
                )
            };
            let roster = task.roster.as_deref();
            let roster = roster.map(|file| self.read_roster(file)).transpose()?;
            let members = self.waiting("finding the submissions", find)?;
            let listing = batch::list(members, &task.class, roster.as_ref())?;
            return self.list(&listing, task.format);
        }
        let summary = task.step_summary.as_deref();
        let summary = summary.map(StepSummary::open).transpose()?;
        let (out, shown_out) = task.outputs();
        let (format, separator) = (task.format, task.separator);
        let (quiet, accept, exit_zero) = (task.quiet, task.accept, task.exit_zero);
        let outcome = self.grade_class(task)?;
        if accept && !quiet && format != Format::Human {
            self.output.note(&accepted(&outcome));
        }
        match format {
            Format::Human if quiet => {}
            Format::Human => {
                let all = format!("grade report {}", quoted(&shown_out));
                let summary = outcome.summary.human(Truncate::Screen { all: &all });
                self.output
                    .report(&(summary + &account(&outcome, &shown_out, accept)))?;
            }
            format => {
                let outputs = Outputs::open(&out)?.separated_by(separator);
                self.write_class(&outputs, format, summary)?;
            }
        }
        Ok(ExitCode::of_summary(&outcome.summary).unless_student(exit_zero))
    }

    /// Grade a class for one exercise, and say on standard error what a person has to know. Prints no report.
    pub(super) fn grade_class(&self, task: Batch) -> Result<Outcome, Fault> {
        let Batch {
            settings,
            isolation,
            exercise,
            class,
            among,
            out,
            jobs,
            seeds,
            observe,
            share,
            names,
            roster,
            feedback,
            separator,
            fresh,
            accept,
            quiet,
            format,
            formats,
            ..
        } = task;
        let exactly = |fault| match &share {
            Some(share) => share.with_command(fault),
            None => fault,
        };
        let plan = share.as_ref().map(|share| PlanFile::read(&share.plan));
        let plan = plan.transpose().map_err(exactly)?;
        let isolation = match &plan {
            Some(plan) => isolation.or_exactly(plan.tier().map_err(exactly)?),
            None => isolation,
        };
        let roster = roster.as_deref();
        let roster = roster.map(|file| self.read_roster(file)).transpose()?;
        if let Some(folder) = &feedback {
            check_is_outside(folder, &class)?;
        }
        let feedback = feedback.as_deref().map(Feedback::open).transpose()?;
        let request = batch::Request {
            settings: &settings,
            exercise,
            class: &class,
            among: &among,
            names: names.as_ref(),
            out: &out,
            list: roster.as_ref(),
            jobs,
            seeds: &seeds,
            observe,
            share: share
                .as_ref()
                .zip(plan.as_ref())
                .map(|(share, plan)| Share {
                    plan,
                    path: &share.plan,
                    shard: share.shard,
                }),
            fresh,
            accept,
            formats: &formats,
            separator,
        };
        let sandbox = self.sandbox(isolation)?;
        if !quiet {
            let around = sandbox::surroundings();
            for short in short_around(&around, &request.exercise.run_limits) {
                self.output.note(&short);
            }
        }
        let outcome = {
            let progress = BatchProgress::new(&self.output, quiet);
            batch::run(request, sandbox, &progress).map_err(exactly)?
        };
        if let Some((share, plan)) = share.as_ref().zip(plan.as_ref()) {
            self.who_came_later(&plan.unknown(&class), &class, share);
        }
        if !outcome.strays.is_empty() && !quiet {
            let strays = outcome.strays.join(", ");
            self.output.note(&format!(
                "left alone, because they are no records of this class: {strays}"
            ));
        }
        if let Some(feedback) = feedback {
            self.feedback(&Outputs::open(&out)?, feedback)?;
        }
        // The summary says it too, where there is one.
        if quiet || format != Format::Human {
            for line in outcome.summary.not_graded() {
                self.output.note(&format!("not graded: {line}"));
            }
        }
        Ok(outcome)
    }

    /// Say which names in the folder of the class the plan does not know.
    fn who_came_later(&self, names: &[String], class: &Path, share: &BatchShare) {
        let [first, ..] = names else {
            return;
        };
        self.output.note(&format!(
            "{} in `{}` came after the class was planned, such as `{}`: what is not in the plan is not graded",
            count(names.len(), "name"),
            class.display(),
            report::escape_line(first)
        ));
        self.output.hint(&format!(
            "plan again with `{}`, and grade the shards again: what is graded stays",
            share.planning
        ));
    }

    fn list(&self, listing: &batch::Listing, format: Format) -> Result<ExitCode, Fault> {
        let text = match format {
            Format::Human => listing.human(),
            Format::Json => listing.json()?,
            Format::Csv => listing.csv(),
            other => {
                let message = format!("failed to print who is in the class as `{other}`");
                return Err(Fault::usage(message)
                    .hint("choose `--format human`, `--format json` or `--format csv`"));
            }
        };
        self.output.report(&text)?;
        Ok(ExitCode::Passed)
    }

    /// Write a class's outputs to standard output, record by record, and to the summary of a job if there is one.
    pub(super) fn write_class(
        &self,
        outputs: &Outputs,
        format: Format,
        summary: Option<StepSummary>,
    ) -> Result<(), Fault> {
        let facts = self.waiting("reading the records", || outputs.facts())?;
        if format == Format::Human {
            return self.output.report(&facts.summary.human(Truncate::Nothing));
        }
        let mut stdout = NoBrokenPipe(io::BufWriter::new(io::stdout().lock()));
        outputs.write(format, &facts, &mut stdout)?;
        stdout
            .flush()
            .map_err(|error| Fault::usage("failed to write to standard output").because(error))?;
        if let Some(summary) = summary {
            let mut markdown = Vec::new();
            outputs.write(Format::Markdown, &facts, &mut markdown)?;
            summary.append(&String::from_utf8_lossy(&markdown))?;
        }
        Ok(())
    }
}

/// A reader may close the pipe early; that is no fault.
struct NoBrokenPipe<W>(W);

impl<W: io::Write> io::Write for NoBrokenPipe<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.write(bytes) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(bytes.len()),
            other => other,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.0.flush() {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other,
        }
    }
}

/// What goes back to students must not be taken for a submission.
fn check_is_outside(folder: &Path, class: &Path) -> Result<(), Fault> {
    if !batch::lies_in(folder, class) {
        return Ok(());
    }
    let message = format!("failed to write into `{}`", folder.display());
    Err(Fault::usage(message)
        .because("it is among the submissions")
        .hint("choose another folder with `--feedback DIR`"))
}

/// How many submissions were graded, and where the outputs are.
fn account(outcome: &Outcome, out: &Path, is_accepted: bool) -> String {
    use std::fmt::Write as _;
    let mut text = format!(
        "\n{} unchanged, {} graded",
        outcome.unchanged, outcome.graded
    );
    if !outcome.damaged.is_empty() {
        let ids: Vec<&str> = outcome.damaged.iter().map(SubmissionId::as_str).collect();
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            " ({} damaged and made again: {})",
            ids.len(),
            ids.join(", ")
        );
    }
    let out = report::escape_line(&out.to_string_lossy());
    let _ = writeln!(text, "\nrecords, batch.json and gradebook.csv are in {out}");
    if is_accepted {
        let _ = writeln!(text, "{}", accepted(outcome));
    } else if !outcome.summary.changes.is_empty() {
        text += "the same command with `--accept` accepts the grades that changed\n";
    }
    text
}

/// What was accepted, and how many grades changed by it.
pub(super) fn accepted(outcome: &Outcome) -> String {
    let summary = &outcome.summary;
    let mut counts = [("changed", 0), ("new", 0), ("gone", 0)];
    if outcome.is_first {
        counts[1].1 = summary.total();
    }
    for change in &summary.changes {
        let how = match (&change.before, &change.after) {
            (_, None) => 2,
            (Earlier::Nothing, Some(_)) => 1,
            (_, Some(_)) => 0,
        };
        counts[how].1 += 1;
    }
    let counts: Vec<String> = counts
        .iter()
        .filter(|(_, number)| *number > 0)
        .map(|(how, number)| format!("{number} {how}"))
        .collect();
    let counts = if counts.is_empty() {
        "nothing changed".to_owned()
    } else {
        counts.join(", ")
    };
    format!("accepted: {} ({counts})", count(summary.total(), "grade"))
}
