//! The ways in: a folder that a user named, and a submission of a class.
//!
//! Hides how the crate is found in what was handed in. Never opens a path that the caller did not name.

use std::{
    fs::File,
    io::Read as _,
    os::fd::{AsFd as _, OwnedFd},
    path::Path,
};

use rustix::io::Errno;

use crate::{
    admission::Admission,
    archive,
    archive_kind::{self, ArchiveKind, HEAD},
    cause::{self, Cause, ReadError},
    choice::{CrateFolder, Crates, Root},
    error::Error,
    file_id::FileId,
    limits::Limits,
    location::Location,
    manifest, names, open, refusals, root,
    snapshot::Snapshot,
    source::Source,
    walk,
    wanted::Wanted,
};

/// Check that there is a folder at `path` that can be read, so that a mistyped path is reported before any
/// step that takes long. Admission checks the contents of the folder.
///
/// # Errors
/// `path` is missing, is not a folder or cannot be read.
pub fn check_named(path: &Path) -> Result<(), Error> {
    let closed = |errno: Errno| Error::Closed {
        path: path.to_path_buf(),
        source: errno.into(),
    };
    let folder = open::named(path).map_err(|errno| match errno {
        Errno::NOTDIR => Error::NotAFolder {
            path: path.to_path_buf(),
        },
        Errno::ACCESS | Errno::PERM => closed(errno),
        errno => Error::NotFound {
            path: path.to_path_buf(),
            source: errno.into(),
        },
    })?;
    // Without the permission to search the folder, nothing in it can be opened.
    match open::kind_of(folder.as_fd(), c"Cargo.toml") {
        Err(ReadError::Denied) => Err(closed(Errno::ACCESS)),
        _ => Ok(()),
    }
}

/// The archive that a person named: a file that is one by its first bytes or by its name. `None` for
/// everything else, also for what cannot be opened.
#[must_use]
pub fn named_archive(path: &Path) -> Option<Source> {
    let name = path.file_name()?;
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let location = Location::new(folder.unwrap_or(Path::new(".")), name);
    let opened = location.open().ok().filter(|opened| !opened.is_folder())?;
    let mut head = Vec::new();
    let read = File::from(opened.fd)
        .take(HEAD as u64)
        .read_to_end(&mut head);
    read.ok()?;
    let name = name.as_encoded_bytes();
    match ArchiveKind::of_head(&head).or_else(|| ArchiveKind::of_name(name)) {
        Some(kind) => Some(Source::Archive(location, kind)),
        None if archive_kind::is_foreign_archive(name) => Some(Source::File(location)),
        None => None,
    }
}

/// Check the submission in `source` and copy it into `dest`, an empty private folder of the caller's.
///
/// If `source` itself is a link, it is followed, because the user named it and not the submission.
/// After a refusal or an error `dest` may hold a part of the submission; its owner removes it.
///
/// # Errors
/// `source` is missing, is not a folder or cannot be read; `dest` cannot be written or lies inside
/// `source`; or the machine is out of memory or of open files.
pub fn admit_folder(source: &Path, dest: &Path, limits: &Limits) -> Result<Admission, Error> {
    let top = open::source(source)?;
    copy_opened(source, top, None, dest, limits, &[])
}

/// As [`admit_folder`], for a folder in which the crate may be some folders down, as in a submission of a
/// class. The files `own` are no part of the submission: the caller wrote them into it.
///
/// # Errors
/// As [`admit_folder`].
pub fn admit_named(
    source: &Path,
    wanted: Wanted<'_>,
    dest: &Path,
    limits: &Limits,
    own: &[FileId],
) -> Result<Admission, Error> {
    let top = open::source(source)?;
    match root::search(top.as_fd(), wanted) {
        Ok(crates) => match copy_chosen(source, top, &crates, wanted, dest, limits, own) {
            Err(Stop::Read(error)) => match Cause::from_read_error(source, "", error) {
                Cause::Submission(refusal) | Cause::Limit(refusal) => {
                    Ok(Admission::Refused(vec![refusal]))
                }
                Cause::Ours(error) => Err(error),
            },
            Err(Stop::Ours(error)) => Err(error),
            Ok(admission) => Ok(admission),
        },
        Err(ReadError::Machine(error)) => Err(Error::Machine {
            path: source.to_path_buf(),
            source: error,
        }),
        // The copy reports what cannot be read.
        Err(_) => copy_opened(source, top, None, dest, limits, own),
    }
}

/// Check a submission of a class and copy its crate into `dest`, an empty private folder of the caller's.
///
/// `wanted` says which crate is looked for. A folder
/// and its archive give the same copy and the same digest. A source that cannot be opened for another reason
/// than below, or has changed since [`find`](crate::find), is refused, and a class continues with the next
/// submission. A link is not followed, neither `source` itself nor a folder on the way to it.
///
/// # Errors
/// This process has no permission to read the submission, or the class's folder is gone; `dest` cannot be
/// written or lies inside the submission; or the machine is out of memory or of open files, or cannot read
/// its disk.
pub fn admit_source(
    source: &Source,
    wanted: Wanted<'_>,
    dest: &Path,
    limits: &Limits,
) -> Result<Admission, Error> {
    let path = &source.path();
    let name = names::shown(path.file_name().unwrap_or_default().as_encoded_bytes());
    let admitted = match source {
        Source::Typed(_, typed) => {
            return Ok(Admission::Refused(vec![refusals::typed(&name, *typed)]));
        }
        Source::Folder(location) => copy_found_folder(location, wanted, dest, limits),
        // What it is, its first bytes say.
        Source::Archive(location, _) | Source::File(location) => {
            copy_found_archive(location, wanted, dest, limits)
        }
    };
    match admitted {
        Ok(admission) => Ok(admission),
        Err(Stop::Ours(error)) => Err(error),
        // No student hands in an unreadable folder or archive: its permissions changed when it was collected.
        Err(Stop::Read(ReadError::Denied)) => Err(cause::locked(path, "")),
        Err(Stop::Read(error)) => match Cause::from_read_error(path, &name, error) {
            Cause::Submission(refusal) | Cause::Limit(refusal) => {
                Ok(Admission::Refused(vec![refusal]))
            }
            Cause::Ours(error) => Err(error),
        },
    }
}

/// Whether a submission of a class has a crate for the exercise that is `wanted` among several. `scratch` is an empty
/// private folder, for an archive in an archive.
///
/// True if it cannot be read: its admission reports what is wrong with it.
#[must_use]
pub fn has_crate(source: &Source, wanted: Wanted<'_>, limits: &Limits, scratch: &Path) -> bool {
    match source {
        // What was typed into a form is no crate.
        Source::Typed(..) => false,
        Source::Folder(location) => {
            let found = location
                .open()
                .and_then(|opened| root::locate(opened.fd.as_fd(), wanted));
            found.map_or(true, |found| found != Root::Nowhere)
        }
        Source::Archive(location, _) | Source::File(location) => {
            archive::has_crate(location, wanted, *limits, scratch)
        }
    }
}

/// Why a submission of a class has no admission yet.
enum Stop {
    /// The source is not as it was found, or cannot be opened.
    Read(ReadError),
    Ours(Error),
}

impl From<ReadError> for Stop {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Ours(error)
    }
}

fn copy_found_folder(
    location: &Location,
    wanted: Wanted<'_>,
    dest: &Path,
    limits: &Limits,
) -> Result<Admission, Stop> {
    let opened = location.open()?;
    if !opened.is_folder() {
        return Err(ReadError::Changed.into());
    }
    let crates = root::search(opened.fd.as_fd(), wanted)?;
    copy_chosen(
        &location.path(),
        opened.fd,
        &crates,
        wanted,
        dest,
        limits,
        &[],
    )
}

/// Copy the crate that is meant, of those found below the open folder `top`, which is at `source`.
fn copy_chosen(
    source: &Path,
    top: OwnedFd,
    crates: &Crates,
    wanted: Wanted<'_>,
    dest: &Path,
    limits: &Limits,
    own: &[FileId],
) -> Result<Admission, Stop> {
    let admission = match crates.choose(wanted) {
        Root::At(CrateFolder { path, workspace }) => {
            let folder = root::descend(top, &path)?;
            match copy_opened(source, folder, None, dest, limits, own)? {
                Admission::Admitted(snapshot) => {
                    Admission::Admitted(snapshot.in_workspace(workspace))
                }
                refused @ Admission::Refused(_) => refused,
            }
        }
        Root::Several(folders) | Root::Members(folders) => {
            Admission::Refused(vec![manifest::several(&folders)])
        }
        Root::Nowhere => copy_opened(source, top, crates.similar(), dest, limits, own)?,
    };
    Ok(admission)
}

fn copy_found_archive(
    location: &Location,
    wanted: Wanted<'_>,
    dest: &Path,
    limits: &Limits,
) -> Result<Admission, Stop> {
    let opened = location.open()?;
    if opened.is_folder() {
        return Err(ReadError::Changed.into());
    }
    let file = File::from(opened.fd);
    let path = &location.path();
    Ok(archive::copy_archive(&file, path, wanted, dest, *limits)?)
}

fn copy_opened(
    source: &Path,
    top: OwnedFd,
    similar: Option<&[u8]>,
    dest: &Path,
    limits: &Limits,
    own: &[FileId],
) -> Result<Admission, Error> {
    let mut walked = walk::copy(source, top, dest, *limits, own)?;
    if let Some(refusal) = manifest::missing(walked.top.as_deref(), similar, &walked.files) {
        // A student may have handed in a link to the crate, or a folder that cannot be read.
        let left_out = walked.left_out.listed().iter();
        walked.refusals.extend(left_out.map(refusals::not_searched));
        walked.refusals.add_first(refusal);
    }
    let refusals = walked.refusals.into_list();
    if refusals.is_empty() {
        let snapshot = Snapshot::new(dest, walked.files, walked.left_out)?;
        Ok(Admission::Admitted(snapshot.with_newest(walked.newest)))
    } else {
        Ok(Admission::Refused(refusals))
    }
}
