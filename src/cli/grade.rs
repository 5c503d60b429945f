//! `grade EXERCISE [PATH]`.

use std::{ffi::OsStr, path::Path};

use super::{
    App, Whose,
    args::{Format, GradeArgs},
    exit_code::ExitCode,
    mistyped::{later_command, nearly_a_command},
    output::{ReportFile, quoted},
    progress::GradeProgress,
};
use crate::{
    config::Settings,
    fault::{Fault, FaultKind},
    grading::{self, Origin, Session, Submission},
};
use ids::{Seed, SubmissionId};
use judge::{record::Record, report};

impl App {
    pub(super) fn grade(
        &self,
        settings: &Settings,
        here: &Path,
        args: &GradeArgs,
        course: Option<&Path>,
    ) -> Result<ExitCode, Fault> {
        let Some(name) = &args.exercise else {
            let ids = settings.course.exercise_ids()?;
            let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
            return Err(Fault::usage("no exercise was named").hint(format!(
                "try `grade EXERCISE` with one of: {}; or `grade --help`",
                ids.join(", ")
            )));
        };
        if let Some(fault) = later_command(name) {
            return Err(fault);
        }
        let exercise = match settings.course.exercise(name) {
            Ok(exercise) => exercise,
            Err(fault) => {
                let exercises = settings.course.exercise_ids()?;
                return Err(nearly_a_command(name, &exercises).unwrap_or(fault));
            }
        };
        let folder = args
            .path
            .as_ref()
            .map_or_else(|| exercise.starter.clone(), |path| here.join(path));
        let submission = submission(&folder)?;
        let file = args.report.as_deref().map(ReportFile::open).transpose()?;
        let seeds = grading::seeds(&exercise.seeds, &args.seeds, &[])?;
        let replay = replay(name, args, course, &seeds);

        let record = {
            let progress = GradeProgress::new(&self.output);
            let sandbox = self.sandbox(settings, Whose::Own)?;
            let session = Session::open(settings, exercise, &seeds, sandbox, &progress)?;
            session.grade(&submission, &replay)
        };
        if let Some(fault) = record
            .faults
            .iter()
            .find(|f| f.kind == FaultKind::Interrupted)
        {
            return Err(fault.clone().into());
        }
        let text = render(&record, args.format.unwrap_or(Format::Human));
        self.output.report(&text)?;
        if let Some(file) = file {
            file.finish(&text)?;
        }
        Ok(ExitCode::of_record(&record))
    }
}

/// The submission in a folder that a person named. A slip of the pen is told at once.
fn submission(folder: &Path) -> Result<Submission, Fault> {
    intake::check_named(folder)?;
    // `.` and the like have no name of their own.
    let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf());
    let name = absolute
        .components()
        .next_back()
        .map(|part| part.as_os_str().to_owned());
    let name = name
        .as_deref()
        .map_or_else(Default::default, OsStr::to_string_lossy);
    Ok(Submission {
        id: SubmissionId::from_folder_name(&name),
        origin: Origin::Named(folder.to_path_buf()),
    })
}

/// The command that does the same again, from the same folder.
fn replay(exercise: &str, args: &GradeArgs, course: Option<&Path>, seeds: &[Seed]) -> String {
    use std::fmt::Write as _;
    let mut command = format!("grade {exercise}");
    if let Some(path) = &args.path {
        // A path like a flag or a command must not be taken for one.
        let bare = path.components().count() == 1 && path.is_relative();
        let path = if bare {
            Path::new(".").join(path)
        } else {
            path.clone()
        };
        let _ = write!(command, " {}", quoted(&path));
    }
    for seed in seeds {
        let _ = write!(command, " --seed {seed}");
    }
    if let Some(course) = course {
        let _ = write!(command, " --course {}", quoted(course));
    }
    command
}

fn render(record: &Record, format: Format) -> String {
    match format {
        Format::Human => report::human(record),
        Format::Json => report::json(record),
    }
}
