//! Join the outputs of shards, so that they are those of one machine.
//!
//! # Theory of operation
//!
//! The plan says whose records there must be and from what they are made; no record counts because its shard says so.
//! (Only acceptance waits until each shard says that it is complete.) For each submission of the plan, in order, the shards that may hold it are asked, which follows from
//! its id. A record counts if its key is sound, is that of the record's bytes, and has everything that the plan fixes. It
//! is copied with its key. The outputs are then made from the records as after every batch. So the work grows with the
//! class and not with the number of shards, and nothing is kept in memory but ids and what a summary has.
//!
//! What is missing, double or contradicts the plan is told by name, and does not keep the rest from being merged. Merging
//! again copies only what changed.
//!
//! Never grades, never writes into a shard.

mod folders;
mod lookup;
mod problem;

use std::path::{Path, PathBuf};

pub use self::problem::Problem;
use self::{
    folders::ShardFolders,
    lookup::{Answer, record_of},
    problem::Problems,
};
use super::{
    accepted::Accepted,
    completion::{Ending, Outcome, complete},
    key::Key,
    output_dir::{self, OutputDir},
    plan::Plan,
    plan_file::PlanFile,
    usage,
    worker::Tally,
};
use crate::fault::Fault;
use ids::{Digest, SubmissionId};
use report::{Format, Separator};

/// What is to be merged.
#[derive(Debug)]
pub struct MergeRequest<'a> {
    /// The plan that the shards follow.
    pub plan: &'a PlanFile,
    /// Where it was read from.
    pub path: &'a Path,
    /// The folders of shards, or folders that have them.
    pub shards: &'a [PathBuf],
    /// The output folder.
    pub out: &'a Path,
    /// Whether the grades are accepted, if nothing is missing.
    pub accept: bool,
    /// The reports that are written besides `batch.json` and `gradebook.csv`.
    pub formats: &'a [Format],
    /// What separates the cells of the gradebook.
    pub separator: Separator,
}

/// What became of it.
#[derive(Debug)]
pub struct Merged {
    /// The class. Those who were copied now count as graded.
    pub outcome: Outcome,
    /// How many shards were read.
    pub shards: usize,
    /// How many submissions have no record.
    pub missing: usize,
    /// How many have one, in a shard that is not complete.
    pub unfinished: usize,
    /// What is not as it should be.
    pub problems: Vec<Problem>,
}

impl Merged {
    /// Whether each submission has its record. Otherwise no grades are accepted.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.missing == 0 && self.unfinished == 0
    }
}

/// Merge shards.
///
/// # Errors
/// There is no shard, records cannot be read or written, or a batch is at work in the output folder.
pub fn merge(
    request: &MergeRequest<'_>,
    cancellation: &sandbox::Cancellation,
) -> Result<Merged, Fault> {
    let MergeRequest {
        plan: file,
        path,
        shards,
        out,
        accept,
        formats,
        separator,
    } = request;
    let mut problems = Problems::default();
    let shards = ShardFolders::find(shards, out)?;
    file.check_is_no_class(out)?;
    let folder = OutputDir::lock(out)?;
    if let Some(earlier) = Plan::read(&folder)? {
        earlier.check_is_of(file.exercise(), out)?;
    }
    let mut plan = file.plan.clone();
    let roster = file.roster.clone();
    roster.keep(&folder, path)?;
    let accepted = Accepted::read(&folder)?;
    let shared = plan.made_from().clone();
    plan.keep(&folder, &shared)?;
    shards.copy_reference(&folder)?;

    let mut tally = Tally::default();
    let (mut missing, mut unfinished) = (0, 0);
    for id in &roster.ids {
        cancellation.check()?;
        let answer = record_of(&shards, id, plan.made_from(), &mut problems);
        let merged = merged_before(&folder, id)?;
        match (answer, merged) {
            (Answer::Record(found), Before::Sound(key)) if key == found.key => tally.unchanged += 1,
            (Answer::Record(found), merged) => {
                if merged == Before::Damaged {
                    tally.damaged.push(id.clone());
                }
                accepted.set_aside(&folder, id)?;
                let name = output_dir::file(output_dir::RECORDS, id);
                folder.write_unsynced(&name, &found.bytes)?;
                usage::copy(found.shard, &folder, id)?;
                found.key.write(&folder, id)?;
                tally.graded += 1;
            }
            (answer, Before::Sound(key)) if key.has(plan.made_from()) => {
                tally.unchanged += 1;
                if matches!(answer, Answer::LeftOut) {
                    // The shard may have had a newer one.
                    unfinished += 1;
                    continue;
                }
            }
            (answer, merged) => {
                missing += 1;
                if matches!(answer, Answer::Nothing) {
                    problems.missing(id, &shards);
                }
                if merged == Before::Damaged {
                    // So that it is in no output.
                    accepted.set_aside(&folder, id)?;
                }
                continue;
            }
        }
        if let Some(one) = lookup::unfinished(&shards, id) {
            unfinished += 1;
            problems.unfinished(id, one);
        }
    }
    let ending = Ending {
        accept: *accept,
        shard: None,
        is_complete: missing == 0 && unfinished == 0,
        formats,
        separator: *separator,
    };
    let outcome = complete(folder, plan, roster, accepted, tally, &ending)?;
    Ok(Merged {
        outcome,
        shards: shards.len(),
        missing,
        unfinished,
        problems: problems.into_all(&shards),
    })
}

/// What the outputs have of a submission.
#[derive(Debug, PartialEq)]
enum Before {
    /// A record that is as its key says.
    Sound(Key),
    /// A record that is another one than its key says, or a damaged key.
    Damaged,
    Nothing,
}

fn merged_before(folder: &OutputDir, id: &SubmissionId) -> Result<Before, Fault> {
    let record = folder.read(&output_dir::file(output_dir::RECORDS, id))?;
    let key = folder.read(&output_dir::file(output_dir::KEYS, id))?;
    let (Some(record), Some(key)) = (&record, &key) else {
        // A merge that was stopped left the one without the other.
        return Ok(Before::Nothing);
    };
    let key = Key::parse(key).filter(|key| key.is_for(id) && key.is_of(&Digest::of(record)));
    Ok(key.map_or(Before::Damaged, Before::Sound))
}
