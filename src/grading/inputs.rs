//! What a record is made from besides the submission and the data: exercise, crates, toolchain, this program and
//! isolation, each as a digest or a word.
//!
//! Hides which files decide a grade. Never says what a difference means.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs, io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use super::session::Session;
use crate::{config::Settings, course::Exercise, fault::Fault};
use dataset::Recipe;
use ids::Digest;

/// This program's file, even if its path leads to another file now.
const THIS_PROGRAM: &str = "/proc/self/exe";

impl Session<'_> {
    /// The inputs of every record of this session, by their names. Records of another process, and of another
    /// machine, can be compared by them.
    ///
    /// # Errors
    /// A file of the course cannot be read.
    pub fn inputs(&self) -> Result<BTreeMap<String, String>, Fault> {
        // Two builds of one version may judge differently.
        let program = digest_of_file(Path::new(THIS_PROGRAM))?;
        self.inputs_with(program.to_string())
    }

    /// The same for records that stay on this machine, where the state of this program's file names the program
    /// and need not be computed.
    pub(super) fn local_inputs(&self) -> Result<BTreeMap<String, String>, Fault> {
        let path = Path::new(THIS_PROGRAM);
        let found = fs::metadata(path).map_err(|error| Fault::unreadable(path, error))?;
        // Not the time of the last change of status: a hard link to the file, or a copy of its mode, moves it.
        let state = [
            found.dev().cast_signed(),
            found.ino().cast_signed(),
            found.len().cast_signed(),
            found.mtime(),
            found.mtime_nsec(),
        ];
        self.inputs_with(format!("{state:?}"))
    }

    fn inputs_with(&self, program: String) -> Result<BTreeMap<String, String>, Fault> {
        let (tier, observer) = self.grader();
        let lock_file = self.settings.course.lock_file();
        let toolchain = Digest::of(self.toolchain_identity().as_bytes());
        let inputs = [
            (
                "exercise",
                exercise_digest(self.settings, &self.exercise)?.to_string(),
            ),
            ("crates", digest_of_file(&lock_file)?.to_string()),
            ("toolchain", toolchain.to_string()),
            ("grader", program),
            ("isolation", tier),
            ("observer", observer),
        ];
        Ok(inputs.map(|(name, value)| (name.to_owned(), value)).into())
    }
}

/// The digest of all of the exercise that decides a grade: what is asked, the reference, and the course's
/// settings. Texts for students and their starting files do not count.
///
/// # Errors
/// One of its files cannot be read.
pub fn exercise_digest(settings: &Settings, exercise: &Exercise) -> Result<Digest, Fault> {
    let mut files = vec![
        settings.course.root.join("grader.toml"),
        exercise.starter.join("exercise.toml"),
    ];
    let mut crates = vec![exercise.reference.clone()];
    if let Recipe::Program(generator) = &exercise.recipe {
        crates.push(settings.course.root.join(&generator.folder));
    }
    for folder in &crates {
        collect(folder, &mut files).map_err(|error| Fault::unreadable(folder, error))?;
    }
    let mut text = String::new();
    for path in files {
        // The same course in another folder has the same digest.
        let mut above = crates.iter();
        let name = above.find_map(|folder| path.strip_prefix(folder).ok());
        let name = name.unwrap_or(path.file_name().unwrap_or_default().as_ref());
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}\0{}", name.display(), digest_of_file(&path)?);
    }
    Ok(Digest::of(text.as_bytes()))
}

/// Every file below the reference's folder, but not what cargo makes there.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let is_made = |entry: &walkdir::DirEntry| {
        entry.depth() > 0 && entry.file_type().is_dir() && entry.file_name() == "target"
    };
    let entries = walkdir::WalkDir::new(folder)
        .sort_by_file_name()
        .into_iter();
    for entry in entries.filter_entry(|entry| !is_made(entry)) {
        let entry = entry?;
        if entry.file_type().is_file() && entry.file_name() != "Cargo.lock" {
            files.push(entry.into_path());
        }
    }
    Ok(())
}

fn digest_of_file(path: &Path) -> Result<Digest, Fault> {
    fs::File::open(path)
        .and_then(Digest::of_all)
        .map_err(|error| Fault::unreadable(path, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cargo_makes_does_not_change_an_exercise() {
        let dir = tempfile::tempdir().unwrap();
        let list = || {
            let mut files = Vec::new();
            collect(dir.path(), &mut files).unwrap();
            files.len()
        };
        fs::write(dir.path().join("exercise.toml"), "").unwrap();
        fs::write(dir.path().join("Cargo.lock"), "").unwrap();
        fs::create_dir_all(dir.path().join("target/debug")).unwrap();
        fs::write(dir.path().join("target/debug/x"), "").unwrap();
        fs::create_dir(dir.path().join("src")).unwrap();
        fs::write(dir.path().join("src/main.rs"), "").unwrap();
        assert_eq!(list(), 2);
    }
}
