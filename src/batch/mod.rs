//! Grade a whole class: many at a time, restartable at any moment, nothing lost.
//!
//! # Theory of operation
//!
//! A batch is its output folder. Each record is written there as it is done, at once and whole, and a *key*
//! beside it says what it was made from: the submission's files, the exercise, the course's crates, the
//! toolchain, this program, how it isolates and observes, and the seeds. Whatever stops a batch (`kill -9`, a
//! full disk, Ctrl-C), the same command goes through the class again, uses the record of each submission
//! whose key is still the same, and grades the rest. What is drawn or measured once (the seeds, the runs'
//! time limit) is kept in the folder first, so that both halves of a stopped batch are graded alike. Grading
//! the whole class again raises a number in every key; a regrading that was stopped continues with the same
//! number. At the end `batch.json` and `gradebook.csv` are made from the records, and are the same to the
//! byte however often the batch was stopped.
//!
//! What is different each time stays out of records: what runs used, and which thread read which file when,
//! is in `usage/`, and what the reference did in `reference.json`. What a program does differently each time is
//! in its record, as it was observed: the wrong total of a race, how evenly a pool of threads shared out the files (and so in how many rounds they were
//! read), the number of files that were read before a crash. The reasons for *not graded* depend on the
//! machine and differ too; such a record is never used again.
//!
//! A record that was accepted is set aside in `previous/` before it is replaced, and stays there until the
//! new grades are accepted, so that the batch can report which grades changed, and why.
//!
//! Before the first submission, attacks prove the sandbox, and programs of known concurrency prove the observer. What
//! this machine cannot do stops the batch with nothing graded.
//!
//! Machine trouble with one submission does not stop a class. The submission is graded once more at the end,
//! alone. A batch ends early only if records cannot be written.
//!
//! Hides threads, files and their order. Never judges: `grading` decides what a submission is worth.

mod accepted;
mod alike;
mod batch_file;
mod changes;
mod completion;
mod entries;
mod events;
mod jobs;
mod key;
mod listing;
mod members;
mod merge;
mod output_dir;
mod outputs;
mod plain_file;
mod plan;
mod plan_file;
mod planning;
mod prepared;
mod proof;
mod queue;
mod records;
mod request;
mod roster;
mod shard;
mod standing;
mod usage;
mod worker;

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

#[cfg(feature = "schema")]
pub use batch_file::json_schema;
pub use batch_file::{BatchFile, SCHEMA};
pub use completion::Outcome;
pub use events::{ATTACKING, How, OBSERVING, Progress, ProgressEvent};
pub use jobs::{MEMORY_FOR_EACH, default_jobs};
pub use listing::{Listing, list};
pub use members::{Members, every_entry};
pub use merge::{MergeRequest, Merged, Problem, merge};
pub use output_dir::{is_of_batch, lies_in, write_file};
pub use outputs::Outputs;
pub use plan_file::{PlanFile, plan_path};
pub use planning::{PlanRequest, plan};
pub use request::{Request, Share};
pub use roster::{Attempt, Class, Ignored, Person, ToldApart};
pub use shard::{NoShard, Shard, has_shards};
pub use standing::{ShardStanding, Standing};
pub use usage::give_back_beside;

use self::{
    accepted::Accepted,
    completion::{Ending, complete},
    events::Relay,
    members::OUT_SUFFIX,
    plan::Plan,
    prepared::{Prepared, prepare},
    proof::prove_machine,
    worker::{Batch, Retry, Tally},
};
use crate::{
    fault::{Fault, FaultKind},
    grading::{self, ClassSetup, Processors, Session},
};
use sandbox::Sandbox;

/// Grade a class.
///
/// # Errors
/// Nothing can be graded, records cannot be written, another batch is at work in the folder, or we were
/// asked to stop. Every record that was done by then is kept.
pub fn run(
    request: Request<'_>,
    sandbox: Sandbox,
    progress: &dyn Progress,
) -> Result<Outcome, Fault> {
    progress.event(ProgressEvent::Preparing("finding the submissions"));
    let (folder, prepared) = prepare(&request)?;
    let Prepared {
        mut plan,
        roster,
        members,
    } = prepared;
    let Request {
        settings,
        exercise,
        class: dir,
        among,
        out,
        jobs,
        share,
        accept,
        formats,
        separator,
        ..
    } = request;
    let part = share.as_ref().and_then(|share| share.shard);
    match part {
        // A small one may have other submissions after a while. Whoever plans sees whether it is another class.
        Some(_) => roster.write(&folder)?,
        None => roster.keep(&folder, dir)?,
    }
    let accepted = Accepted::read(&folder)?;
    let exercise_digest = grading::exercise_digest(settings, &exercise)?;
    let cancellation = sandbox.cancellation().clone();
    let relay = Relay(progress);
    let setup = ClassSetup {
        class: dir,
        out,
        plan: share.as_ref().map(|share| share.path),
        among,
    };
    let session = Session::open_for_class(
        settings,
        exercise.clone(),
        &plan.runs(),
        sandbox.at_once(jobs.get()),
        &relay,
        setup,
    )?;
    let mut shared = session.inputs()?;
    shared.extend(plan.inputs());
    if let Some(share) = &share {
        share.plan.check(&shared)?;
    }
    progress.event(ProgressEvent::Begun(members.len()));
    let mut batch = Batch {
        replay: replay(&plan),
        folder,
        accepted,
        session,
        shared,
        progress,
        cancellation,
        tally: Mutex::default(),
        processors: Processors::usable(),
    };
    // What is up to date needs no proof of this machine: nothing of it runs.
    progress.event(ProgressEvent::Preparing("looking for what changed"));
    let pending = batch.pending(&members, jobs)?;
    if !pending.is_empty() {
        if let Some(shard) = part {
            shard.mark(&batch.folder, false)?;
        }
        let known = plan.wall_limit(&exercise_digest);
        batch
            .session
            .prove_for_class(known, |sandbox| prove_machine(&exercise, sandbox, progress))?;
        plan.set_wall_limit(batch.session.wall_limit(), exercise_digest);
        usage::write_reference(&batch.folder, batch.session.reference_runs())?;
    }
    plan.keep(&batch.folder, &batch.shared)?;
    progress.event(ProgressEvent::Pending(pending.len()));
    let done = queue::run(&pending, jobs, |member, thread| {
        batch.work(member, Retry::Later, thread)
    });
    let done = done.and_then(|()| batch.try_again(&members));
    let Batch {
        folder,
        accepted,
        tally,
        ..
    } = batch;
    let tally = tally.into_inner().unwrap_or_else(PoisonError::into_inner);
    match done {
        Ok(()) => {
            progress.event(ProgressEvent::Preparing("writing the grades of the class"));
            let ending = Ending {
                accept,
                shard: part,
                is_complete: true,
                formats,
                separator,
            };
            complete(folder, plan, roster, accepted, tally, &ending)
        }
        Err(fault) => Err(stopped(fault, &tally, members.len())),
    }
}

/// The fault that ended a batch, with how far it came.
fn stopped(mut fault: Fault, tally: &Tally, total: usize) -> Fault {
    let count = tally.graded + tally.unchanged;
    let kept = format!("{count} of {total} are done and kept; the same command continues");
    fault.hint = Some(match fault.hint {
        Some(hint) if fault.kind != FaultKind::Interrupted => format!("{hint} ({kept})"),
        _ => kept,
    });
    fault
}

/// The output folder of a batch for which the user named none: beside the class.
#[must_use]
pub fn default_out(class: &Path) -> PathBuf {
    let class = std::path::absolute(class).unwrap_or_else(|_| class.to_path_buf());
    // Only the file system knows the name of a path that ends in `..`.
    #[expect(
        clippy::disallowed_methods,
        reason = "only the folder's name is taken from it; the folder is opened separately"
    )]
    let class = match class.file_name() {
        Some(_) => class,
        None => std::fs::canonicalize(&class).unwrap_or(class),
    };
    let mut name = class.file_name().unwrap_or_default().to_owned();
    name.push(OUT_SUFFIX);
    class.with_file_name(name)
}

/// The command that grades one submission on the same data; its path differs between machines.
fn replay(plan: &Plan) -> String {
    use std::fmt::Write as _;
    let mut command = format!("grade {} PATH", plan.exercise);
    for seed in &plan.seeds {
        // Writing to a string cannot fail.
        let _ = write!(command, " --seed {seed}");
    }
    let _ = write!(command, " --observe {}", plan.observe);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grades_go_beside_the_class_however_it_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let class = dir.path().join("class");
        std::fs::create_dir_all(class.join("alice")).unwrap();
        for name in ["", ".", "alice/..", "../class", "alice/../."] {
            let out = default_out(&class.join(name));
            assert_eq!(out.file_name().unwrap(), "class-grades", "{name:?}");
        }
    }
}
