//! `grade EXERCISE [PATH]`.

use std::{
    ffi::OsStr,
    path::{Component, Path, PathBuf},
};

use super::{
    app::App,
    exit_code::ExitCode,
    output::{ReportFile, since_1970},
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
use report::{Context, Entry, Format};

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
            step_summary,
            root,
            exit_zero,
            replay,
        } = task;
        let submission = submission(&folder)?;
        let place = place_in(&root, &folder);
        let own = own_reports(&folder, file.as_deref(), reports.as_ref())?;
        let file = file.as_deref().map(ReportFile::open).transpose()?;
        let folder = reports.as_ref().map(ReportFolder::open).transpose()?;
        let summary = step_summary.as_deref().map(StepSummary::open).transpose()?;
        let SingleRecord {
            record,
            unchanged_since,
            before,
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
                own: &own,
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
        let context = Context {
            since: before.and_then(|before| report::since(&before, &record)),
            ..context()
        };
        let entry = Entry {
            folder: place,
            ..Entry::of(record)
        };
        let text = one_in(format, &entry, &context)?;
        self.output.report(&text)?;
        if let Some(file) = file {
            file.finish(&(format.mark().to_owned() + &text))?;
        }
        if let Some(summary) = summary {
            summary.append(&one_in(Format::Markdown, &entry, &context)?)?;
        }
        if let (Some(reports), Some(folder)) = (reports, folder) {
            folder.write_one(&entry, &context)?;
            self.output.note(&reports.written());
        }
        Ok(ExitCode::of_record(&entry.record).unless_student(exit_zero))
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
