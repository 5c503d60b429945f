//! The one walk over a submission: check each thing, and copy it.
//!
//! Hides the order of the checks and the budgets of entries, bytes and depth. Never reads an entry twice: a
//! name is listed once, opened once and read once.

use std::{
    collections::HashMap,
    ffi::{CStr, CString},
    fs::File,
    os::fd::{BorrowedFd, OwnedFd},
    path::Path,
};

use rustix::fs::{Dir, fstat, stat};

use crate::{
    cause::{Cause, ReadError},
    copy::{self, Failure},
    error::Error,
    file_id::FileId,
    largest::Largest,
    left_out::{LeftOuts, Omission},
    limits::Limits,
    manifest,
    names::{self, LONGEST_PATH},
    open::{self, Found, Opened},
    refusal::Refusals,
    refusals,
    snapshot::{Newest, SnapshotFile},
};

/// What the walk found.
#[derive(Debug, Default)]
pub(crate) struct Walked {
    /// What was copied, in the order of the walk.
    pub(crate) files: Vec<SnapshotFile>,
    pub(crate) refusals: Refusals,
    pub(crate) left_out: LeftOuts,
    /// Of the files that were copied, the one that was changed last.
    pub(crate) newest: Option<Newest>,
    /// The names in the top folder, unless there were too many to list.
    pub(crate) top: Option<Vec<CString>>,
}

/// Walk down from `top`, the opened folder `source`, and copy what is good into `dest`, but not the files `own`.
pub(crate) fn copy(
    source: &Path,
    top: OwnedFd,
    dest: &Path,
    limits: Limits,
    own: &[FileId],
) -> Result<Walked, Error> {
    let dest_stat = stat(dest).map_err(|errno| copy::copy_error("read", dest, errno.into()))?;
    let mut walk = Walk {
        source,
        dest,
        dest_id: (dest_stat.st_dev, dest_stat.st_ino),
        limits,
        own,
        entries_left: limits.entries,
        bytes_left: limits.bytes,
        walked: Walked::default(),
    };
    match walk.folder(top, "", 0) {
        Ok(()) => {}
        Err(Cause::Submission(refusal)) => walk.walked.refusals.add(refusal),
        Err(Cause::Limit(refusal)) => walk.walked.refusals.add_first(refusal),
        Err(Cause::Ours(error)) => return Err(error),
    }
    Ok(walk.walked)
}

struct Walk<'a> {
    source: &'a Path,
    dest: &'a Path,
    dest_id: (u64, u64),
    limits: Limits,
    /// The reports that the caller wrote.
    own: &'a [FileId],
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
    fn folder(&mut self, fd: OwnedFd, path: &str, depth: usize) -> Result<(), Cause> {
        let stat = fstat(&fd).map_err(|errno| self.cause(path, errno))?;
        if (stat.st_dev, stat.st_ino) == self.dest_id {
            return Err(self.dest_inside().into());
        }
        let mut dir = Dir::new(fd).map_err(|errno| self.cause(path, errno))?;
        let mut names = self.list(&mut dir, path)?;
        names.sort();
        if depth == 0 {
            let mut top = names.clone();
            top.retain(|name| !names::is_dropped(name.to_bytes()));
            self.walked.top = Some(top);
        }
        let fd = dir.fd().map_err(|errno| self.cause(path, errno))?;
        let folder = Folder { fd, path, depth };
        let mut folds = HashMap::new();
        for name in &names {
            match self.entry(&folder, name, &mut folds) {
                Err(Cause::Submission(refusal)) => self.walked.refusals.add(refusal),
                other => other?,
            }
        }
        Ok(())
    }

    /// The names in a folder, without those that are left out. Both kinds count as entries, so that
    /// listing ends as soon as there are too many.
    fn list(&mut self, dir: &mut Dir, path: &str) -> Result<Vec<CString>, Cause> {
        let mut names = Vec::new();
        while let Some(entry) = dir.read() {
            let entry = entry.map_err(|errno| self.cause(path, errno))?;
            let name = entry.file_name();
            if matches!(name.to_bytes(), b"." | b"..") {
                continue;
            }
            let left = self.entries_left.checked_sub(1);
            self.entries_left = left.ok_or_else(|| self.too_many(path))?;
            names.push(name.to_owned());
        }
        Ok(names)
    }

    /// Check one thing and copy it, or leave it out. `folds` are the names met so far in its folder, by their
    /// folds.
    fn entry<'n>(
        &mut self,
        folder: &Folder<'_>,
        name: &'n CStr,
        folds: &mut HashMap<String, &'n str>,
    ) -> Result<(), Cause> {
        let bytes = name.to_bytes();
        let place = join(folder.path, &names::shown(bytes));
        if names::is_dropped(bytes) {
            self.drop_by_name(folder, name, &place)?;
            return Ok(());
        }
        let text = match names::check(bytes) {
            Ok(text) => text,
            Err(problem) if self.is_odd_manifest(folder, bytes) => {
                return Err(refusals::odd_name(&place, &problem).into());
            }
            Err(problem) => {
                self.walked.left_out.add(place, Omission::Name(problem));
                return Ok(());
            }
        };
        let path = join(folder.path, text);
        let opened = match open::entry(folder.fd, name, folder.depth == 0) {
            Ok(Found::Opened(opened)) => opened,
            Ok(Found::Built) => return Ok(()),
            Ok(Found::Made) => {
                self.walked.left_out.add(path, Omission::Made);
                return Ok(());
            }
            Err(error) => return self.not_opened(path, error),
        };
        if self.own.contains(&opened.id()) {
            return Ok(());
        }
        let other = folds.insert(names::fold(text), text);
        if path.len() > LONGEST_PATH {
            self.walked.left_out.add(place, names::long_path(&path));
            return Ok(());
        }
        let copied = if opened.is_folder() {
            self.subfolder(opened, &path, folder.depth + 1)
        } else {
            self.file(opened, path.clone())
        };
        copied.or_else(|cause| {
            let why = copy::not_taken(cause, &self.dest.join(&path), other)?;
            self.walked.left_out.add(path, why);
            Ok(())
        })
    }

    /// Leave something out for its name alone, and say so where a person should know.
    fn drop_by_name(&mut self, folder: &Folder<'_>, name: &CStr, place: &str) -> Result<(), Cause> {
        if let Some(why) = names::omission(name.to_bytes()) {
            self.walked.left_out.add(place, why);
        }
        if name.to_bytes() == names::CARGO.as_bytes() {
            let opened = open::folder(folder.fd, name).map_err(|error| self.cause(place, error))?;
            let files = names::CONFIG
                .iter()
                .filter(|file| opened.as_ref().is_some_and(|fd| open::has_file(fd, file)));
            for file in files {
                let path = join(place, file);
                self.walked.left_out.add(path, Omission::Configuration);
            }
        }
        Ok(())
    }

    /// Leave out what is no file and no folder, or cannot be read, unless it is the manifest or the program.
    fn not_opened(&mut self, path: String, error: ReadError) -> Result<(), Cause> {
        let why = match &error {
            ReadError::Link => Omission::Link,
            ReadError::Special(what) => Omission::Special(what),
            ReadError::Denied => Omission::Unreadable,
            ReadError::Foreign | ReadError::Changed | ReadError::Machine(_) => {
                return Err(self.cause(&path, error));
            }
        };
        // What cannot be read and is needed is made readable by its student; nothing is gained by a build.
        let is_needed =
            why == Omission::Unreadable && matches!(path.as_str(), "src" | "src/main.rs");
        if path == manifest::NAME || is_needed {
            return Err(self.cause(&path, error));
        }
        self.walked.left_out.add(path, why);
        Ok(())
    }

    /// Whether this is what was meant to be the manifest, as there is no other.
    fn is_odd_manifest(&self, folder: &Folder<'_>, name: &[u8]) -> bool {
        let is_alone = || {
            let mut top = self.walked.top.iter().flatten();
            top.all(|other| other.to_bytes() != manifest::NAME.as_bytes())
        };
        folder.depth == 0 && manifest::is_meant_by(name) && is_alone()
    }

    fn too_many(&self, path: &str) -> Cause {
        Cause::Limit(refusals::too_many(
            path,
            self.limits,
            &Largest::of(self.walked.files.iter().map(SnapshotFile::path_and_size)),
        ))
    }

    fn subfolder(&mut self, opened: Opened, path: &str, depth: usize) -> Result<(), Cause> {
        if depth > self.limits.depth {
            return Err(Cause::Limit(refusals::too_deep(path, self.limits)));
        }
        if path == manifest::NAME {
            return Err(refusals::manifest_is_folder(path).into());
        }
        copy::folder(&self.dest.join(path))?;
        self.folder(opened.fd, path, depth)
    }

    fn file(&mut self, opened: Opened, path: String) -> Result<(), Cause> {
        let size = opened.size();
        let modified = opened.modified();
        let files = &self.walked.files;
        let largest = || Largest::of(files.iter().map(SnapshotFile::path_and_size));
        let too_large = || Cause::Limit(refusals::too_large(&path, size, self.limits, &largest()));
        // Checked before anything is read: a sparse file of a terabyte costs its owner nothing.
        if size > self.bytes_left {
            return Err(too_large());
        }
        let source = File::from(opened.fd);
        let bytes =
            copy::file(source, &self.dest.join(&path), self.bytes_left).map_err(|failure| {
                match failure {
                    Failure::OverBudget => too_large(),
                    Failure::Read(error) => self.cause(&path, error),
                    Failure::Write(error) => error.into(),
                }
            })?;
        self.bytes_left -= bytes;
        if let Some(modified) = modified
            && self
                .walked
                .newest
                .as_ref()
                .is_none_or(|newest| newest.modified < modified)
        {
            let path = path.clone();
            self.walked.newest = Some(Newest { path, modified });
        }
        self.walked.files.push(SnapshotFile { path, bytes });
        Ok(())
    }

    fn cause(&self, place: &str, error: impl Into<ReadError>) -> Cause {
        Cause::from_read_error(self.source, place, error.into())
    }

    fn dest_inside(&self) -> Error {
        Error::CopyInside {
            folder: self.dest.to_path_buf(),
        }
    }
}

/// The path of `name` in `folder`, which is empty for the top one.
pub(crate) fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.into()
    } else {
        format!("{folder}/{name}")
    }
}
