//! How far the shards of a class are, as long as nothing of it is merged.
//!
//! Never reads a record, and takes no lock: shards may be at work.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use super::{
    output_dir::{OutputDir, RECORDS, SHARDS},
    outputs::Outputs,
    plan_file::{PlanFile, plan_path},
    shard::{Mark, Shard},
};
use crate::fault::Fault;

/// How far the shards in an output folder are.
#[derive(Debug)]
pub struct Standing {
    /// How many submissions are in the class.
    pub size: usize,
    /// Each shard, of every division of which there is a shard. None has begun if there is no shard.
    pub shards: BTreeMap<Shard, ShardStanding>,
}

/// How far one shard is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShardStanding {
    /// It has no folder yet, or nothing is known of its submissions.
    NotBegun,
    /// It is at work, or was stopped.
    Begun {
        /// How many submissions have a record.
        done: usize,
        /// How many it has.
        all: usize,
    },
    /// All of its submissions have a record.
    Complete {
        /// How many it has.
        all: usize,
    },
}

impl Standing {
    /// That of an output folder; none if it has a merge or a batch, or is no place of shards.
    ///
    /// # Errors
    /// A file cannot be read, or is damaged.
    pub fn of(out: &Path) -> Result<Option<Self>, Fault> {
        if out.join(RECORDS).is_dir() {
            return Ok(None);
        }
        let Some(plan) = PlanFile::find(&plan_path(out))? else {
            return Ok(None);
        };
        let mut shards = BTreeMap::new();
        let mut divisions = BTreeSet::new();
        // There is no such folder before the first shard begins.
        let folders = fs::read_dir(out.join(SHARDS)).into_iter().flatten();
        for entry in folders.flatten() {
            let folder = entry.path();
            if let Mark::Of { shard, is_complete } = Mark::of(&OutputDir::unlocked(&folder))? {
                divisions.insert(shard.of());
                shards.insert(shard, standing(&folder, is_complete));
            }
        }
        for of in divisions {
            for shard in (0..of.get()).filter_map(|index| Shard::new(index, of)) {
                shards.entry(shard).or_insert(ShardStanding::NotBegun);
            }
        }
        let size = plan.size();
        Ok(Some(Self { size, shards }))
    }

    /// Whether there are shards, and all are complete.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let mut shards = self.shards.values();
        !self.shards.is_empty() && shards.all(|one| matches!(one, ShardStanding::Complete { .. }))
    }
}

fn standing(folder: &Path, is_complete: bool) -> ShardStanding {
    // What it has is written a moment after the folder is made.
    let counted = Outputs::open(folder).ok();
    match counted.and_then(|outputs| outputs.done_of_all()) {
        Some((_, all)) if is_complete => ShardStanding::Complete { all },
        Some((done, all)) => ShardStanding::Begun { done, all },
        None => ShardStanding::NotBegun,
    }
}
