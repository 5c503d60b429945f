//! The record of a submission in the shards that may hold it.
//!
//! Hides which records count. Never writes.

use super::{
    folders::{ShardFolder, ShardFolders},
    problem::Problems,
};
use crate::batch::{
    key::{Inputs, Key},
    output_dir::{self, OutputDir},
    records,
    shard::Shard,
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
    /// A record that does not count. Why is one of the problems.
    LeftOut,
    Nothing,
}

/// The record of a submission that is made from `wanted`. If several shards have one, that of a graded submission
/// is preferred, and then the first.
pub(super) fn record_of<'a>(
    shards: &'a ShardFolders,
    id: &SubmissionId,
    wanted: &Inputs,
    problems: &mut Problems,
) -> Answer<'a> {
    let mut best: Option<(&ShardFolder, FoundRecord<'_>)> = None;
    let mut is_left_out = false;
    for one in may_have(shards, id) {
        let found = match read(one, id, wanted, problems) {
            Answer::Record(found) => found,
            Answer::LeftOut => {
                is_left_out = true;
                continue;
            }
            Answer::Nothing => continue,
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
    match best {
        Some((_, found)) => Answer::Record(found),
        None if is_left_out => Answer::LeftOut,
        None => Answer::Nothing,
    }
}

/// The shards that a submission may be in: one of each division, in each of its folders.
fn may_have<'a>(
    shards: &'a ShardFolders,
    id: &SubmissionId,
) -> impl Iterator<Item = &'a ShardFolder> {
    let divisions = shards.divisions();
    divisions.flat_map(|of| shards.having(Shard::holding(id, of)))
}

/// The shard that will have a newer record of a submission, as far as is known: it is at work or was stopped, and no
/// other one that may have the submission is complete.
pub(super) fn unfinished<'a>(
    shards: &'a ShardFolders,
    id: &SubmissionId,
) -> Option<&'a ShardFolder> {
    let mut first = None;
    for one in may_have(shards, id) {
        if one.is_complete {
            return None;
        }
        first.get_or_insert(one);
    }
    first
}

/// The record of a submission in a shard.
fn read<'a>(
    one: &'a ShardFolder,
    id: &SubmissionId,
    wanted: &Inputs,
    problems: &mut Problems,
) -> Answer<'a> {
    let folder = &one.folder;
    let file = |part| folder.read(&output_dir::file(part, id));
    let (Ok(bytes), Ok(key)) = (file(output_dir::RECORDS), file(output_dir::KEYS)) else {
        // A file that cannot be read keeps nobody else from being merged.
        problems.damaged(id, one);
        return Answer::LeftOut;
    };
    // A record without a key is one that the shard did not finish.
    let (Some(bytes), Some(key)) = (bytes, key) else {
        return Answer::Nothing;
    };
    let key = Key::parse(&key).filter(|key| key.is_for(id) && key.is_of(&Digest::of(&bytes)));
    let record = records::parse(&bytes, id);
    let (Some(key), Some(record)) = (key, record) else {
        problems.damaged(id, one);
        return Answer::LeftOut;
    };
    let lacking = key.lacks(wanted);
    if !lacking.is_empty() {
        problems.other_plan(id, one, &lacking);
        return Answer::LeftOut;
    }
    Answer::Record(FoundRecord {
        shard: folder,
        key,
        bytes,
        is_graded: record.verdict != Verdict::NotGraded,
    })
}
