//! `grade EXERCISE [PATH]`.

use std::{
    ffi::OsStr,
    path::{Component, Path, PathBuf},
};

use super::{
    app::App,
    exit_code::ExitCode,
    output::{ReportFile, screen, since_1970},
    own_reports::own_reports,
    progress::GradeProgress,
    report_folder::{ReportFolder, context, one_in},
    step_summary::StepSummary,
    task::Grade,
};
use crate::{
    fault::{Fault, FaultKind},
    grading::{
        Origin, Progress as _, ProgressEvent, Session, Single, SingleRecord, Step, Submission,
        Whose,
    },
};
use ids::SubmissionId;
use intake::FileId;
use report::{Context, Entry, Format};

impl App {
    pub(super) fn grade(&self, task: &Grade) -> Result<ExitCode, Fault> {
        let submission = named(&task.folder)?;
        let own = own_reports(&task.folder, task.report.as_deref(), task.reports.as_ref())?;
        let file = task.report.as_deref().map(ReportFile::open).transpose()?;
        let folder = task.reports.as_ref().map(ReportFolder::open).transpose()?;
        let summary = task.step_summary.as_deref();
        let summary = summary.map(StepSummary::open).transpose()?;
        let SingleRecord {
            record,
            unchanged_since,
            before,
            has_static_mut,
        } = self.single_record(task, &submission, &own)?;
        if let Some(since) = unchanged_since {
            let since = humantime::format_rfc3339_seconds(since).to_string();
            let age = report::age(&since, since_1970());
            self.output.note(&format!(
                "nothing changed since this was graded {age}, so it did not run again; `--fresh` runs it on new data"
            ));
        }
        let context = Context {
            since: before.and_then(|before| report::since(&before, &record)),
            elsewhere: task.elsewhere.as_deref().map(|found| {
                format!(
                    "Graded below is {}, and not the crate in {}, where you are. To grade the one where you are, type \
                     `{}`.",
                    task.folder.display(),
                    found.display(),
                    task.replay.of(found)
                )
            }),
            screen: screen(),
            // Further runs have been made where they were asked for.
            has_static_mut: has_static_mut && task.repeat == 0,
            is_detailed: task.is_detailed,
            ..context()
        };
        let entry = Entry {
            folder: place_in(&task.root, &task.folder),
            ..Entry::of(record)
        };
        let text = one_in(task.format, &entry, &context)?;
        self.output.report(&text)?;
        if let Some(file) = file {
            file.finish(&(task.format.mark().to_owned() + &text))?;
        }
        if let Some(summary) = summary {
            summary.append(&one_in(Format::Markdown, &entry, &context)?)?;
        }
        if let (Some(reports), Some(folder)) = (&task.reports, folder) {
            folder.write_one(&entry, &context)?;
            self.output.note(&reports.written());
        }
        Ok(ExitCode::of_record(&entry.record).unless_student(task.exit_zero))
    }

    /// The record of a submission, with progress while it is made. `own` are reports in its folder, which are no part of
    /// it.
    pub(super) fn single_record(
        &self,
        task: &Grade,
        submission: &Submission,
        own: &[FileId],
    ) -> Result<SingleRecord, Fault> {
        let progress = GradeProgress::new(&self.output);
        progress.event(ProgressEvent {
            whose: Whose::Reference,
            step: Step::Machine,
        });
        let sandbox = self.sandbox(task.isolation)?;
        let exercise = task.exercise.clone();
        let session = Session::open(&task.settings, exercise, &task.plan, sandbox, &progress)?;
        let single = session.grade_single(&Single {
            submission,
            seeds: &task.seeds,
            observe: task.observe,
            fresh: task.fresh,
            repeat: task.repeat,
            // What further runs show is no answer to another question.
            is_remembered: task.repeat == 0,
            own,
            replay: &|plan| task.replay.command(plan),
        })?;
        let mut faults = single.record.faults.iter();
        match faults.find(|fault| fault.kind == FaultKind::Interrupted) {
            Some(fault) => Err(fault.clone().into()),
            None => Ok(single),
        }
    }
}

/// Where a folder is below the root of a repository. `None` if it is elsewhere, or is an archive.
fn place_in(root: &Path, folder: &Path) -> Option<String> {
    let plain = |path: &Path| {
        let absolute = std::path::absolute(path).ok()?;
        let mut plain = PathBuf::new();
        for part in absolute.components() {
            match part {
                Component::ParentDir => drop(plain.pop()),
                part => plain.push(part),
            }
        }
        Some(plain)
    };
    let folder = plain(folder.is_dir().then_some(folder)?)?;
    let place = folder.strip_prefix(plain(root)?).ok()?;
    place.to_str().map(str::to_owned)
}

/// The submission that the user named: a folder, or an archive. A mistyped path is reported at once.
pub(super) fn named(path: &Path) -> Result<Submission, Fault> {
    let origin = if let Some(archive) = intake::named_archive(path) {
        Origin::Found(archive)
    } else {
        intake::check_named(path)?;
        Origin::Named(path.to_path_buf())
    };
    // `.` and the like have no name of their own.
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let name = absolute
        .components()
        .next_back()
        .map(|part| part.as_os_str().to_owned());
    let name = name
        .as_deref()
        .map_or_else(Default::default, OsStr::to_string_lossy);
    Ok(Submission {
        id: SubmissionId::from_folder_name(&name),
        origin,
    })
}
