//! The folders of shards that are merged, found by the paths that a person named.
//!
//! Hides how they are found. Never reads a record.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    num::NonZeroU32,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use crate::{
    batch::{
        output_dir::{OutputDir, SHARDS},
        shard::{Mark, Shard},
        usage,
    },
    fault::Fault,
};

/// What to name instead of a path that means no shard.
pub(super) const WHAT_TO_NAME: &str =
    "name folders that `grade batch --shard K/N` wrote, or the folder in which they are";

/// The folder of one shard.
#[derive(Debug)]
pub(super) struct ShardFolder {
    pub(super) shard: Shard,
    /// Whether each of its submissions has a record. Otherwise it is at work, or was stopped.
    pub(super) is_complete: bool,
    pub(super) folder: OutputDir,
}

impl ShardFolder {
    pub(super) fn name(&self) -> String {
        self.folder.root().display().to_string()
    }
}

/// Why a path has no shard that is merged.
#[derive(Debug)]
pub(super) enum LeftOut {
    /// It means no shard, for this reason.
    NoShard(String),
    /// The file that says which shard it has is damaged.
    DamagedMark,
}

/// All shards that are merged.
#[derive(Debug, Default)]
pub(super) struct ShardFolders {
    all: Vec<ShardFolder>,
    /// Their places in `all`.
    by_shard: BTreeMap<Shard, Vec<usize>>,
    /// Into how many shards the class was divided, and how many folders there are of that; several numbers if shards of
    /// several divisions were named.
    divisions: BTreeMap<NonZeroU32, usize>,
    left_out: Vec<(PathBuf, LeftOut)>,
}

impl ShardFolders {
    /// The shards that are meant by these paths, each once, to be merged into `out`. A path that means none is left out,
    /// unless no path means any.
    pub(super) fn find(paths: &[PathBuf], out: &Path) -> Result<Self, Fault> {
        let mut found = Self::default();
        let mut known = BTreeSet::new();
        for path in paths {
            let folders = match found.folders_in(path) {
                Ok(folders) => folders,
                Err(error) => {
                    found.leave_out(path, LeftOut::NoShard(error.to_string()));
                    continue;
                }
            };
            if folders.is_empty() {
                let why = "neither it nor a folder in it has a `shard.json`";
                found.leave_out(path, LeftOut::NoShard(why.to_owned()));
            }
            for (folder, mark) in folders {
                let root = folder.root();
                let identity = identity(root).map_err(|error| Fault::unreadable(root, error))?;
                if self::identity(out).is_ok_and(|out| out == identity) {
                    let message =
                        format!("failed to merge into `{}`: it is a shard", out.display());
                    return Err(
                        Fault::usage(message).hint("choose another folder with `--out DIR`")
                    );
                }
                if !known.insert(identity) {
                    continue;
                }
                match mark {
                    Mark::Of { shard, is_complete } => found.add(ShardFolder {
                        shard,
                        is_complete,
                        folder,
                    }),
                    _ => found.leave_out(root, LeftOut::DamagedMark),
                }
            }
        }
        if found.all.is_empty() {
            let paths = paths.iter().map(|path| format!("`{}`", path.display()));
            let paths = paths.collect::<Vec<_>>().join(", ");
            return Err(Fault::usage(format!("failed to find a shard in {paths}"))
                .because("neither it nor a folder in it has a sound `shard.json`")
                .hint(WHAT_TO_NAME));
        }
        Ok(found)
    }

    fn add(&mut self, one: ShardFolder) {
        *self.divisions.entry(one.shard.of()).or_default() += 1;
        let places = self.by_shard.entry(one.shard).or_default();
        places.push(self.all.len());
        self.all.push(one);
    }

    fn leave_out(&mut self, path: &Path, why: LeftOut) {
        self.left_out.push((path.to_path_buf(), why));
    }

    /// What was left out, and why.
    pub(super) fn left_out(&self) -> &[(PathBuf, LeftOut)] {
        &self.left_out
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// Into how many shards the class was divided.
    pub(super) fn divisions(&self) -> impl Iterator<Item = NonZeroU32> {
        self.divisions.keys().copied()
    }

    /// The division that most folders are of; of several such ones, that into the fewest shards.
    pub(super) fn main_division(&self) -> NonZeroU32 {
        let all = self.divisions.iter().rev();
        let most = all.max_by_key(|(_, folders)| **folders);
        most.map_or(NonZeroU32::MIN, |(of, _)| *of)
    }

    /// All of them.
    pub(super) fn each(&self) -> impl Iterator<Item = &ShardFolder> {
        self.all.iter()
    }

    /// The folders that have this shard.
    pub(super) fn having(&self, shard: Shard) -> impl Iterator<Item = &ShardFolder> {
        let places = self.by_shard.get(&shard).into_iter().flatten();
        places.filter_map(|&place| self.all.get(place))
    }

    /// Copy what the reference did from one of the shards that have it.
    pub(super) fn copy_reference(&self, to: &OutputDir) -> Result<(), Fault> {
        for one in &self.all {
            if usage::copy_reference(&one.folder, to)? {
                break;
            }
        }
        Ok(())
    }

    /// The shards that a path means: itself, or those in it, with numbers in order.
    fn folders_in(&mut self, path: &Path) -> io::Result<Vec<(OutputDir, Mark)>> {
        match at(path) {
            Ok((_, Mark::Nothing)) => {}
            Ok(marked) => return Ok(vec![marked]),
            Err(fault) => {
                self.leave_out(path, no_shard(fault));
                return Ok(Vec::new());
            }
        }
        let mut paths = Vec::new();
        for entry in fs::read_dir(path)? {
            paths.push(entry?.path());
        }
        // Without an error where it is not there.
        let below = fs::read_dir(path.join(SHARDS)).into_iter().flatten();
        paths.extend(below.flatten().map(|entry| entry.path()));
        paths.sort();
        let mut found = Vec::new();
        for path in paths.iter().filter(|path| path.is_dir()) {
            match at(path) {
                Ok((_, Mark::Nothing)) => {}
                Ok(marked) => found.push(marked),
                Err(fault) => self.leave_out(path, no_shard(fault)),
            }
        }
        found.sort_by_key(|(_, mark)| match mark {
            Mark::Of { shard, .. } => Some(*shard),
            _ => None,
        });
        Ok(found)
    }
}

/// What a folder is, whatever it is called.
fn identity(path: &Path) -> io::Result<(u64, u64)> {
    fs::metadata(path).map(|folder| (folder.dev(), folder.ino()))
}

/// What a folder says.
fn at(path: &Path) -> Result<(OutputDir, Mark), Fault> {
    let folder = OutputDir::unlocked(path);
    let mark = Mark::of(&folder)?;
    Ok((folder, mark))
}

fn no_shard(fault: Fault) -> LeftOut {
    LeftOut::NoShard(fault.cause.unwrap_or_default())
}
