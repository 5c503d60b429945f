//! Proves that submissions cannot read what they must not see: course, references, cache, class and grades.
//!
//! The sandbox lets every submission read the system's programs and libraries and the compiler's. A course
//! that is kept below one of those folders would be readable with them. The sandbox does not know the course,
//! so this is checked here.

use std::path::{Path, PathBuf};

use fs_scratch::Scratch;

use crate::{config::Settings, course::Exercise, fault::Fault};

/// A folder that no submission may see.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hidden<'a> {
    what: &'static str,
    path: &'a Path,
    remedy: &'static str,
}

impl<'a> Hidden<'a> {
    pub(super) fn new(what: &'static str, path: &'a Path, remedy: &'static str) -> Self {
        Self { what, path, remedy }
    }
}

/// The folders that are hidden from every submission.
pub(super) fn of_every_grading<'a>(
    settings: &'a Settings,
    exercise: &'a Exercise,
    scratch: &'a Scratch,
) -> [Hidden<'a>; 4] {
    const MOVE: &str = "move it elsewhere, as into a home folder";
    [
        Hidden::new("the course", &settings.course.root, MOVE),
        Hidden::new("the reference", &exercise.reference, MOVE),
        Hidden::new(
            "the cache",
            &settings.cache_dir,
            "choose another folder with `--cache-dir DIR`",
        ),
        Hidden::new(
            "the temporary folder",
            scratch.path(),
            "choose another folder with `--temp-dir DIR`",
        ),
    ]
}

/// Prove that no hidden folder is one of the folders `shown` or lies in one.
pub(super) fn prove<'a>(
    shown: &[PathBuf],
    hidden: impl IntoIterator<Item = &'a Hidden<'a>>,
) -> Result<(), Fault> {
    let real_shown: Vec<PathBuf> = shown.iter().map(|path| real(path)).collect();
    for Hidden { what, path, remedy } in hidden {
        let real_path = real(path);
        if let Some(above) = real_shown.iter().find(|above| real_path.starts_with(above)) {
            let message = format!("failed to hide {what} `{}`", path.display());
            let cause = format!("submissions can read all of `{}`", above.display());
            return Err(Fault::usage(message).because(cause).hint(*remedy));
        }
    }
    Ok(())
}

/// Where a path leads, as far as it exists.
fn real(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    for above in path.ancestors() {
        if let (Ok(real), Ok(rest)) = (above.canonicalize(), path.strip_prefix(above)) {
            // `join` with an empty rest would add a slash.
            return real.components().chain(rest.components()).collect();
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    #[test]
    fn a_hidden_folder_below_a_shown_one_is_found_through_links() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::create_dir_all(at("usr/lib/course")).unwrap();
        fs::create_dir_all(at("home/course")).unwrap();
        symlink(at("usr/lib"), at("lib")).unwrap();
        symlink(at("usr/lib/course"), at("home/link")).unwrap();
        let refused = |shown: &[&str], hidden: &str| {
            let shown: Vec<PathBuf> = shown.iter().map(|name| at(name)).collect();
            let path = at(hidden);
            prove(&shown, &[Hidden::new("the course", &path, "move it")])
        };
        for (shown, hidden) in [
            ("usr", "usr"),
            ("usr", "usr/lib/course"),
            ("usr", "lib/course"),
            ("lib", "usr/lib/course"),
            ("usr", "home/link"),
            ("usr", "home/link/reference/x"),
            ("usr", "usr/not/yet/there"),
            ("usr", "lib/not-yet-there"),
        ] {
            let fault = refused(&["missing", shown], hidden).unwrap_err();
            let message = format!("failed to hide the course `{}`", at(hidden).display());
            assert_eq!(fault.message, message);
            let above = real(&at(shown));
            let cause = format!("submissions can read all of `{}`", above.display());
            assert_eq!(fault.cause, Some(cause));
        }
        for hidden in ["home/course", "home", "", "usr-too", "lib64/x"] {
            refused(&["usr", "lib", "missing"], hidden).unwrap();
        }
    }
}
