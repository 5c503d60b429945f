//! `grade data EXERCISE DIR --seed N`.

use std::{fs, io};

use super::{exit_code::ExitCode, output::Output, task::Data};
use crate::fault::{Fault, FaultKind};
use ids::words::count;

pub(super) fn run(task: &Data, output: &Output) -> Result<ExitCode, Fault> {
    let Data {
        exercise,
        dir,
        shown_dir,
        seed,
        temp_dir: _,
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
    let dataset = dataset::generate(&exercise.recipe, seed.0);
    dataset.write(dir).map_err(|error| {
        // Half of a dataset gives a wrong total without any message. The folder was empty, so all files are
        // ours.
        for name in dataset.names() {
            let _ = fs::remove_file(dir.join(name));
        }
        if is_ours {
            let _ = fs::remove_dir(dir);
        }
        failed(&error)
    })?;
    output.report(&format!(
        "{} of seed {} in {}\n",
        count(dataset.files().len(), "file"),
        seed,
        report::escape_line(&shown_dir.display().to_string())
    ))?;
    Ok(ExitCode::Passed)
}
