//! The second reading: copy what belongs to the crate.
//!
//! Hides how a flat list of paths becomes folders. Entries are dropped, counted and refused by the same
//! rules, with the same words, as in a walk over the unpacked folder. Never writes below a name that was not
//! checked, and never opens a path that it did not make.

use std::{
    collections::{HashMap, HashSet},
    io::Read,
    path::Path,
};

use super::{
    entry::{Entry, EntryKind},
    plan::Plan,
};
use crate::{
    cause::Cause,
    copy::{self, Failure},
    limits::Limits,
    manifest,
    names::{self, LONGEST_PATH, shown},
    refusals,
    snapshot::SnapshotFile,
    walk::join,
};

/// A file or folder in the copy.
#[derive(Debug)]
struct Extracted {
    path: String,
    is_folder: bool,
}

/// The copy, and what is left of the limits.
#[derive(Debug)]
pub(super) struct Extraction<'a> {
    dest: &'a Path,
    /// The crate's folder in the archive.
    root: Vec<&'a [u8]>,
    plan: &'a Plan<'a>,
    limits: Limits,
    entries_left: usize,
    bytes_left: u64,
    /// Paths that were counted: each file and folder of the crate counts once.
    counted: HashSet<Vec<u8>>,
    /// Paths that are refused already: what lies below them needs no refusal of its own.
    refused: HashSet<Vec<u8>>,
    /// By the folds of the paths.
    extracted: HashMap<String, Extracted>,
    files: Vec<SnapshotFile>,
}

impl<'a> Extraction<'a> {
    pub(super) fn new(dest: &'a Path, root: &'a [u8], plan: &'a Plan<'a>, limits: Limits) -> Self {
        let root = root.split(|&byte| byte == b'/');
        Self {
            dest,
            root: root.filter(|name| !name.is_empty()).collect(),
            plan,
            limits,
            entries_left: limits.entries,
            bytes_left: limits.bytes,
            counted: HashSet::new(),
            refused: HashSet::new(),
            extracted: HashMap::new(),
            files: Vec::new(),
        }
    }

    pub(super) fn into_files(self) -> Vec<SnapshotFile> {
        self.files
    }

    /// Check an entry and copy it, if it is the crate's.
    pub(super) fn entry(&mut self, entry: &Entry<'_>, body: &mut dyn Read) -> Result<(), Cause> {
        let path = entry.path()?;
        let Some(inside) = path.strip_prefix(self.root.as_slice()) else {
            // Beside the crate: not copied, but an entry that no archive may hold is refused all the same.
            return match special(entry.what, &shown(entry.name)) {
                Some(refusal) if !path.iter().any(|name| names::is_dropped(name)) => Err(refusal),
                _ => Ok(()),
            };
        };
        if inside.is_empty() {
            return special(entry.what, &shown(entry.name)).map_or(Ok(()), Err);
        }
        let mut above = String::new();
        for (depth, name) in inside.iter().enumerate() {
            let raw = inside[..=depth].join(&b'/');
            if self.refused.contains(&raw) {
                return Ok(());
            }
            self.count(&raw, &above)?;
            let is_last = depth + 1 == inside.len();
            let what = if is_last {
                entry.what
            } else {
                EntryKind::Folder
            };
            if names::is_dropped(name) || self.is_built(&raw, depth, what) {
                return Ok(());
            }
            let part = PathPart {
                above: &above,
                name,
                depth,
                what,
            };
            above = match self.extract_part(&part, entry, body) {
                Err(problem) => {
                    self.refused.insert(raw);
                    return Err(problem);
                }
                Ok(path) => path,
            };
        }
        Ok(())
    }

    /// Make sure that one part of a path is in the copy, and return the path up to it.
    fn extract_part(
        &mut self,
        part: &PathPart<'_>,
        entry: &Entry<'_>,
        body: &mut dyn Read,
    ) -> Result<String, Cause> {
        let text = names::check(part.name).map_err(|problem| {
            let place = join(part.above, &shown(part.name));
            refusals::odd_name(&place, &problem)
        })?;
        let path = join(part.above, text);
        if let Some(problem) = special(part.what, &path) {
            return Err(problem);
        }
        let is_folder = part.what == EntryKind::Folder;
        let fold = names::fold(&path);
        if let Some(other) = self.extracted.get(&fold) {
            return match other {
                Extracted { path: other, .. } if *other != path => {
                    Err(refusals::same_name(&path, other).into())
                }
                Extracted {
                    is_folder: true, ..
                } if is_folder => Ok(path),
                _ => Err(refusals::twice(&path).into()),
            };
        }
        if path.len() > LONGEST_PATH {
            return Err(refusals::long_path(&path).into());
        }
        if is_folder {
            self.folder(&path, part.depth + 1)?;
        } else {
            self.file(&path, entry, body)?;
        }
        let extracted = Extracted {
            path: path.clone(),
            is_folder,
        };
        self.extracted.insert(fold, extracted);
        Ok(path)
    }

    fn folder(&self, path: &str, depth: usize) -> Result<(), Cause> {
        if depth > self.limits.depth {
            return Err(Cause::Limit(refusals::too_deep(path, self.limits)));
        }
        if path == manifest::NAME {
            return Err(refusals::manifest_is_folder(path).into());
        }
        Ok(copy::folder(&self.dest.join(path))?)
    }

    fn file(&mut self, path: &str, entry: &Entry<'_>, body: &mut dyn Read) -> Result<(), Cause> {
        let too_large = || Cause::Limit(refusals::too_large(path, entry.claims, self.limits));
        if entry.claims > self.bytes_left {
            return Err(too_large());
        }
        let bytes =
            copy::file(body, &self.dest.join(path), self.bytes_left).map_err(|failure| {
                match failure {
                    Failure::OverBudget => too_large(),
                    // If the disk failed, the budget has the error and replaces this refusal later.
                    Failure::Read(_) => Cause::Limit(refusals::damaged(path)),
                    Failure::Write(error) => error.into(),
                }
            })?;
        if bytes != entry.claims {
            return Err(Cause::Limit(refusals::damaged(path)));
        }
        self.bytes_left -= bytes;
        self.files.push(SnapshotFile {
            path: path.to_owned(),
            bytes,
        });
        Ok(())
    }

    fn count(&mut self, raw: &[u8], above: &str) -> Result<(), Cause> {
        if self.counted.contains(raw) {
            return Ok(());
        }
        let left = self.entries_left.checked_sub(1);
        self.entries_left =
            left.ok_or_else(|| Cause::Limit(refusals::too_many(above, self.limits)))?;
        self.counted.insert(raw.to_vec());
        Ok(())
    }

    fn is_built(&self, raw: &[u8], depth: usize, what: EntryKind) -> bool {
        let is_target = raw.rsplit(|&byte| byte == b'/').next() == Some(b"target");
        if !is_target || !matches!(what, EntryKind::Folder | EntryKind::Link) {
            return false;
        }
        let root = self.root.iter().copied();
        let path = root.chain([raw]).collect::<Vec<_>>().join(&b'/');
        self.plan.is_built(&path, depth == 0)
    }
}

/// One part of an entry's path.
struct PathPart<'a> {
    above: &'a str,
    name: &'a [u8],
    depth: usize,
    what: EntryKind,
}

/// The refusal of what is neither a file nor a folder.
fn special(what: EntryKind, place: &str) -> Option<Cause> {
    let refusal = match what {
        EntryKind::File | EntryKind::Folder => return None,
        EntryKind::Link => refusals::link(place),
        EntryKind::HardLink => refusals::hard_link(place),
        EntryKind::Special(what) => refusals::special(place, what),
    };
    Some(refusal.into())
}
