//! Admit a submission that came as an archive, without ever unpacking one.
//!
//! Hides the two formats. An archive is read entry by entry and becomes the same private copy that its
//! folder would have become: the same names, the same leftovers dropped, the same limits, the same digest.
//! Never uses a library's way of extracting, never believes a size, a mode, a time or a number of entries
//! that an archive declares, and never opens an archive inside an archive.
//!
//! # Theory of operation
//!
//! The libraries read headers and undo the compression; every decision is ours. An archive is read twice
//! through one open file. The first reading takes names only ([`plan`]): whether one leads outside, how
//! many there are, and where the crate is. The second copies what belongs to the crate ([`plant`]), and
//! checks everything again, because the file may have changed between the two.
//!
//! All work is paid from budgets: bytes taken from the file, bytes that come out of a decompressor, the
//! proportion of the two, entries, bytes of names ([`tally`]). An archive may hold [`LEFTOVERS`] times what
//! a submission may, since what tools leave behind is often packed with it; what is copied is held to the
//! submission's limits exactly.

mod entry;
mod plan;
mod plant;
mod tally;
mod targz;
mod zip;

#[cfg(test)]
mod tests;

use std::{
    fs::File,
    io::{self, Read as _, Seek as _},
    path::Path,
};

use self::{entry::Entry, tally::Tally};
use super::{
    Admission, Location, manifest,
    names::{self, shown},
    problem::{Obstacle, Problem},
    refusals::{self, Refusals},
    root::Root,
    snapshot::Snapshot,
};
use crate::{evidence::Refusal, fault::Fault, spec::IntakeLimits};

/// How many times a submission's size and number of entries an archive may hold.
const LEFTOVERS: u64 = 8;
/// What every archive may have besides: headers, padding, a directory of its own.
const OVERHEAD: u64 = 16 << 20;

/// The archives that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArchiveKind {
    /// `.zip`.
    Zip,
    /// `.tar.gz` or `.tgz`.
    TarGz,
}

impl ArchiveKind {
    /// The kind that a file's name promises.
    pub(super) fn of_name(name: &[u8]) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        if name.ends_with(b".zip") {
            Some(Self::Zip)
        } else if name.ends_with(b".tar.gz") || name.ends_with(b".tgz") {
            Some(Self::TarGz)
        } else {
            None
        }
    }

    /// Whether a file that starts like this can be of this kind.
    fn starts_with(self, head: &[u8]) -> bool {
        match self {
            // A local header, or the end record of an empty archive (APPNOTE.TXT 4.3.7 and 4.3.16).
            // A program with an archive behind it is not taken: which of the two is handed in?
            Self::Zip => head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06"),
            // RFC 1952, 2.3.1: two bytes, and deflate as the only method.
            Self::TarGz => head.starts_with(b"\x1f\x8b\x08"),
        }
    }

    /// What a person calls it.
    const fn words(self) -> &'static str {
        match self {
            Self::Zip => "zip archive",
            Self::TarGz => "gzip-compressed tar archive",
        }
    }
}

/// Told of every entry in turn, with what it holds.
type Visit<'v> = dyn FnMut(&Entry<'_>, &mut dyn io::Read) -> Result<(), Problem> + 'v;

/// Whether the archive at `location` can be read to its end and holds no crate. False where nothing is known:
/// its admission will tell what is wrong with it.
///
/// Costs at most what its admission costs, and of a zip archive no more than its directory and headers.
pub(super) fn is_without_crate(
    location: &Location,
    kind: ArchiveKind,
    home: &[u8],
    limits: IntakeLimits,
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
        home,
        limits,
    };
    let mut refusals = Refusals::default();
    let plan = archive.plan(&mut refusals);
    !refusals.is_any() && plan.is_ok_and(|plan| plan.root() == Root::Nowhere)
}

/// Check the archive in `file`, found at `path`, and copy the crate in it into `dest`.
pub(super) fn admit(
    file: &File,
    path: &Path,
    kind: ArchiveKind,
    home: &[u8],
    dest: &Path,
    limits: IntakeLimits,
) -> Result<Admission, Fault> {
    let archive = Archive {
        file,
        path,
        kind,
        home,
        limits,
    };
    let mut refusals = Refusals::default();
    let copied = match archive.copy(dest, &mut refusals) {
        Ok(files) => files,
        Err(Problem::Refused(refusal) | Problem::Limit(refusal)) => {
            refusals.add_first(refusal);
            Vec::new()
        }
        Err(Problem::Fault(fault)) => return Err(fault),
    };
    let refusals = refusals.into_list();
    if refusals.is_empty() {
        Snapshot::new(dest, copied).map(Admission::Admitted)
    } else {
        Ok(Admission::Refused(refusals))
    }
}

struct Archive<'a> {
    file: &'a File,
    path: &'a Path,
    kind: ArchiveKind,
    /// Where a checkout of the course has the exercise.
    home: &'a [u8],
    limits: IntakeLimits,
}

impl<'a> Archive<'a> {
    /// The first reading.
    fn plan(&self, refusals: &mut Refusals) -> Result<plan::Plan<'a>, Problem> {
        self.check_start()?;
        let mut plan = plan::Plan::new(self.limits, self.home);
        self.each(refusals, &mut |entry, _| plan.entry(entry))?;
        if plan.is_empty() {
            return Err(refusals::empty_archive(&self.name()).into());
        }
        Ok(plan)
    }

    fn copy(
        &self,
        dest: &Path,
        refusals: &mut Refusals,
    ) -> Result<Vec<super::SnapshotFile>, Problem> {
        let plan = self.plan(refusals)?;
        if refusals.is_any() {
            return Ok(Vec::new());
        }
        let root = match plan.root() {
            Root::At(root) => root,
            Root::Several(folders) => return Err(manifest::several(&folders).into()),
            Root::Nowhere => {
                refusals.extend(manifest::missing(Some(&plan.top()), &[]));
                return Ok(Vec::new());
            }
        };
        let mut plant = plant::Plant::new(dest, &root, &plan, self.limits);
        self.each(refusals, &mut |entry, body| plant.entry(entry, body))?;
        let files = plant.into_files();
        // What changed between the two readings may have taken the manifest with it.
        if !refusals.is_any() && !files.iter().any(|file| file.path == manifest::NAME) {
            return Err(refusals::changed(&self.name()).into());
        }
        Ok(files)
    }

    /// Read it once from its start. What is wrong with one entry is put down and the reading goes on.
    fn each(&self, refusals: &mut Refusals, visit: &mut Visit<'_>) -> Result<(), Problem> {
        let size = self.size().map_err(|error| self.unreadable(error))?;
        let tally = Tally::new(size, self.most());
        let mut visit = |entry: &Entry<'_>, body: &mut dyn io::Read| {
            // Named before it is judged, so that a body that cannot be read is known by its entry.
            let place = shown(entry.name);
            match visit(entry, body).map_err(|problem| tally.judge(problem, &place, self.path)) {
                Err(Problem::Refused(refusal)) => {
                    refusals.add(refusal);
                    Ok(())
                }
                other => other,
            }
        };
        let mut file = self.file;
        file.rewind()
            .map_err(|error| self.unreadable(error.into()))?;
        let source = tally.source(file);
        let read = match self.kind {
            ArchiveKind::Zip => {
                let most = LEFTOVERS.saturating_mul(self.limits.entries as u64);
                zip::each(source, &tally, most, &mut visit)
            }
            ArchiveKind::TarGz => targz::each(source, &tally, &mut visit),
        };
        read.map_err(
            |problem| match tally.judge(problem, &self.name(), self.path) {
                // What concerns the whole is put to the archive's name.
                Problem::Limit(refusal) if refusal.place == "." => Problem::Limit(Refusal {
                    place: self.name(),
                    ..refusal
                }),
                problem => problem,
            },
        )
    }

    fn check_start(&self) -> Result<(), Problem> {
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
        Err(refusals::other_magic(&self.name(), self.kind.words()).into())
    }

    /// The most bytes that the archive may have, packed and unpacked.
    fn most(&self) -> u64 {
        let most = self.limits.bytes.saturating_mul(LEFTOVERS);
        most.saturating_add(OVERHEAD)
    }

    fn size(&self) -> Result<u64, Obstacle> {
        Ok(self.file.metadata()?.len())
    }

    fn name(&self) -> String {
        let name = self.path.file_name().unwrap_or_default();
        names::shown(name.as_encoded_bytes())
    }

    fn unreadable(&self, obstacle: Obstacle) -> Problem {
        Problem::from_obstacle(self.path, &self.name(), obstacle)
    }
}
