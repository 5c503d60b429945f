//! The folders of shards that are merged, found by the paths that a person named.
//!
//! Hides how they are found. Never reads a record.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    num::NonZeroU32,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use crate::{
    batch::{
        output_dir::OutputDir,
        shard::{SHARDS, Shard},
        usage,
    },
    fault::Fault,
};

/// The folder of one shard.
#[derive(Debug)]
pub(super) struct ShardFolder {
    pub(super) shard: Shard,
    pub(super) folder: OutputDir,
}

impl ShardFolder {
    pub(super) fn name(&self) -> String {
        self.folder.root().display().to_string()
    }
}

/// All shards that are merged.
#[derive(Debug, Default)]
pub(super) struct ShardFolders {
    all: Vec<ShardFolder>,
    /// Their places in `all`.
    by_shard: BTreeMap<Shard, Vec<usize>>,
    /// Into how many shards the class was divided; several numbers if shards of several divisions were named.
    divisions: BTreeSet<NonZeroU32>,
}

impl ShardFolders {
    /// The shards that are meant by these paths, each once.
    pub(super) fn find(paths: &[PathBuf]) -> Result<Self, Fault> {
        let mut found = Self::default();
        let mut known = BTreeSet::new();
        for path in paths {
            let folders = folders_in(path)?;
            if folders.is_empty() {
                let message = format!("failed to find a shard in `{}`", path.display());
                return Err(Fault::usage(message)
                    .because("neither it nor a folder in it has a `shard.json`")
                    .hint("name folders that `grade batch --shard K/N` wrote, or the folder in which they are"));
            }
            for (shard, folder) in folders {
                let identity = fs::metadata(folder.root());
                let identity = identity.map_err(|error| Fault::unreadable(folder.root(), error))?;
                if known.insert((identity.dev(), identity.ino())) {
                    found.add(ShardFolder { shard, folder });
                }
            }
        }
        Ok(found)
    }

    fn add(&mut self, one: ShardFolder) {
        self.divisions.insert(one.shard.of());
        let places = self.by_shard.entry(one.shard).or_default();
        places.push(self.all.len());
        self.all.push(one);
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// Into how many shards the class was divided.
    pub(super) fn divisions(&self) -> &BTreeSet<NonZeroU32> {
        &self.divisions
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
}

/// The shards that a path means: itself, or those in it, in byte order of their names and with numbers in order.
fn folders_in(path: &Path) -> Result<Vec<(Shard, OutputDir)>, Fault> {
    if let Some(one) = shard_at(path)? {
        return Ok(vec![one]);
    }
    let mut found = Vec::new();
    for within in [path.to_path_buf(), path.join(SHARDS)] {
        let entries = match fs::read_dir(&within) {
            Ok(entries) => entries,
            Err(_) if within != path => continue,
            Err(error) => {
                return Err(Fault::unreadable(path, error)
                    .hint("name folders that `grade batch --shard K/N` wrote, or the folder in which they are"));
            }
        };
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            found.extend(shard_at(&path)?);
        }
    }
    found.sort_by_key(|(shard, _)| *shard);
    Ok(found)
}

fn shard_at(path: &Path) -> Result<Option<(Shard, OutputDir)>, Fault> {
    let Ok(folder) = OutputDir::read_only(path) else {
        return Ok(None);
    };
    Ok(Shard::marked(&folder)?.map(|shard| (shard, folder)))
}
