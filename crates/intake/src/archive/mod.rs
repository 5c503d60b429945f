//! Admit a submission that came as an archive, without ever unpacking one.
//!
//! Hides the two formats. An archive is read entry by entry and becomes the same private copy that its folder
//! would have become: the same names, the same dropped files, the same limits, the same digest. Never uses a
//! library's way of extracting, never believes a size, a mode, a time or a number of entries that an archive
//! declares, and never opens an archive inside an archive.
//!
//! # Theory of operation
//!
//! The libraries read headers and undo the compression; this module makes every decision. An archive is read
//! twice through one open file. The first reading takes names and manifests ([`plan`]): whether a name leads outside,
//! how many there are, and where the crate is. The second copies what belongs to the crate ([`extract`]), and
//! checks everything again, because the file may have changed between the two.
//!
//! All work is paid from budgets: bytes taken from the file, bytes that come out of a decompressor, the
//! proportion of the two, entries, bytes of names ([`budget`]). An archive may hold [`LEFTOVERS`] times what
//! a submission may, since what tools leave behind is often packed with it; what is copied is held to the
//! submission's limits exactly.

mod budget;
mod entry;
mod extract;
mod plan;
mod targz;
mod zip;

#[cfg(test)]
mod tests;

use std::{
    fs::File,
    io::{self, Read as _, Seek as _},
    path::Path,
};

use self::{
    budget::{ARCHIVE_OVERHEAD, Budget, LEFTOVERS},
    entry::{Entry, Visit},
};
use crate::{
    admission::Admission,
    archive_kind::ArchiveKind,
    cause::{Cause, ReadError},
    choice::Root,
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
/// Whether the archive at `location` can be read to its end and holds no crate. False if the archive cannot
/// be read: its admission reports what is wrong with it.
///
/// Costs at most what its admission costs, and of a zip archive no more than its directory, headers and
/// manifests.
pub(crate) fn is_without_crate(
    location: &Location,
    kind: ArchiveKind,
    wanted: Wanted<'_>,
    limits: Limits,
) -> bool {
    let Ok(opened) = location.open() else {
        return false;
    };
    if opened.is_folder() {
        return false;
    }
    let archive = Archive {
        file: &File::from(opened.fd),
        path: &location.path(),
        kind,
        wanted,
        limits,
    };
    let mut refusals = Refusals::default();
    let plan = archive.plan(&mut refusals);
    !refusals.is_any() && plan.is_ok_and(|plan| plan.root() == Root::Nowhere)
}

/// Check the archive in `file`, found at `path`, and copy the crate in it into `dest`.
pub(crate) fn copy_archive(
    file: &File,
    path: &Path,
    kind: ArchiveKind,
    wanted: Wanted<'_>,
    dest: &Path,
    limits: Limits,
) -> Result<Admission, Error> {
    let archive = Archive {
        file,
        path,
        kind,
        wanted,
        limits,
    };
    let mut refusals = Refusals::default();
    let (files, workspace) = match archive.copy(dest, &mut refusals) {
        Ok(copied) => copied,
        Err(Cause::Submission(refusal) | Cause::Limit(refusal)) => {
            refusals.add_first(refusal);
            Copied::default()
        }
        Err(Cause::Ours(error)) => return Err(error),
    };
    let refusals = refusals.into_list();
    if refusals.is_empty() {
        let snapshot = Snapshot::new(dest, files, LeftOuts::default())?;
        Ok(Admission::Admitted(snapshot.in_workspace(workspace)))
    } else {
        Ok(Admission::Refused(refusals))
    }
}

/// The files of a copy, and the manifest of the crate's workspace.
type Copied = (Vec<SnapshotFile>, Option<Vec<u8>>);

struct Archive<'a> {
    file: &'a File,
    path: &'a Path,
    kind: ArchiveKind,
    wanted: Wanted<'a>,
    limits: Limits,
}

impl<'a> Archive<'a> {
    /// The first reading.
    fn plan(&self, refusals: &mut Refusals) -> Result<plan::Plan<'a>, Cause> {
        self.check_start()?;
        let mut plan = plan::Plan::new(self.limits, self.wanted);
        self.each(refusals, &mut |entry, body| plan.entry(entry, body))?;
        if plan.is_empty() {
            return Err(refusals::empty_archive(&self.name()).into());
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
            Root::Nowhere => {
                refusals.extend(manifest::missing(Some(&plan.top()), plan.similar(), &[]));
                return Ok(Copied::default());
            }
        };
        let mut extraction = extract::Extraction::new(dest, &root.path, &plan, self.limits);
        self.each(refusals, &mut |entry, body| extraction.entry(entry, body))?;
        let files = extraction.into_files();
        // The file may have changed between the two readings, and lost its manifest.
        if !refusals.is_any() && !files.iter().any(|file| file.path == manifest::NAME) {
            return Err(refusals::changed(&self.name()).into());
        }
        Ok((files, root.workspace))
    }

    /// Read it once from its start. A problem with one entry becomes a refusal, and the reading continues.
    fn each(&self, refusals: &mut Refusals, visit: &mut Visit<'_>) -> Result<(), Cause> {
        let size = self.size().map_err(|error| self.unreadable(error))?;
        let budget = Budget::new(size, self.most());
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
            ArchiveKind::TarGz => targz::each(source, &budget, &mut visit),
        };
        read.map_err(
            |problem| match budget.resolve(problem, &self.name(), self.path) {
                // A refusal that concerns the whole names the archive.
                Cause::Limit(refusal) if refusal.place == "." => Cause::Limit(Refusal {
                    place: self.name(),
                    ..refusal
                }),
                problem => problem,
            },
        )
    }

    fn check_start(&self) -> Result<(), Cause> {
        let size = self.size().map_err(|error| self.unreadable(error))?;
        if size > self.most() {
            return Err(refusals::large_archive(&self.name(), size, self.most()).into());
        }
        let mut head = Vec::new();
        let mut file = self.file;
        file.rewind()
            .and_then(|()| file.take(8).read_to_end(&mut head))
            .map_err(|error| self.unreadable(error.into()))?;
        if self.kind.starts_with(&head) {
            return Ok(());
        }
        Err(refusals::other_magic(&self.name(), self.kind.description()).into())
    }

    /// The most bytes that the archive may have, packed and unpacked.
    fn most(&self) -> u64 {
        let most = self.limits.bytes.saturating_mul(LEFTOVERS);
        most.saturating_add(ARCHIVE_OVERHEAD)
    }

    fn size(&self) -> Result<u64, ReadError> {
        Ok(self.file.metadata()?.len())
    }

    fn name(&self) -> String {
        let name = self.path.file_name().unwrap_or_default();
        names::shown(name.as_encoded_bytes())
    }

    fn unreadable(&self, error: ReadError) -> Cause {
        Cause::from_read_error(self.path, &self.name(), error)
    }
}
