//! Find submissions and admit them: check each, and make the private copy that is graded in its place.
//!
//! Hides how a hostile folder is walked. What comes out is a [`Snapshot`] made of plain files with plain
//! names, within the course's limits, that nobody but us can reach; or the reasons why there is none, in
//! words for the student.
//! Never follows a link, never opens what is not a file or a folder, never writes into a submission, and
//! never looks at it twice: what was checked is what was copied.
//!
//! # Theory of operation
//!
//! One walk goes down the submission, names in byte order, one open folder for each level. Every step
//! starts from an open folder and one name in it, never from a path, so that nothing swapped meanwhile
//! can lead outside. The type of a thing is read from its descriptor after it was opened without
//! following a link and without waiting. The walk ends at the first limit passed: its cost is bounded by
//! the limits and not by what was handed in.
//!
//! A class comes in an instructor's folder ([`find`]), and a submission of a class ([`admit_source`]) may
//! have its crate one or two folders down, be a checkout of the course, or be an archive. One rule finds the crate (`root`), one list of
//! names drops and refuses (`names`), one set of budgets bounds; whatever a submission came as, the copy
//! and its digest are the same.
//!
//! A problem inside the submission is a [`Refusal`]. `Err` is for a source that cannot be read at all, or
//! that another user keeps from us, for the disk that holds the copy, and for a machine that is out of
//! memory or of open files.

mod archive;
mod class;
mod copy;
mod location;
mod manifest;
mod names;
mod open;
mod problem;
mod refusals;
mod root;
mod snapshot;
mod walk;

#[cfg(test)]
mod tests;

use std::{
    fs::File,
    os::{
        fd::{AsFd as _, OwnedFd},
        unix::ffi::OsStrExt as _,
    },
    path::{Path, PathBuf},
};

pub use self::{
    archive::ArchiveKind,
    class::{Attempt, Class, Found, Ignored, find},
    location::Location,
};
use self::{
    problem::{Obstacle, Problem},
    root::Root,
};
pub use snapshot::{Snapshot, SnapshotFile};

use crate::{evidence::Refusal, fault::Fault, spec::IntakeLimits};

/// What became of a submission.
#[derive(Debug)]
pub enum Admission {
    /// It was copied, and the copy is what will be graded.
    Admitted(Snapshot),
    /// It cannot be graded as it is; why, first what concerns the whole and then in the order of the walk.
    Refused(Vec<Refusal>),
}

/// Check the submission in `source` and copy it into `dest`, an empty private folder of the caller's.
///
/// If `source` itself is a link, it is followed: that is the user's word and not the submission's.
/// After a refusal or a fault `dest` may hold a part of the submission; its owner removes it.
///
/// # Errors
/// `source` is missing, is not a folder or cannot be read; `dest` cannot be written or lies inside
/// `source`; or the machine is out of memory or of open files.
pub fn admit(source: &Path, dest: &Path, limits: &IntakeLimits) -> Result<Admission, Fault> {
    let top = open::source(source)?;
    admit_opened(source, top, dest, limits)
}

/// As [`admit`], for a folder that may be a checkout of the whole course: then what is copied is the
/// exercise's folder in it, at `home`, if there is a manifest.
///
/// # Errors
/// As [`admit`].
pub fn admit_named(
    source: &Path,
    home: &Path,
    dest: &Path,
    limits: &IntakeLimits,
) -> Result<Admission, Fault> {
    let top = open::source(source)?;
    let found = root::in_checkout(top.as_fd(), home.as_os_str().as_bytes());
    let crate_folder = found.map_err(|obstacle| {
        let place = home.display().to_string();
        match Problem::from_obstacle(source, &place, obstacle) {
            Problem::Fault(fault) => fault,
            Problem::Refused(refusal) | Problem::Limit(refusal) => Fault::usage(refusal.problem),
        }
    })?;
    admit_opened(source, crate_folder.unwrap_or(top), dest, limits)
}

/// What a submission came as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A folder, with the crate in it or one or two folders down.
    Folder(Location),
    /// An archive, with the crate in it or one or two folders down.
    Archive(Location, ArchiveKind),
    /// Something else that was handed in; it will be refused.
    File(Location),
}

impl Source {
    /// Where it is.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        match self {
            Self::Folder(location) | Self::Archive(location, _) | Self::File(location) => {
                location.path()
            }
        }
    }
}

/// Check a submission of a class and copy its crate into `dest`, an empty private folder of the caller's.
///
/// `home` is where a checkout of the course has the exercise, empty if that is not known. A folder and its
/// archive give the same copy and the same digest. What cannot be opened for another reason, or is not what
/// [`find`] saw, is the submission's problem: a class goes on with the next. A link is not followed, even
/// where `source` itself is one, or what leads to it in the class's folder.
///
/// # Errors
/// We may not read it, or the class's folder any more; `dest` cannot be written or lies inside the submission; or
/// the machine is out of memory or of open files, or cannot read its disk.
pub fn admit_source(
    source: &Source,
    home: &Path,
    dest: &Path,
    limits: &IntakeLimits,
) -> Result<Admission, Fault> {
    let home = home.as_os_str().as_bytes();
    let path = &source.path();
    let name = names::shown(path.file_name().unwrap_or_default().as_encoded_bytes());
    let admitted = match source {
        Source::File(_) => return Ok(Admission::Refused(vec![refusals::no_archive(&name)])),
        Source::Folder(location) => admit_folder(location, home, dest, limits),
        Source::Archive(location, kind) => admit_archive(location, *kind, home, dest, limits),
    };
    match admitted {
        Ok(admission) => admission,
        // Nobody hands in a folder or an archive closed: it was put so where we are to find it.
        Err(Obstacle::Denied) => Err(problem::locked(path, "")),
        Err(obstacle) => match Problem::from_obstacle(path, &name, obstacle) {
            Problem::Refused(refusal) | Problem::Limit(refusal) => {
                Ok(Admission::Refused(vec![refusal]))
            }
            Problem::Fault(fault) => Err(fault),
        },
    }
}

fn admit_folder(
    location: &Location,
    home: &[u8],
    dest: &Path,
    limits: &IntakeLimits,
) -> Result<Result<Admission, Fault>, Obstacle> {
    let opened = location.open()?;
    if !opened.is_folder() {
        return Err(Obstacle::Changed);
    }
    let top = match root::locate(opened.fd.as_fd(), home)? {
        Root::At(root) => root::descend(opened.fd, &root)?,
        Root::Several(folders) => {
            return Ok(Ok(Admission::Refused(vec![manifest::several(&folders)])));
        }
        Root::Nowhere => opened.fd,
    };
    Ok(admit_opened(&location.path(), top, dest, limits))
}

fn admit_archive(
    location: &Location,
    kind: ArchiveKind,
    home: &[u8],
    dest: &Path,
    limits: &IntakeLimits,
) -> Result<Result<Admission, Fault>, Obstacle> {
    let opened = location.open()?;
    if opened.is_folder() {
        return Err(Obstacle::Changed);
    }
    let file = File::from(opened.fd);
    let path = &location.path();
    Ok(archive::admit(&file, path, kind, home, dest, *limits))
}

fn admit_opened(
    source: &Path,
    top: OwnedFd,
    dest: &Path,
    limits: &IntakeLimits,
) -> Result<Admission, Fault> {
    let mut walked = walk::copy(source, top, dest, *limits)?;
    if let Some(refusal) = manifest::missing(walked.top.as_deref(), &walked.files) {
        walked.refusals.add_first(refusal);
    }
    let refusals = walked.refusals.into_list();
    if refusals.is_empty() {
        Snapshot::new(dest, walked.files).map(Admission::Admitted)
    } else {
        Ok(Admission::Refused(refusals))
    }
}
