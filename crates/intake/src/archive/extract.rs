//! The second reading: copy what belongs to the crate.
//!
//! Hides how a flat list of paths becomes folders. What a walk over the unpacked folder would drop, count
//! or refuse is dropped, counted and refused here, by the same rules in the same words.
//! Never writes below a name that was not checked, and never opens a path that it did not make.

use std::{
    collections::{HashMap, HashSet},
    io::Read,
    path::Path,
};

use super::{
    entry::{Entry, What},
    plan::Plan,
};
use crate::{
    blame::Blame,
    copy::{self, Failure},
    limits::Limits,
    manifest,
    names::{self, LONGEST_PATH, shown},
    refusals,
    snapshot::SnapshotFile,
    walk::join,
};

/// Something that stands in the copy.
#[derive(Debug)]
struct Standing {
    path: String,
    is_folder: bool,
}

/// The copy as it grows.
#[derive(Debug)]
pub(super) struct Extraction<'a> {
    dest: &'a Path,
    /// The crate's folder in the archive.
    root: Vec<&'a [u8]>,
    plan: &'a Plan<'a>,
    limits: Limits,
    entries_left: usize,
    bytes_left: u64,
    /// What was counted: every name in a folder of the crate, once.
    counted: HashSet<Vec<u8>>,
    /// What is refused already, so that what lies below it needs no words.
    refused: HashSet<Vec<u8>>,
    /// By the folds of the paths.
    standing: HashMap<String, Standing>,
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
            standing: HashMap::new(),
            files: Vec::new(),
        }
    }

    pub(super) fn into_files(self) -> Vec<SnapshotFile> {
        self.files
    }

    /// Check an entry and copy it, if it is the crate's.
    pub(super) fn entry(&mut self, entry: &Entry<'_>, body: &mut dyn Read) -> Result<(), Blame> {
        let path = entry.path()?;
        let Some(inside) = path.strip_prefix(self.root.as_slice()) else {
            // Beside the crate: not copied, but what has no place in an archive is not passed over.
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
            let what = if is_last { entry.what } else { What::Folder };
            if names::is_dropped(name) || self.is_built(&raw, depth, what) {
                return Ok(());
            }
            let here = Here {
                above: &above,
                name,
                depth,
                what,
            };
            above = match self.stand(&here, entry, body) {
                Err(problem) => {
                    self.refused.insert(raw);
                    return Err(problem);
                }
                Ok(path) => path,
            };
        }
        Ok(())
    }

    /// Make sure that one name of a path stands in the copy; answers the path so far.
    fn stand(
        &mut self,
        here: &Here<'_>,
        entry: &Entry<'_>,
        body: &mut dyn Read,
    ) -> Result<String, Blame> {
        let text = names::check(here.name).map_err(|problem| {
            let place = join(here.above, &shown(here.name));
            refusals::odd_name(&place, &problem)
        })?;
        let path = join(here.above, text);
        if let Some(problem) = special(here.what, &path) {
            return Err(problem);
        }
        let is_folder = here.what == What::Folder;
        let fold = names::fold(&path);
        if let Some(other) = self.standing.get(&fold) {
            return match other {
                Standing { path: other, .. } if *other != path => {
                    Err(refusals::same_name(&path, other).into())
                }
                Standing {
                    is_folder: true, ..
                } if is_folder => Ok(path),
                _ => Err(refusals::twice(&path).into()),
            };
        }
        if path.len() > LONGEST_PATH {
            return Err(refusals::long_path(&path).into());
        }
        if is_folder {
            self.folder(&path, here.depth + 1)?;
        } else {
            self.file(&path, entry, body)?;
        }
        let standing = Standing {
            path: path.clone(),
            is_folder,
        };
        self.standing.insert(fold, standing);
        Ok(path)
    }

    fn folder(&self, path: &str, depth: usize) -> Result<(), Blame> {
        if depth > self.limits.depth {
            return Err(Blame::Limit(refusals::too_deep(path, self.limits)));
        }
        if path == manifest::NAME {
            return Err(refusals::manifest_is_folder(path).into());
        }
        Ok(copy::folder(&self.dest.join(path))?)
    }

    fn file(&mut self, path: &str, entry: &Entry<'_>, body: &mut dyn Read) -> Result<(), Blame> {
        let too_large = || Blame::Limit(refusals::too_large(path, entry.claims, self.limits));
        if entry.claims > self.bytes_left {
            return Err(too_large());
        }
        let bytes =
            copy::file(body, &self.dest.join(path), self.bytes_left).map_err(|failure| {
                match failure {
                    Failure::OverBudget => too_large(),
                    // Whether it is the disk's fault is told by who counts what is read.
                    Failure::Read(_) => Blame::Limit(refusals::damaged(path)),
                    Failure::Write(error) => error.into(),
                }
            })?;
        if bytes != entry.claims {
            return Err(Blame::Limit(refusals::damaged(path)));
        }
        self.bytes_left -= bytes;
        self.files.push(SnapshotFile {
            path: path.to_owned(),
            bytes,
        });
        Ok(())
    }

    fn count(&mut self, raw: &[u8], above: &str) -> Result<(), Blame> {
        if self.counted.contains(raw) {
            return Ok(());
        }
        let left = self.entries_left.checked_sub(1);
        self.entries_left =
            left.ok_or_else(|| Blame::Limit(refusals::too_many(above, self.limits)))?;
        self.counted.insert(raw.to_vec());
        Ok(())
    }

    fn is_built(&self, raw: &[u8], depth: usize, what: What) -> bool {
        let is_target = raw.rsplit(|&byte| byte == b'/').next() == Some(b"target");
        if !is_target || !matches!(what, What::Folder | What::Link) {
            return false;
        }
        let root = self.root.iter().copied();
        let path = root.chain([raw]).collect::<Vec<_>>().join(&b'/');
        self.plan.is_built(&path, depth == 0)
    }
}

/// One name of an entry's path.
struct Here<'a> {
    above: &'a str,
    name: &'a [u8],
    depth: usize,
    what: What,
}

/// The refusal of what is neither a file nor a folder.
fn special(what: What, place: &str) -> Option<Blame> {
    let refusal = match what {
        What::File | What::Folder => return None,
        What::Link => refusals::link(place),
        What::HardLink => refusals::hard_link(place),
        What::Special(what) => refusals::special(place, what),
    };
    Some(refusal.into())
}
