//! `grade report PATH`.

use std::{fs, path::Path};

use super::{
    app::App,
    batch_all::parts_in,
    exit_code::ExitCode,
    feedback::Feedback,
    output::quoted,
    report_folder::{ReportFolder, context, one},
    step_summary::StepSummary,
    task::{Report, ReportForm},
};
use crate::{
    batch::{self, Outputs, ShardStanding, Standing},
    fault::Fault,
};
use ids::words::count;
use judge::record::{self, Record};
use report::{Entry, Format, Separator};

impl App {
    pub(super) fn report(&self, task: &Report) -> Result<ExitCode, Fault> {
        let path = &task.path;
        if path.is_dir() {
            check_is_of_one(path)?;
            if let Some(standing) = Standing::of(path)?
                && task.asks_for_no_file()
            {
                return self.standing(&standing, path);
            }
            let mut outputs = Outputs::open(path)?.separated_by(task.separator);
            if let Some(roster) = &task.roster {
                outputs.assign(&self.read_roster(roster)?)?;
            }
            if let Some((graded, all)) = outputs.so_far() {
                self.output.note(&if batch::has_shards(path) {
                    let out = quoted(path);
                    format!(
                        "{} of {all} have no record: `grade merge {out} --out {out}` joins them when the shards have them",
                        all.saturating_sub(graded)
                    )
                } else {
                    format!("{graded} of {all} so far: the batch was stopped or is under way")
                });
            }
            let feedback = task.feedback.as_deref().map(Feedback::open).transpose()?;
            if let Some(book) = &task.gradebook {
                self.gradebook(&outputs, task.roster.as_deref(), book)?;
            }
            if let Some(feedback) = feedback {
                self.feedback(&outputs, feedback)?;
            }
            match &task.form {
                None => {}
                Some(ReportForm::Printed(format, summary)) => {
                    check_is_for_class(*format)?;
                    let summary = summary.as_deref().map(StepSummary::open).transpose()?;
                    self.write_class(&outputs, *format, summary)?;
                }
                Some(ReportForm::Files(reports)) => {
                    for format in &reports.formats {
                        check_is_for_class(*format)?;
                    }
                    let folder = ReportFolder::open(reports)?;
                    folder.write_class(&outputs)?;
                    self.output.note(&reports.written());
                }
            }
        } else {
            let mut record = read(path)?;
            batch::give_back_beside(path, &mut record)?;
            let entry = Entry::of(record);
            let for_class = [
                ("a gradebook", task.gradebook.is_some()),
                ("a list of the class", task.roster.is_some()),
                ("a folder of feedback", task.feedback.is_some()),
                ("another separator", task.separator != Separator::default()),
            ];
            if let Some((what, _)) = for_class.iter().find(|(_, is_given)| *is_given) {
                let message = format!("failed to use {what} for `{}`", path.display());
                return Err(Fault::usage(message)
                    .because("it is one record")
                    .hint("name the folder that a batch wrote into"));
            }
            match &task.form {
                None => {}
                Some(ReportForm::Printed(format, summary)) => {
                    let summary = summary.as_deref().map(StepSummary::open).transpose()?;
                    self.output.report(&one(*format, &entry)?)?;
                    if let Some(summary) = summary {
                        summary.append(&one(Format::Markdown, &entry)?)?;
                    }
                }
                Some(ReportForm::Files(reports)) => {
                    let folder = ReportFolder::open(reports)?;
                    folder.write_one(&entry, &context())?;
                    self.output.note(&reports.written());
                }
            }
        }
        Ok(ExitCode::Passed)
    }

    /// Say how far shards are that are not merged.
    fn standing(&self, standing: &Standing, out: &Path) -> Result<ExitCode, Fault> {
        self.output.report(&lines(standing, &quoted(out)))?;
        Ok(if standing.is_complete() {
            ExitCode::Passed
        } else {
            ExitCode::NotGraded
        })
    }
}

impl Report {
    /// Whether a person only wants to see how the class stands.
    fn asks_for_no_file(&self) -> bool {
        let is_printed = matches!(self.form, Some(ReportForm::Printed(Format::Human, _)));
        is_printed && self.gradebook.is_none() && self.feedback.is_none() && self.roster.is_none()
    }
}

/// A line for each shard, and for the class.
fn lines(standing: &Standing, out: &str) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    let mut graded = 0;
    for (shard, standing) in &standing.shards {
        let what = match *standing {
            ShardStanding::NotBegun => "has not begun".to_owned(),
            ShardStanding::Begun { done, all } => {
                graded += done;
                format!("{done} of {all} graded; it is at work, or was stopped")
            }
            ShardStanding::Complete { all } => {
                graded += all;
                format!("{all} of {all} graded; it is complete")
            }
        };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "shard {shard}: {what}");
    }
    let size = standing.size;
    let merge = format!("`grade merge {out} --out {out}`");
    let next = if standing.shards.is_empty() {
        format!("no shard has begun; {} planned", are(size))
    } else if standing.is_complete() {
        format!("merge them with {merge}")
    } else {
        format!("{graded} of {size} graded; when all shards are complete, merge them with {merge}")
    };
    text + &next + "\n"
}

/// How many submissions are something.
fn are(number: usize) -> String {
    let verb = if number == 1 { "is" } else { "are" };
    format!("{} {verb}", count(number, "submission"))
}

/// The folder of `batch --all` holds a batch for each exercise, and is none itself.
fn check_is_of_one(folder: &Path) -> Result<(), Fault> {
    if batch::is_of_batch(folder) {
        return Ok(());
    }
    let parts = parts_in(folder);
    let Some(first) = parts.first() else {
        return Ok(());
    };
    let message = format!("failed to report `{}` as one class", folder.display());
    Err(Fault::usage(message)
        .because(format!("each exercise has a folder of its own in it: {}", parts.join(", ")))
        .hint(format!(
            "name one of them, such as `grade report {}`; grades.csv and report.html in this folder have all exercises",
            quoted(&folder.join(first))
        )))
}

fn check_is_for_class(format: Format) -> Result<(), Fault> {
    if format.is_for_class() {
        return Ok(());
    }
    let message = format!("failed to report a class as `{format}`: it is for one submission");
    Err(Fault::usage(message).hint("name one of the files in `records/`"))
}

/// One record, of this version's schema.
fn read(path: &Path) -> Result<Record, Fault> {
    let bytes = fs::read(path).map_err(|error| Fault::unreadable(path, error))?;
    let wrong = |why: String| {
        Fault::bad_record(path, why)
            .hint("name the folder that a batch wrote into, or a file of its `records/`")
    };
    let schema = serde_json::from_slice::<Schema>(&bytes)
        .unwrap_or_default()
        .schema;
    if schema == batch::SCHEMA {
        let message = format!("failed to read `{}` as a record", path.display());
        return Err(Fault::usage(message)
            .because("it is a whole batch")
            .hint("name the folder that it is in"));
    }
    let record: Record =
        serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?;
    if record.schema != record::SCHEMA {
        return Err(wrong(format!(
            "it is a `{}`, not a `{}`",
            record.schema,
            record::SCHEMA
        )));
    }
    Ok(record)
}

/// What a file says that it is.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Schema {
    schema: String,
}
