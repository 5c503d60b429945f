//! Admit a submission that came as an archive, without ever unpacking one.
//!
//! Hides the formats. An archive is read entry by entry and becomes the same private copy that its folder
//! would have become: the same names, the same dropped files, the same limits, the same digest. Never uses a
//! library's way of extracting, never believes a size, a mode, a time or a number of entries that an archive
//! declares, and never opens more than one archive inside an archive, nor one inside that.
//!
//! # Theory of operation
//!
//! The libraries read headers and undo the compression; this module makes every decision. An archive is read
//! twice through one open file. The first reading takes names and manifests ([`plan`]): whether a name leads outside,
//! how many there are, and where the crate is. The second copies what belongs to the crate ([`extract`]), and
//! checks everything again, because the file may have changed between the two.
//!
//! What kind of archive it is, its first bytes say. Where an archive has no crate and one archive in it, that one
//! is copied into a file without a name and read in the same way: a course's server or a student packed the
//! submission once more. All its bytes count against the budgets of what was handed in.
//!
//! All work is paid from budgets: bytes taken from the file, bytes that come out of a decompressor, the
//! proportion of the two, entries, bytes of names ([`budget`]). An archive may hold [`LEFTOVERS`] times what
//! a submission may, since what tools leave behind is often packed with it; what is copied is held to the
//! submission's limits exactly.

mod budget;
mod code_page;
mod entry;
mod extract;
mod plan;
mod tarball;
mod unpack;
mod zip;

#[cfg(test)]
mod tests;

use std::{
    fs::{File, OpenOptions, remove_file},
    io::{self, Read as _, Seek as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

pub(crate) use self::entry::Stamp;
use self::{
    budget::{ARCHIVE_OVERHEAD, Budget, LEFTOVERS},
    entry::{Entry, EntryKind, Visit},
};
use crate::{
    admission::Admission,
    archive_kind::{self, ArchiveKind, HEAD},
    cause::{Cause, ReadError},
    choice::Root,
    copy::{self, Failure, copy_error},
    error::Error,
    left_out::LeftOuts,
    limits::Limits,
    location::Location,
    manifest,
    names::{self, shown},
    refusal::{Refusal, Refusals},
    refusals,
    snapshot::{Snapshot, SnapshotFile},
    wanted::Wanted,
};

/// What was copied.
#[derive(Debug, Default)]
struct Copied {
    files: Vec<SnapshotFile>,
    left_out: LeftOuts,
    /// The manifest of the crate's workspace.
    workspace: Option<Vec<u8>>,
}

/// Whether the archive at `location` can be read to its end and holds no crate. False if the archive cannot
/// be read: its admission reports what is wrong with it.
///
/// Costs at most what its admission costs, and of a zip archive no more than its directory, headers and
/// manifests.
pub(crate) fn is_without_crate(location: &Location, wanted: Wanted<'_>, limits: Limits) -> bool {
    let is_without = |archive: &Archive<'_>| {
        let mut refusals = Refusals::default();
        let is_without =
            |plan: plan::Plan<'_>| plan.root() == Root::Nowhere && plan.archives().is_empty();
        archive.plan(&mut refusals).is_ok_and(is_without) && !refusals.is_any()
    };
    with_archive(location, wanted, limits, is_without).unwrap_or(false)
}

/// Whether there is a crate that is meant in the archive at `location`, or in the only one inside of it, for which
/// `scratch` has room. True if that cannot be read: the admission reports what is wrong.
pub(crate) fn has_crate(
    location: &Location,
    wanted: Wanted<'_>,
    limits: Limits,
    scratch: &Path,
) -> bool {
    let has_crate = |archive: &Archive<'_>| {
        let mut refusals = Refusals::default();
        let found = archive.has_crate(scratch, &mut refusals);
        found.unwrap_or(true) || refusals.is_any()
    };
    with_archive(location, wanted, limits, has_crate).unwrap_or(true)
}

/// The crates, or else the archives, in the archive at `location`, if there are several and nothing says which
/// is meant. None if the archive cannot be read.
///
/// Costs what [`is_without_crate`] costs, and so does [`newest`].
pub(crate) fn several_in(location: &Location, wanted: Wanted<'_>, limits: Limits) -> Vec<Vec<u8>> {
    let several = |archive: &Archive<'_>| {
        let plan = archive.plan(&mut Refusals::default()).ok()?;
        match plan.root() {
            Root::Several(folders) => Some(folders),
            Root::Nowhere if plan.archives().len() > 1 => {
                Some(plan.archives().iter().cloned().collect())
            }
            _ => None,
        }
    };
    let found = with_archive(location, wanted, limits, several).flatten();
    found.unwrap_or_default()
}

/// The newest time that the archive at `location` claims for a file in it.
pub(crate) fn newest(location: &Location, wanted: Wanted<'_>, limits: Limits) -> Option<Stamp> {
    let newest = |archive: &Archive<'_>| {
        let mut newest = None;
        let read = archive.each(&mut Refusals::default(), &mut |entry, _| {
            if entry.what == EntryKind::File {
                newest = newest.max(entry.modified);
            }
            Ok(())
        });
        // What cannot be read to its end says nothing.
        read.ok().and(newest)
    };
    with_archive(location, wanted, limits, newest).flatten()
}

/// What `look` sees in the archive at `location`, if it can be opened and is one.
fn with_archive<T>(
    location: &Location,
    wanted: Wanted<'_>,
    limits: Limits,
    look: impl FnOnce(&Archive<'_>) -> T,
) -> Option<T> {
    let opened = location.open().ok().filter(|opened| !opened.is_folder())?;
    let path = location.path();
    let file = File::from(opened.fd);
    let archive = Archive::new(&file, &path, wanted, limits).ok()?;
    Some(look(&archive))
}

/// Check the archive in `file`, found at `path`, and copy the crate in it into `dest`.
pub(crate) fn copy_archive(
    file: &File,
    path: &Path,
    wanted: Wanted<'_>,
    dest: &Path,
    limits: Limits,
) -> Result<Admission, Error> {
    let mut refusals = Refusals::default();
    let copied = Archive::new(file, path, wanted, limits)
        .and_then(|archive| archive.copy(dest, &mut refusals));
    let Copied {
        files,
        left_out,
        workspace,
    } = match copied {
        Ok(copied) => copied,
        Err(Cause::Submission(refusal) | Cause::Limit(refusal)) => {
            refusals.add_first(refusal);
            Copied::default()
        }
        Err(Cause::Ours(error)) => return Err(error),
    };
    let refusals = refusals.into_list();
    if refusals.is_empty() {
        let snapshot = Snapshot::new(dest, files, left_out)?;
        Ok(Admission::Admitted(snapshot.in_workspace(workspace)))
    } else {
        Ok(Admission::Refused(refusals))
    }
}

struct Archive<'a> {
    file: &'a File,
    path: &'a Path,
    /// Its name in messages.
    name: String,
    kind: ArchiveKind,
    /// How many bytes were handed in: this archive's, or those of the one around it.
    handed_in: u64,
    is_inner: bool,
    wanted: Wanted<'a>,
    limits: Limits,
}

impl<'a> Archive<'a> {
    /// The archive in `file`, found at `path`. Its first bytes say what it is.
    fn new(
        file: &'a File,
        path: &'a Path,
        wanted: Wanted<'a>,
        limits: Limits,
    ) -> Result<Self, Cause> {
        let name = path.file_name().unwrap_or_default().as_encoded_bytes();
        let mut archive = Self {
            file,
            path,
            name: shown(name),
            kind: ArchiveKind::Zip,
            handed_in: 0,
            is_inner: false,
            wanted,
            limits,
        };
        archive.handed_in = archive.size().map_err(|error| archive.unreadable(error))?;
        archive.kind = archive.kind(name)?;
        Ok(archive)
    }

    /// What it is by its first bytes, if it is small enough to be read; `name` is its file's.
    fn kind(&self, name: &[u8]) -> Result<ArchiveKind, Cause> {
        let size = self.size().map_err(|error| self.unreadable(error))?;
        let mut head = Vec::new();
        let mut file = self.file;
        file.rewind()
            .and_then(|()| file.take(HEAD as u64).read_to_end(&mut head))
            .map_err(|error| self.unreadable(error.into()))?;
        let Some(kind) = ArchiveKind::of_head(&head) else {
            let what = archive_kind::foreign(name, &head);
            return Err(refusals::foreign(&self.name, what).into());
        };
        if size > self.most() {
            return Err(refusals::large_archive(&self.name, size, self.most()).into());
        }
        Ok(kind)
    }

    /// The first reading.
    fn plan(&self, refusals: &mut Refusals) -> Result<plan::Plan<'a>, Cause> {
        let mut plan = plan::Plan::new(self.limits, self.wanted);
        self.each(refusals, &mut |entry, body| plan.entry(entry, body))?;
        if plan.is_empty() {
            return Err(refusals::empty_archive(&self.name).into());
        }
        Ok(plan)
    }

    fn copy(&self, dest: &Path, refusals: &mut Refusals) -> Result<Copied, Cause> {
        let plan = self.plan(refusals)?;
        if refusals.is_any() {
            return Ok(Copied::default());
        }
        let root = match plan.root() {
            Root::At(root) => root,
            Root::Several(folders) | Root::Members(folders) => {
                return Err(manifest::several(&folders).into());
            }
            Root::Nowhere => return self.without_crate(&plan, dest, refusals),
        };
        let mut extraction = extract::Extraction::new(dest, &root.path, &plan, self.limits);
        self.each(refusals, &mut |entry, body| extraction.entry(entry, body))?;
        let (files, left_out) = extraction.finish();
        // The file may have changed between the two readings, and lost its manifest.
        if !refusals.is_any() && !files.iter().any(|file| file.path == manifest::NAME) {
            return Err(refusals::changed(&self.name).into());
        }
        Ok(Copied {
            files,
            left_out,
            workspace: root.workspace,
        })
    }

    /// Go on with the only archive in this one, or say what is missing.
    fn without_crate(
        &self,
        plan: &plan::Plan<'_>,
        dest: &Path,
        refusals: &mut Refusals,
    ) -> Result<Copied, Cause> {
        let mut archives = plan.archives().iter();
        match (archives.next(), archives.len()) {
            (Some(only), 0) if self.is_inner => Err(refusals::deep_archive(&shown(only)).into()),
            (Some(only), 0) => self.inner(only, dest, refusals, |inner, refusals| {
                inner.copy(dest, refusals)
            }),
            (Some(_), _) => {
                let names = plan.archives().iter().map(|name| shown(name));
                let names = names.collect::<Vec<_>>();
                Err(refusals::several_archives(&self.name, &names).into())
            }
            (None, _) => {
                let top = plan.top();
                if top
                    .iter()
                    .any(|name| name.to_bytes() == b"[Content_Types].xml")
                {
                    let what = Some("a document or spreadsheet of an Office program");
                    return Err(refusals::foreign(&self.name, what).into());
                }
                for name in top.iter().map(|name| name.to_bytes()) {
                    if let (true, Err(problem)) = (manifest::is_meant_by(name), names::check(name))
                    {
                        refusals.add(refusals::odd_name(&shown(name), &problem));
                    }
                }
                refusals.extend(manifest::missing(Some(&top), plan.similar(), &[]));
                Ok(Copied::default())
            }
        }
    }

    /// Whether it has the crate that is meant, or the only archive in it has.
    fn has_crate(&self, scratch: &Path, refusals: &mut Refusals) -> Result<bool, Cause> {
        let plan = self.plan(refusals)?;
        if plan.root() != Root::Nowhere {
            return Ok(true);
        }
        let mut archives = plan.archives().iter();
        match (archives.next(), archives.len()) {
            (None, _) => Ok(false),
            (Some(only), 0) if !self.is_inner => {
                self.inner(only, scratch, refusals, |inner, refusals| {
                    inner.has_crate(scratch, refusals)
                })
            }
            // They are refused, with what to do about it.
            (Some(_), _) => Ok(true),
        }
    }

    /// What `then` does with the archive at `path` in this one; nothing if that is refused.
    fn inner<T: Default>(
        &self,
        path: &[u8],
        dest: &Path,
        refusals: &mut Refusals,
        then: impl FnOnce(&Archive<'_>, &mut Refusals) -> Result<T, Cause>,
    ) -> Result<T, Cause> {
        let file = nameless(&dest.join("inner-archive"))?;
        let mut unpacked = false;
        let most = self.most();
        self.each(refusals, &mut |entry, body| {
            if entry.what != EntryKind::File || entry.path()?.join(&b'/') != path {
                return Ok(());
            }
            unpacked = true;
            copy::stream(body, &mut &file, most, dest).map_err(|failure| match failure {
                Failure::OverBudget => Cause::Limit(refusals::bomb(&shown(path))),
                // If the disk failed, the budget has the error and replaces this refusal later.
                Failure::Read(_) => Cause::Limit(refusals::damaged(&shown(path))),
                Failure::Write(error) => error.into(),
            })?;
            Ok(())
        })?;
        if refusals.is_any() {
            return Ok(T::default());
        }
        if !unpacked {
            return Err(refusals::changed(&self.name).into());
        }
        let mut inner = Archive {
            file: &file,
            path: self.path,
            name: shown(path),
            kind: self.kind,
            handed_in: self.handed_in,
            is_inner: true,
            wanted: self.wanted,
            limits: self.limits,
        };
        inner.kind = inner.kind(path)?;
        then(&inner, refusals)
    }

    /// Read it once from its start. A problem with one entry becomes a refusal, and the reading continues.
    fn each(&self, refusals: &mut Refusals, visit: &mut Visit<'_>) -> Result<(), Cause> {
        let size = self.size().map_err(|error| self.unreadable(error))?;
        let budget = Budget::new(size, self.most(), self.handed_in);
        let mut visit = |entry: &Entry<'_>, body: &mut dyn io::Read| {
            // The name is taken first, so that a refusal of the contents names the entry.
            let place = shown(entry.name);
            match visit(entry, body).map_err(|problem| budget.resolve(problem, &place, self.path)) {
                Err(Cause::Submission(refusal)) => {
                    refusals.add(refusal);
                    Ok(())
                }
                other => other,
            }
        };
        let mut file = self.file;
        file.rewind()
            .map_err(|error| self.unreadable(error.into()))?;
        let source = budget.source(file, size);
        let read = match self.kind {
            ArchiveKind::Zip => {
                let most = LEFTOVERS.saturating_mul(self.limits.entries as u64);
                zip::each(source, &budget, most, &mut visit)
            }
            kind => tarball::each(kind, source, &budget, &mut visit),
        };
        read.map_err(
            |problem| match budget.resolve(problem, &self.name, self.path) {
                // A refusal that concerns the whole names the archive.
                Cause::Limit(refusal) if refusal.place == "." => Cause::Limit(Refusal {
                    place: self.name.clone(),
                    ..refusal
                }),
                problem => problem,
            },
        )
    }

    /// The most bytes that the archive may have, packed and unpacked.
    fn most(&self) -> u64 {
        let most = self.limits.bytes.saturating_mul(LEFTOVERS);
        most.saturating_add(ARCHIVE_OVERHEAD)
    }

    fn size(&self) -> Result<u64, ReadError> {
        Ok(self.file.metadata()?.len())
    }

    fn unreadable(&self, error: ReadError) -> Cause {
        Cause::from_read_error(self.path, &self.name, error)
    }
}

/// A new file that nobody can open by name: it is gone when it is closed. The folder of `path` is private.
fn nameless(path: &Path) -> Result<File, Error> {
    let failed = |error: io::Error| copy_error("write", path, error);
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(failed)?;
    remove_file(path).map_err(failed)?;
    Ok(file)
}
