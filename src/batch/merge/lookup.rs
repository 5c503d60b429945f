//! The record of a submission in the shards that may hold it.
//!
//! Hides which records count. Never writes.

use super::{
    folders::{ShardFolder, ShardFolders},
    problem::Problems,
};
use crate::{
    batch::{
        key::{Inputs, Key},
        output_dir::{self, OutputDir},
        records,
        shard::Shard,
    },
    fault::Fault,
};
use ids::{Digest, SubmissionId};
use judge::record::Verdict;

/// A record that counts.
pub(super) struct FoundRecord<'a> {
    pub(super) shard: &'a OutputDir,
    pub(super) key: Key,
    pub(super) bytes: Vec<u8>,
    is_graded: bool,
}

/// What the shards have of a submission.
pub(super) enum Answer<'a> {
    Record(FoundRecord<'a>),
    None,
}

/// The record of a submission that is made from `wanted`. If several shards have one, that of a graded submission
/// is preferred, and then the first.
pub(super) fn record_of<'a>(
    shards: &'a ShardFolders,
    id: &SubmissionId,
    wanted: &Inputs,
    problems: &mut Problems,
) -> Result<Answer<'a>, Fault> {
    let mut best: Option<(&ShardFolder, FoundRecord<'_>)> = None;
    for &of in shards.divisions() {
        for one in shards.having(Shard::holding(id, of)) {
            let Some(found) = read(one, id, wanted, problems)? else {
                continue;
            };
            best = Some(match best {
                None => (one, found),
                Some((first, earlier)) => {
                    if earlier.key != found.key {
                        problems.double(id, first, one);
                    }
                    if found.is_graded && !earlier.is_graded {
                        (one, found)
                    } else {
                        (first, earlier)
                    }
                }
            });
        }
    }
    Ok(best.map_or(Answer::None, |(_, found)| Answer::Record(found)))
}

/// The record of a submission in a shard, if it counts.
fn read<'a>(
    one: &'a ShardFolder,
    id: &SubmissionId,
    wanted: &Inputs,
    problems: &mut Problems,
) -> Result<Option<FoundRecord<'a>>, Fault> {
    let folder = &one.folder;
    let Some(bytes) = folder.read(&output_dir::file(output_dir::RECORDS, id))? else {
        return Ok(None);
    };
    // A record without a key is one that the shard did not finish.
    let Some(key) = folder.read(&output_dir::file(output_dir::KEYS, id))? else {
        return Ok(None);
    };
    let key = Key::parse(&key).filter(|key| key.is_for(id) && key.is_of(&Digest::of(&bytes)));
    let record = records::parse(&bytes, id);
    let (Some(key), Some(record)) = (key, record) else {
        problems.damaged(id, one);
        return Ok(None);
    };
    if let Some(what) = key.lacks(wanted) {
        problems.other_plan(id, one, what);
        return Ok(None);
    }
    Ok(Some(FoundRecord {
        shard: folder,
        key,
        bytes,
        is_graded: record.verdict != Verdict::NotGraded,
    }))
}
