//! `grade data EXERCISE DIR --seed N`.

use std::{fs, io};

use super::{app::App, exit_code::ExitCode, phases::Phase, progress::GradeProgress, task::Data};
use crate::{
    fault::{Fault, FaultKind},
    grading::generated_by_program,
};
use dataset::Dataset;
use ids::words::count;

impl App {
    /// Write the data files of one seed into a folder: also those that a server would have, and the empty folder in which
    /// a program saves files.
    pub(super) fn data(&self, task: &Data) -> Result<ExitCode, Fault> {
        let dataset = match dataset::generate(&task.exercise.recipe, task.seed.0) {
            Some(dataset) => dataset,
            None => self.by_program(task)?,
        };
        let slow = task.exercise.slow.as_ref();
        let dataset = match slow.and_then(|slow| slow.server.as_ref()) {
            Some(server) => server.with_list(dataset),
            None => dataset,
        };
        write(task, &dataset)?;
        self.output.report(&format!(
            "{} of seed {} in {}\n",
            count(dataset.files().len(), "file"),
            task.seed,
            report::escape_line(&task.shown_dir.display().to_string())
        ))?;
        Ok(ExitCode::Passed)
    }

    fn by_program(&self, task: &Data) -> Result<Dataset, Fault> {
        let progress = GradeProgress::of(&self.output, Phase::new("data"));
        let made = generated_by_program(
            &task.settings,
            &task.exercise,
            task.seed,
            self.sandbox(task.isolation)?,
            &progress,
        )?;
        made.into_iter()
            .next()
            .ok_or_else(|| Fault::internal("make the data", "there is no dataset"))
    }
}

fn write(task: &Data, dataset: &Dataset) -> Result<(), Fault> {
    let Data {
        exercise,
        dir,
        shown_dir,
        ..
    } = task;
    let failed = |error: &io::Error| {
        let what_to_name =
            "name an empty folder that is yours to write to, or one that does not exist yet";
        let missing = dir.parent().filter(|above| !above.exists());
        let hint = missing.map_or_else(
            || what_to_name.to_owned(),
            |above| {
                format!(
                    "make `{}` first, which is not there, or {what_to_name}",
                    above.display()
                )
            },
        );
        Fault::io(FaultKind::Usage, "write data into", shown_dir, error).hint(hint)
    };
    // No job of another user runs here that would have to read the files.
    fs_scratch::umask::restore();
    let made = fs::create_dir(dir);
    let is_ours = made.is_ok();
    match made {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            // Files of another seed beside the new ones would give a wrong total without any message.
            if fs::read_dir(dir)
                .map_err(|error| failed(&error))?
                .next()
                .is_some()
            {
                return Err(failed(&io::ErrorKind::DirectoryNotEmpty.into()));
            }
        }
        other => other.map_err(|error| failed(&error))?,
    }
    let saved = exercise.questions.saved.as_ref();
    let written = dataset
        .write(dir)
        .and_then(|()| saved.map_or(Ok(()), |saved| fs::create_dir(dir.join(saved))));
    written.map_err(|error| {
        // Half of a dataset gives a wrong total without any message. The folder was empty, so all files are
        // ours.
        for name in dataset.names() {
            let _ = fs::remove_file(dir.join(name));
        }
        for folder in dataset.folders().into_iter().rev() {
            let _ = fs::remove_dir(dir.join(folder));
        }
        if is_ours {
            let _ = fs::remove_dir(dir);
        }
        failed(&error)
    })
}
