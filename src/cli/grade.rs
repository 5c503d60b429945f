//! `grade EXERCISE [PATH]`.

use std::{ffi::OsStr, path::Path};

use super::{
    app::App,
    exit_code::ExitCode,
    output::{ReportFile, since_1970},
    progress::GradeProgress,
    report_folder::{ReportFolder, one},
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
use report::Entry;

impl App {
    pub(super) fn grade(&self, task: Grade) -> Result<ExitCode, Fault> {
        let Grade {
            settings,
            isolation,
            exercise,
            folder,
            seeds,
            observe,
            plan,
            fresh,
            format,
            report: file,
            reports,
            exit_zero,
            replay,
        } = task;
        let submission = submission(&folder)?;
        let file = file.as_deref().map(ReportFile::open).transpose()?;
        let folder = reports.as_ref().map(ReportFolder::open).transpose()?;
        let SingleRecord {
            record,
            unchanged_since,
        } = {
            let progress = GradeProgress::new(&self.output);
            progress.event(ProgressEvent {
                whose: Whose::Reference,
                step: Step::Machine,
            });
            let sandbox = self.sandbox(isolation)?;
            let session = Session::open(&settings, exercise, &plan, sandbox, &progress)?;
            session.grade_single(&Single {
                submission: &submission,
                seeds: &seeds,
                observe,
                fresh,
                is_remembered: true,
                replay: &|plan| replay.command(plan),
            })?
        };
        if let Some(since) = unchanged_since {
            let since = humantime::format_rfc3339_seconds(since).to_string();
            let age = report::age(&since, since_1970());
            self.output.note(&format!(
                "nothing changed since this was graded {age}, so it did not run again; `--fresh` runs it on new data"
            ));
        }
        if let Some(fault) = record
            .faults
            .iter()
            .find(|f| f.kind == FaultKind::Interrupted)
        {
            return Err(fault.clone().into());
        }
        let entry = Entry::of(record);
        let text = one(format, &entry)?;
        self.output.report(&text)?;
        if let Some(file) = file {
            file.finish(&text)?;
        }
        if let (Some(reports), Some(folder)) = (reports, folder) {
            folder.write_one(&entry)?;
            self.output.note(&reports.written());
        }
        Ok(ExitCode::of_record(&entry.record).unless_student(exit_zero))
    }
}

/// The submission that the user named: a folder, or an archive. A mistyped path is reported at once.
fn submission(path: &Path) -> Result<Submission, Fault> {
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
