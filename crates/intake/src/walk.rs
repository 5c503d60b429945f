//! The one walk over a submission: check each thing, and copy it.
//!
//! Hides the order of the checks and the budgets of entries, bytes and depth.
//! Never goes back to something: a name is listed once, opened once and read once.

use std::{
    collections::HashMap,
    ffi::{CStr, CString},
    fs::File,
    os::fd::{BorrowedFd, OwnedFd},
    path::Path,
};

use rustix::fs::{Dir, fstat, stat};

use super::{
    copy::{self, Failure},
    manifest,
    names::{self, LONGEST_PATH},
    open::{self, Opened},
    problem::{Obstacle, Problem},
    refusals::{self, Refusals},
    snapshot::SnapshotFile,
};
use crate::{fault::Fault, spec::IntakeLimits};

/// What the walk found.
#[derive(Debug, Default)]
pub(super) struct Walked {
    /// What was copied, in the order of the walk.
    pub(super) files: Vec<SnapshotFile>,
    pub(super) refusals: Refusals,
    /// The names in the top folder, unless there were too many to list.
    pub(super) top: Option<Vec<CString>>,
}

/// Walk down from `top`, the opened folder `source`, and copy what is good into `dest`.
pub(super) fn copy(
    source: &Path,
    top: OwnedFd,
    dest: &Path,
    limits: IntakeLimits,
) -> Result<Walked, Fault> {
    let dest_stat = stat(dest).map_err(|errno| copy::disk_fault("read", dest, &errno.into()))?;
    let mut walk = Walk {
        source,
        dest,
        dest_id: (dest_stat.st_dev, dest_stat.st_ino),
        limits,
        entries_left: limits.entries,
        bytes_left: limits.bytes,
        walked: Walked::default(),
    };
    match walk.folder(top, "", 0) {
        Ok(()) => {}
        Err(Problem::Refused(refusal)) => walk.walked.refusals.add(refusal),
        Err(Problem::Limit(refusal)) => walk.walked.refusals.add_first(refusal),
        Err(Problem::Fault(fault)) => return Err(fault),
    }
    Ok(walk.walked)
}

struct Walk<'a> {
    source: &'a Path,
    dest: &'a Path,
    dest_id: (u64, u64),
    limits: IntakeLimits,
    entries_left: usize,
    bytes_left: u64,
    walked: Walked,
}

/// An open folder of the submission.
struct Folder<'a> {
    fd: BorrowedFd<'a>,
    path: &'a str,
    depth: usize,
}

impl Walk<'_> {
    fn folder(&mut self, fd: OwnedFd, path: &str, depth: usize) -> Result<(), Problem> {
        let stat = fstat(&fd).map_err(|errno| self.obstructed(path, errno))?;
        if (stat.st_dev, stat.st_ino) == self.dest_id {
            return Err(self.dest_inside().into());
        }
        let mut dir = Dir::new(fd).map_err(|errno| self.obstructed(path, errno))?;
        let mut names = self.list(&mut dir, path)?;
        names.sort();
        if depth == 0 {
            self.walked.top = Some(names.clone());
        }
        let fd = dir.fd().map_err(|errno| self.obstructed(path, errno))?;
        let folder = Folder { fd, path, depth };
        let mut folds = HashMap::new();
        for name in &names {
            match self.entry(&folder, name, &mut folds) {
                Err(Problem::Refused(refusal)) => self.walked.refusals.add(refusal),
                other => other?,
            }
        }
        Ok(())
    }

    /// The names in a folder, without those that are left out. Each of either sort counts as an entry,
    /// so that listing ends as soon as there are too many.
    fn list(&mut self, dir: &mut Dir, path: &str) -> Result<Vec<CString>, Problem> {
        let mut names = Vec::new();
        while let Some(entry) = dir.read() {
            let entry = entry.map_err(|errno| self.obstructed(path, errno))?;
            let name = entry.file_name();
            if matches!(name.to_bytes(), b"." | b"..") {
                continue;
            }
            let left = self.entries_left.checked_sub(1);
            self.entries_left =
                left.ok_or_else(|| Problem::Limit(refusals::too_many(path, self.limits)))?;
            if !names::is_dropped(name.to_bytes()) {
                names.push(name.to_owned());
            }
        }
        Ok(names)
    }

    /// Check one thing and copy it. `folds` are the names met so far in its folder, by their folds.
    fn entry<'n>(
        &mut self,
        folder: &Folder<'_>,
        name: &'n CStr,
        folds: &mut HashMap<String, &'n str>,
    ) -> Result<(), Problem> {
        let text = names::check(name.to_bytes()).map_err(|problem| {
            let place = join(folder.path, &names::shown(name.to_bytes()));
            refusals::odd_name(&place, &problem)
        })?;
        let path = join(folder.path, text);
        let opened = open::entry(folder.fd, name, folder.depth == 0)
            .map_err(|obstacle| self.obstructed(&path, obstacle))?;
        let Some(opened) = opened else {
            return Ok(());
        };
        if let Some(other) = folds.insert(names::fold(text), text) {
            return Err(refusals::same_name(&path, other).into());
        }
        if path.len() > LONGEST_PATH {
            return Err(refusals::long_path(&path).into());
        }
        if opened.is_folder() {
            self.subfolder(opened, &path, folder.depth + 1)
        } else {
            self.file(opened, path)
        }
    }

    fn subfolder(&mut self, opened: Opened, path: &str, depth: usize) -> Result<(), Problem> {
        if depth > self.limits.depth {
            return Err(Problem::Limit(refusals::too_deep(path, self.limits)));
        }
        if path == manifest::NAME {
            return Err(refusals::manifest_is_folder(path).into());
        }
        copy::folder(&self.dest.join(path))?;
        self.folder(opened.fd, path, depth)
    }

    fn file(&mut self, opened: Opened, path: String) -> Result<(), Problem> {
        let size = opened.size();
        let too_large = || Problem::Limit(refusals::too_large(&path, size, self.limits));
        // Before anything is read: a hole of a terabyte costs its owner nothing.
        if size > self.bytes_left {
            return Err(too_large());
        }
        let source = File::from(opened.fd);
        let bytes =
            copy::file(source, &self.dest.join(&path), self.bytes_left).map_err(|failure| {
                match failure {
                    Failure::OverBudget => too_large(),
                    Failure::Read(obstacle) => self.obstructed(&path, obstacle),
                    Failure::Write(fault) => fault.into(),
                }
            })?;
        self.bytes_left -= bytes;
        self.walked.files.push(SnapshotFile { path, bytes });
        Ok(())
    }

    fn obstructed(&self, place: &str, obstacle: impl Into<Obstacle>) -> Problem {
        Problem::from_obstacle(self.source, place, obstacle.into())
    }

    fn dest_inside(&self) -> Fault {
        Fault::usage(format!(
            "failed to copy the submission: the temporary folder `{}` lies inside it",
            self.dest.display()
        ))
        .hint("choose another temporary folder with `--temp-dir DIR`")
    }
}

/// The path of `name` in `folder`, which is empty for the top one.
pub(super) fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.into()
    } else {
        format!("{folder}/{name}")
    }
}
