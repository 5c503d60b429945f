//! What the records of a batch are made from, but for the submissions: exercise, crates, toolchain, this
//! program, isolation and seeds, each as a digest or a word.
//!
//! Hides which files decide a grade. Never says what a difference means.

use std::{
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

use super::{key::Inputs, plan::Plan};
use crate::{config::Settings, course::Exercise, fault::Fault, grading::Session};
use ids::Digest;

/// The inputs that all submissions of a batch share.
pub(super) fn shared_inputs(
    settings: &Settings,
    exercise: &Exercise,
    session: &Session<'_>,
    plan: &Plan,
) -> Result<Inputs, Fault> {
    let (tier, observer) = session.grader();
    let seeds: Vec<String> = plan.seeds.iter().map(ToString::to_string).collect();
    let inputs = [
        ("exercise", exercise_digest(settings, exercise)?.to_string()),
        (
            "crates",
            digest_of_file(&settings.course.lock_file())?.to_string(),
        ),
        (
            "toolchain",
            Digest::of(session.toolchain_identity().as_bytes()).to_string(),
        ),
        // Two builds of one version may judge differently. `/proc/self/exe` is the file of this process, even
        // if its path leads to another file now.
        (
            "grader",
            digest_of_file(Path::new("/proc/self/exe"))?.to_string(),
        ),
        ("isolation", tier),
        ("observer", observer),
        ("seeds", seeds.join(" ")),
        ("observed", plan.observe.to_string()),
        ("generation", plan.generation.to_string()),
    ];
    Ok(inputs.map(|(name, value)| (name.to_owned(), value)).into())
}

/// The digest of all of the exercise that decides a grade: what is asked, the reference, and the course's
/// settings. Texts for students and their starting files do not count.
pub(super) fn exercise_digest(settings: &Settings, exercise: &Exercise) -> Result<Digest, Fault> {
    let mut files = vec![
        settings.course.root.join("grader.toml"),
        exercise.starter.join("exercise.toml"),
    ];
    let failed = |error: io::Error| Fault::unreadable(&exercise.reference, error);
    collect(&exercise.reference, &mut files).map_err(failed)?;
    let mut text = String::new();
    for path in files {
        // The same course in another folder has the same digest.
        let name = path.strip_prefix(&exercise.reference);
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
