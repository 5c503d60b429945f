//! `grade data EXERCISE DIR --seed N`.

use std::{fs, io, path::Path};

use super::{args::DataArgs, exit_code::ExitCode, output::Output};
use crate::{
    config::Settings,
    fault::{Fault, FaultKind},
};
use ids::words::count;

pub(super) fn run(
    settings: &Settings,
    here: &Path,
    args: &DataArgs,
    output: &Output,
) -> Result<ExitCode, Fault> {
    let exercise = settings.course.exercise(&args.exercise)?;
    let dir = here.join(&args.dir);
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
        Fault::io(FaultKind::Usage, "write data into", &args.dir, error).hint(hint)
    };
    // No job of another user will read it.
    fs_scratch::umask::restore();
    let made = fs::create_dir(&dir);
    let is_ours = made.is_ok();
    match made {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            // Files of another seed among the new ones would give a wrong total without a word.
            if fs::read_dir(&dir)
                .map_err(|error| failed(&error))?
                .next()
                .is_some()
            {
                return Err(failed(&io::ErrorKind::DirectoryNotEmpty.into()));
            }
        }
        other => other.map_err(|error| failed(&error))?,
    }
    let dataset = dataset::generate(&exercise.recipe, args.seed.0);
    dataset.write(&dir).map_err(|error| {
        // Half of a dataset gives a wrong total without a word. The folder was empty: all is ours.
        for name in dataset.names() {
            let _ = fs::remove_file(dir.join(name));
        }
        if is_ours {
            let _ = fs::remove_dir(&dir);
        }
        failed(&error)
    })?;
    output.report(&format!(
        "{} of seed {} in {}\n",
        count(dataset.files().len(), "file"),
        args.seed,
        judge::report::escape_line(&args.dir.display().to_string())
    ))?;
    Ok(ExitCode::Passed)
}
