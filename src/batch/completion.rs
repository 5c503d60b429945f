//! The end of a batch, and of a merge: what is no longer in the class is removed, and the outputs are made from the records.
//!
//! Never grades.

use super::{
    accepted::Accepted,
    key::Key,
    output_dir::{self, OutputDir},
    outputs::Outputs,
    plan::Plan,
    roster::Roster,
    shard::Shard,
    worker::Tally,
};
use crate::fault::Fault;
use ids::SubmissionId;
use report::{Format, Separator, Summary};

/// A batch that is complete.
#[derive(Debug)]
pub struct Outcome {
    /// The summary of the class.
    pub summary: Summary,
    /// Whether there were no accepted grades before.
    pub is_first: bool,
    /// How many records were made now.
    pub graded: usize,
    /// How many records were up to date.
    pub unchanged: usize,
    /// The submissions whose record or key was damaged and was made again.
    pub damaged: Vec<SubmissionId>,
    /// The names of files among the records that belong to no submission; they were left alone.
    pub strays: Vec<String>,
}

/// How a batch ends.
pub(super) struct Ending<'a> {
    pub(super) accept: bool,
    /// The shard of which the batch is, if it is of one.
    pub(super) shard: Option<Shard>,
    /// Whether every submission has a record. Otherwise no grade is accepted.
    pub(super) is_complete: bool,
    pub(super) formats: &'a [Format],
    pub(super) separator: Separator,
}

/// Write the outputs that are made from the records.
pub(super) fn complete(
    folder: OutputDir,
    plan: Plan,
    roster: Roster,
    accepted: Accepted,
    tally: Tally,
    ending: &Ending<'_>,
) -> Result<Outcome, Fault> {
    let mut strays = accepted.strays(&folder)?;
    let listing = folder.list(output_dir::RECORDS)?;
    let is_gone = |id: &&SubmissionId| !roster.has(id);
    for id in listing.ids.iter().filter(is_gone) {
        let name = output_dir::file(output_dir::RECORDS, id);
        if accepted.has(id) || Key::read(&folder, id)?.is_some() {
            accepted.set_aside(&folder, id)?;
            folder.remove(&name)?;
            folder.remove(&output_dir::file(output_dir::USAGE, id))?;
        } else {
            strays.push(name);
        }
    }
    let others = listing.others.iter();
    strays.extend(others.map(|name| format!("{}/{name}", output_dir::RECORDS)));
    strays.sort();

    if let Some(shard) = ending.shard {
        shard.mark(&folder, true)?;
    }

    let is_first = accepted.ids().is_none();
    // Before the grades are accepted, so that the summary still shows the changes.
    let outputs = Outputs::of(folder, plan, roster)?.separated_by(ending.separator);
    let summary = outputs.write_all(ending.formats)?;
    // Grades are accepted when the shards are merged.
    if ending.is_complete && ending.shard.is_none() {
        outputs.complete(accepted, ending.accept)?;
    }
    let Tally {
        graded,
        unchanged,
        mut damaged,
        ..
    } = tally;
    damaged.sort();
    Ok(Outcome {
        summary,
        is_first,
        graded,
        unchanged,
        damaged,
        strays,
    })
}
