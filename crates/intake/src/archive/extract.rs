//! The second reading: copy what belongs to the crate.
//!
//! Hides how a flat list of paths becomes folders. Entries are left out, counted and refused by the same
//! rules, with the same words, as in a walk over the unpacked folder. An entry below one that is no folder
//! is no leftover but an attack, and refused. Never writes below a name that was not
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
    largest::Largest,
    left_out::{LeftOuts, Omission},
    limits::Limits,
    manifest,
    names::{self, LONGEST_PATH, shown},
    refusals,
    snapshot::SnapshotFile,
    walk::join,
};

/// What of a path is in the copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extracted {
    File,
    Folder,
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
    /// Paths that are refused or left out already: what lies below them needs no word of its own.
    done: HashSet<Vec<u8>>,
    /// Links and special files among them: nothing can lie below these.
    special: HashSet<Vec<u8>>,
    /// By their paths in the copy.
    extracted: HashMap<String, Extracted>,
    /// A path for each fold.
    folds: HashMap<String, String>,
    files: Vec<SnapshotFile>,
    left_out: LeftOuts,
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
            done: HashSet::new(),
            special: HashSet::new(),
            extracted: HashMap::new(),
            folds: HashMap::new(),
            files: Vec::new(),
            left_out: LeftOuts::default(),
        }
    }

    pub(super) fn finish(self) -> (Vec<SnapshotFile>, LeftOuts) {
        (self.files, self.left_out)
    }

    /// Check an entry and copy it, if it is the crate's.
    pub(super) fn entry(&mut self, entry: &Entry<'_>, body: &mut dyn Read) -> Result<(), Cause> {
        let path = entry.path()?;
        let Some(inside) = path.strip_prefix(self.root.as_slice()) else {
            // Beside the crate: not copied. A link in the place of a folder above it leads elsewhere.
            return match special(entry.what, &shown(entry.name)) {
                Some((_, refusal)) if self.root.starts_with(&path) => Err(refusal),
                _ => Ok(()),
            };
        };
        if inside.is_empty() {
            return special(entry.what, &shown(entry.name))
                .map_or(Ok(()), |(_, refusal)| Err(refusal));
        }
        let mut above = String::new();
        for (depth, name) in inside.iter().enumerate() {
            let raw = inside[..=depth].join(&b'/');
            if self.special.contains(&raw) {
                return Err(refusals::twice(&join(&above, &shown(name))).into());
            }
            if self.done.contains(&raw) {
                return Ok(());
            }
            self.count(&raw, &above)?;
            let is_last = depth + 1 == inside.len();
            let what = if is_last {
                entry.what
            } else {
                EntryKind::Folder
            };
            let part = PathPart {
                above: &above,
                name,
                depth,
                what,
                inside,
            };
            match self.extract_part(&part, &raw, entry, body) {
                Ok(Some(path)) => above = path,
                Ok(None) => return Ok(()),
                Err(problem) => {
                    self.done.insert(raw);
                    return Err(problem);
                }
            }
        }
        Ok(())
    }

    /// Make sure that one part of a path is in the copy, and return the path up to it; `None` if it is left
    /// out.
    fn extract_part(
        &mut self,
        part: &PathPart<'_>,
        raw: &[u8],
        entry: &Entry<'_>,
        body: &mut dyn Read,
    ) -> Result<Option<String>, Cause> {
        let place = join(part.above, &shown(part.name));
        if names::is_dropped(part.name) {
            self.drop_by_name(part, raw, place);
            return Ok(None);
        }
        let text = match names::check(part.name) {
            Ok(text) => text,
            Err(problem) => return Ok(self.leave(raw, place, Omission::Name(problem))),
        };
        let path = join(part.above, text);
        if self.is_target(part, raw) {
            return Ok(None);
        }
        if part.what == EntryKind::Folder && self.plan.is_made(&self.in_archive(raw)) {
            if part.name == b"target" {
                return Ok(None);
            }
            return Ok(self.leave(raw, path, Omission::Made));
        }
        if let Some((why, refusal)) = special(part.what, &path) {
            if path == manifest::NAME {
                return Err(refusal);
            }
            if self.extracted.contains_key(&path) {
                return Err(refusals::twice(&path).into());
            }
            self.special.insert(raw.to_vec());
            self.left_out.add(path, why);
            return Ok(None);
        }
        let is_folder = part.what == EntryKind::Folder;
        match self.extracted.get(&path) {
            Some(Extracted::Folder) if is_folder => return Ok(Some(path)),
            Some(_) => return Err(refusals::twice(&path).into()),
            None => {}
        }
        if path.len() > LONGEST_PATH {
            let why = names::long_path(&path);
            return Ok(self.leave(raw, place, why));
        }
        let other = self.folds.insert(names::fold(&path), path.clone());
        let copied = if is_folder {
            self.folder(&path, part.depth + 1)
        } else {
            self.file(&path, entry, body)
        };
        if let Err(cause) = copied {
            let why = copy::not_taken(cause, &self.dest.join(&path), other.as_deref())?;
            return Ok(self.leave(raw, path, why));
        }
        let extracted = if is_folder {
            Extracted::Folder
        } else {
            Extracted::File
        };
        self.extracted.insert(path.clone(), extracted);
        Ok(Some(path))
    }

    /// Leave out a path and all below it.
    fn leave(&mut self, raw: &[u8], place: String, why: Omission) -> Option<String> {
        self.done.insert(raw.to_vec());
        self.left_out.add(place, why);
        None
    }

    /// Leave something out for its name alone, and say so where a person should know.
    fn drop_by_name(&mut self, part: &PathPart<'_>, raw: &[u8], place: String) {
        if let Some(why) = names::omission(part.name) {
            self.leave(raw, place, why);
        } else if part.name == names::CARGO.as_bytes()
            && let [file] = &part.inside[part.depth + 1..]
            && let Some(file) = { names::CONFIG.iter() }.find(|config| config.as_bytes() == *file)
        {
            self.left_out
                .add(join(&place, file), Omission::Configuration);
        }
    }

    /// A path of the crate as the archive has it.
    fn in_archive(&self, raw: &[u8]) -> Vec<u8> {
        let root = self.root.iter().copied();
        root.chain([raw]).collect::<Vec<_>>().join(&b'/')
    }

    /// Whether this is cargo's folder at the top of the crate, or a link to where it is.
    fn is_target(&self, part: &PathPart<'_>, raw: &[u8]) -> bool {
        part.depth == 0
            && part.name == b"target"
            && matches!(part.what, EntryKind::Folder | EntryKind::Link)
            && self.plan.is_top_target(&self.in_archive(raw))
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
        let files = &self.files;
        let largest = || Largest::of(files.iter().map(SnapshotFile::path_and_size));
        let too_large = || {
            Cause::Limit(refusals::too_large(
                path,
                entry.claims,
                self.limits,
                &largest(),
            ))
        };
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
        self.entries_left = left.ok_or_else(|| {
            let largest = Largest::of(self.files.iter().map(SnapshotFile::path_and_size));
            Cause::Limit(refusals::too_many(above, self.limits, &largest))
        })?;
        self.counted.insert(raw.to_vec());
        Ok(())
    }
}

/// One part of an entry's path.
struct PathPart<'a> {
    above: &'a str,
    name: &'a [u8],
    depth: usize,
    what: EntryKind,
    /// All names of the path.
    inside: &'a [&'a [u8]],
}

/// Why what is neither a file nor a folder is left out, and its refusal where it cannot be.
fn special(what: EntryKind, place: &str) -> Option<(Omission, Cause)> {
    let (why, refusal) = match what {
        EntryKind::File | EntryKind::Folder => return None,
        EntryKind::Link => (Omission::Link, refusals::link(place)),
        EntryKind::HardLink => (Omission::Link, refusals::hard_link(place)),
        EntryKind::Special(what) => (Omission::Special(what), refusals::special(place, what)),
    };
    Some((why, refusal.into()))
}
