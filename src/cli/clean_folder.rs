//! A folder for reports that has nothing of a pull request in it.
//!
//! # Theory of operation
//!
//! Below the root of a checkout, a pull request has put what it likes: links, files in the way, reports that look like
//! the grader's. So every folder below the root is opened by its name in the folder above it, and no link is followed.
//! What is in the way is moved aside in one step, whatever it is: it is not written through, it is not delivered, it is
//! not lost, and it does not stop the grading. Where the folder has nothing but reports, they are removed instead,
//! because earlier runs leave those.
//!
//! All this happens before anything of the pull request is read, also because a report must not stay where the grading
//! then fails. No program of a pull request can reach the checkout, so what is made there afterwards is the grader's.
//!
//! Never touches a folder outside of the repository: there, no pull request has anything.

use std::{
    ffi::{OsStr, OsString},
    fs, io,
    os::{fd::OwnedFd, unix::ffi::OsStrExt as _, unix::fs::MetadataExt as _},
    path::{Component, Path, PathBuf},
};

use rustix::{
    fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, openat, renameat, statat, unlinkat},
    io::Errno,
};

use super::output::{PARTIAL, quoted};
use crate::fault::{Fault, FaultKind};
use report::Format;

/// A folder that has no entry, or does not exist yet.
#[derive(Debug)]
pub(super) struct CleanFolder {
    pub(super) path: PathBuf,
    /// What was done to have it, for a person.
    pub(super) note: Option<String>,
}

/// What a folder of reports has in it.
type Reports = Vec<(OsString, Option<OwnedFd>)>;

impl CleanFolder {
    /// Make way for the folder `path`, if it is in the repository with this root. Both are absolute.
    ///
    /// # Errors
    /// It is the root itself or in git's folder, or the disk fails.
    pub(super) fn make(root: &Path, path: &Path, shown: &Path) -> Result<Self, Fault> {
        let path = plain(path);
        let Some(top) = outermost(&path, root) else {
            return Ok(Self { path, note: None });
        };
        let below = path.strip_prefix(top).unwrap_or(&path);
        if below.as_os_str().is_empty() || below.starts_with(".git") {
            let message = format!("failed to use {} as the folder of reports", quoted(shown));
            return Err(Fault::usage(message)
                .because("the repository itself is there")
                .hint("name a folder of its own with `--report-dir DIR`"));
        }
        let moved = make_way(top, below).map_err(|errno| {
            let error = io::Error::from(errno);
            Fault::io(
                FaultKind::Usage,
                "make way for the reports in",
                &path,
                &error,
            )
            .hint("name a folder outside of the repository with `--report-dir DIR`")
        })?;
        let note = moved.map(|(from, to)| {
            format!(
                "moved {} aside, to {}: nothing but the reports may be in their folder",
                named(&from),
                named(&to)
            )
        });
        Ok(Self { path, note })
    }
}

fn named(path: &Path) -> String {
    format!("`{}`", path.display())
}

/// The path without `.` and `..`, none of which is looked up.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

/// The start of the path that is the folder `root`. A link below the root may lead to it again, so the first one counts.
fn outermost<'a>(path: &'a Path, root: &Path) -> Option<&'a Path> {
    let identity = |path: &Path| fs::metadata(path).ok().map(|one| (one.dev(), one.ino()));
    let root = identity(root)?;
    let starts: Vec<_> = path.ancestors().collect();
    let mut starts = starts.into_iter().rev();
    starts.find(|start| identity(start) == Some(root))
}

/// Remove the reports in a folder below the open folder of the repository, or move aside what is in the way of it. Paths
/// are below the root.
fn make_way(root: &Path, folder: &Path) -> Result<Option<(PathBuf, PathBuf)>, Errno> {
    let mut at = openat(
        CWD,
        root,
        OFlags::DIRECTORY | OFlags::CLOEXEC,
        Mode::empty(),
    )?;
    let mut path = PathBuf::new();
    let mut names = folder.iter().peekable();
    while let Some(name) = names.next() {
        path.push(name);
        match statat(&at, name, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => return Ok(None),
            found => found?,
        };
        match open(&at, name) {
            Ok(inner) if names.peek().is_some() => at = inner,
            Ok(inner) if remove_reports(&inner)? => return Ok(None),
            // A link, a file, a folder with something else, or one that cannot be opened.
            _ => {
                let mut aside = name.to_owned();
                let number = getrandom::u64().map_err(|_| Errno::IO)?;
                aside.push(format!(".aside-{number:016x}"));
                renameat(&at, name, &at, &aside)?;
                return Ok(Some((path.clone(), path.with_file_name(aside))));
            }
        }
    }
    Ok(None)
}

/// Open a folder in a folder; a link is none.
fn open(at: &OwnedFd, name: &OsStr) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat(at, name, flags, Mode::empty())
}

/// Remove everything, if it is nothing but reports, and folders with nothing but reports.
fn remove_reports(folder: &OwnedFd) -> Result<bool, Errno> {
    let Some(entries) = reports(folder, true)? else {
        return Ok(false);
    };
    let mut inside = Vec::new();
    for (_, inner) in &entries {
        let files = inner.as_ref().map(|inner| reports(inner, false));
        match files.transpose()? {
            Some(None) => return Ok(false),
            Some(Some(files)) => inside.push(files),
            None => inside.push(Vec::new()),
        }
    }
    for ((name, inner), files) in entries.iter().zip(inside) {
        if let Some(inner) = inner {
            for (name, _) in files {
                unlinkat(inner, name, AtFlags::empty())?;
            }
            unlinkat(folder, name, AtFlags::REMOVEDIR)?;
        } else {
            unlinkat(folder, name, AtFlags::empty())?;
        }
    }
    Ok(true)
}

/// The entries of a folder, if all are reports or, where they may be, folders. Folders are opened.
fn reports(folder: &OwnedFd, may_be_folders: bool) -> Result<Option<Reports>, Errno> {
    let mut reports = Vec::new();
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        let name = OsStr::from_bytes(entry.file_name().to_bytes());
        if name == "." || name == ".." {
            continue;
        }
        let stat = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile if is_name_of_report(name) => {
                reports.push((name.to_owned(), None));
            }
            FileType::Directory if may_be_folders => {
                reports.push((name.to_owned(), Some(open(folder, name)?)));
            }
            _ => return Ok(None),
        }
    }
    Ok(Some(reports))
}

fn is_name_of_report(name: &OsStr) -> bool {
    name.as_bytes().starts_with(PARTIAL.as_bytes())
        || Format::ALL.iter().any(|format| name == format.file_name())
}
