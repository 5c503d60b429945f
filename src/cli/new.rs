//! `grade new EXERCISE DIR`: a copy of the starter, to work on.
//!
//! The copy is a crate of its own wherever it lies, so that cargo and the grader take it alike. Never replaces a file.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use super::{
    exit_code::ExitCode,
    output::{Output, quoted},
    task::New,
};
use crate::{
    fault::{Fault, FaultKind},
    grading::Tries,
};

/// What belongs to the course and not to the student.
const OF_THE_COURSE: &str = "exercise.toml";
const MANIFEST: &str = "Cargo.toml";

pub(super) fn run(task: &New, output: &Output) -> Result<ExitCode, Fault> {
    let New {
        cache,
        exercise,
        dir,
        shown_dir,
        grade,
        data,
    } = task;
    let failed = |error: &io::Error| {
        Fault::io(FaultKind::Usage, "copy the starter into", shown_dir, error)
            .hint("name an empty folder that is yours to write to, or one that does not exist yet")
    };
    if dir.starts_with(&exercise.starter) {
        return Err(failed(&io::Error::other(
            "the folder lies in the starter itself",
        )));
    }
    // No job of another user runs here that would have to read the files.
    fs_scratch::umask::restore();
    let made = make(dir).map_err(|error| failed(&error))?;
    copy(&exercise.starter, dir).map_err(|error| {
        if made {
            // The folder was not there before, so all in it is ours.
            let _ = fs_scratch::remove_tree(dir);
        }
        failed(&error)
    })?;
    // A cache that cannot be written to forgets it.
    let _ = Tries::none(exercise, dir).keep(cache);
    let readme = dir.join("README.md").is_file();
    let read = if readme {
        format!(
            "Read {} first: it says what is asked. Then",
            quoted(&shown_dir.join("README.md"))
        )
    } else {
        "Now".to_owned()
    };
    let main = quoted(&shown_dir.join("src/main.rs"));
    let absolute = quoted(&dir.join(MANIFEST));
    output.report(&report::escape_block(&format!(
        "the starter of {} is in {}\n\n\
         {read} edit {main}, and type:\n    {grade}\n\n\
         To run the program yourself, type:\n    {data} data\n    cd data\n    \
         cargo run --manifest-path {absolute}\n",
        exercise.id,
        quoted(shown_dir),
    )))?;
    Ok(ExitCode::Passed)
}

/// Make the folder. Whether it was missing; if it was there, it is empty.
fn make(dir: &Path) -> io::Result<bool> {
    match fs::create_dir(dir) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            match fs::read_dir(dir)?.next() {
                Some(_) => Err(io::ErrorKind::DirectoryNotEmpty.into()),
                None => Ok(false),
            }
        }
        Err(error) => Err(error),
    }
}

/// Copy the files of the starter into an empty folder.
fn copy(starter: &Path, dir: &Path) -> io::Result<()> {
    let walk = walkdir::WalkDir::new(starter).min_depth(1);
    let entries = walk.into_iter().filter_entry(|entry| {
        let name = entry.file_name();
        // What a tool has made there, such as `target`, is no part of it.
        let is_made = intake::is_dropped(name.as_encoded_bytes());
        !(is_made || entry.depth() == 1 && name == OF_THE_COURSE)
    });
    for entry in entries {
        let entry = entry?;
        let to: PathBuf = match entry.path().strip_prefix(starter) {
            Ok(below) => dir.join(below),
            Err(error) => return Err(io::Error::other(error)),
        };
        if entry.file_type().is_dir() {
            fs::create_dir(&to)?;
        } else {
            // By its bytes: the mode of the course's file, which may be read-only, is not the student's.
            let bytes = fs::read(entry.path())?;
            fs::File::create_new(&to)?.write_all(&bytes)?;
        }
    }
    if is_in_a_workspace(dir) {
        let manifest = dir.join(MANIFEST);
        let text = fs::read_to_string(&manifest)?;
        if !has_workspace(&text) {
            let own =
                "\n# A crate of its own, although a folder above has a workspace.\n[workspace]\n";
            fs::write(&manifest, text + own)?;
        }
    }
    Ok(())
}

/// Whether cargo would look for the crate in the workspace of a folder above it.
fn is_in_a_workspace(dir: &Path) -> bool {
    dir.ancestors().skip(1).any(|folder| {
        fs::read_to_string(folder.join(MANIFEST)).is_ok_and(|text| has_workspace(&text))
    })
}

fn has_workspace(manifest: &str) -> bool {
    let table = manifest.parse::<toml::Table>();
    table.is_ok_and(|table| table.contains_key("workspace"))
}
