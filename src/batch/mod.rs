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
mod changes;
mod events;
mod jobs;
mod key;
mod listing;
mod members;
mod output_dir;
mod outputs;
mod plan;
mod queue;
mod records;
mod roster;
mod usage;
mod worker;

use std::{
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

pub use events::{ATTACKING, How, OBSERVING, Progress, ProgressEvent};
pub use jobs::default_jobs;
pub use listing::{Listing, list};
pub use members::{Members, every_entry};
pub use output_dir::{is_of_batch, lies_in};
#[cfg(feature = "schema")]
pub use outputs::json_schema;
pub use outputs::{BatchFile, Outputs, SCHEMA};
pub use roster::{Attempt, Class, Ignored, Person, ToldApart};
pub use usage::give_back_beside;

use self::{
    accepted::Accepted,
    events::Relay,
    key::Key,
    members::OUT_SUFFIX,
    output_dir::OutputDir,
    plan::Plan,
    roster::Roster,
    worker::{Batch, Retry, Tally},
};
use crate::{
    config::Settings,
    course::Exercise,
    fault::{Fault, FaultKind},
    grading::{self, ClassSetup, ObserveRequest, Processors, Session, prove_observer},
};
use ids::{CheckId, ExerciseId, Seed, SubmissionId};
use report::{Format, Separator, Summary};
use sandbox::{AttackOutcome, Sandbox};

/// What is to be graded, and how.
#[derive(Debug)]
pub struct Request<'a> {
    /// The settings that hold.
    pub settings: &'a Settings,
    /// The exercise.
    pub exercise: Exercise,
    /// The class: a folder of submissions.
    pub class: &'a Path,
    /// The exercises of which each submission may have crates; empty if the class is of this one alone.
    pub among: &'a [ExerciseId],
    /// How names in it are read, if the user says so.
    pub names: Option<&'a intake::NamePattern>,
    /// The output folder.
    pub out: &'a Path,
    /// A list of the class, which says who handed in, if there is one.
    pub list: Option<&'a gradebook::Roster>,
    /// How many are graded at a time.
    pub jobs: NonZeroUsize,
    /// Seeds to grade on; none means those of the folder, or fresh ones.
    pub seeds: &'a [Seed],
    /// Which runs are to be observed.
    pub observe: ObserveRequest,
    /// Whether to grade again what did not change, or what is left of that.
    pub fresh: bool,
    /// Whether the grades are accepted when all are done.
    pub accept: bool,
    /// The reports that are written into the output folder besides `batch.json` and `gradebook.csv`.
    pub formats: &'a [Format],
    /// What separates the cells of the gradebook.
    pub separator: Separator,
}

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
    let Request {
        settings,
        exercise,
        class: dir,
        among,
        names,
        out,
        list,
        jobs,
        seeds,
        observe,
        fresh,
        accept,
        formats,
        separator,
    } = request;
    progress.event(ProgressEvent::Preparing("finding the submissions"));
    let members = Members::find(&exercise, settings, dir, names, among)?;
    let folder = OutputDir::lock_outside(out, dir)?;
    let mut plan = Plan::settle(&folder, &exercise.id, &exercise.seeds, seeds, observe)?;
    plan.set_names(&folder, names.map(intake::NamePattern::as_str))?;
    if fresh {
        plan.begin_again();
    }
    let mut roster = Roster::new(&members);
    let class = members.class;
    if let Some(list) = list {
        roster.assign(list).map_err(|nobody| nobody.fault(dir))?;
    }
    roster.keep(&folder, dir)?;
    let accepted = Accepted::read(&folder)?;
    let exercise_digest = grading::exercise_digest(settings, &exercise)?;
    let cancellation = sandbox.cancellation().clone();
    let relay = Relay(progress);
    let setup = ClassSetup {
        class: dir,
        out,
        among,
    };
    let session = Session::open_for_class(
        settings,
        exercise.clone(),
        &plan.runs(),
        sandbox,
        &relay,
        setup,
    )?;
    let mut shared = session.inputs()?;
    shared.extend(plan.inputs());
    progress.event(ProgressEvent::Begun(class.submissions.len()));
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
    let pending = batch.pending(&class.submissions, jobs)?;
    if !pending.is_empty() {
        let known = plan.wall_limit(&exercise_digest);
        batch
            .session
            .prove_for_class(known, |sandbox| prove_machine(&exercise, sandbox, progress))?;
        plan.set_wall_limit(batch.session.wall_limit(), exercise_digest);
        usage::write_reference(&batch.folder, batch.session.reference_runs())?;
    }
    plan.keep(&batch.folder, &batch.shared)?;
    progress.event(ProgressEvent::Pending(pending.len()));
    let done = queue::run(&pending, jobs, |found, thread| {
        batch.work(found, Retry::Later, thread)
    });
    let done = done.and_then(|()| batch.try_again(&class.submissions));
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
                formats,
                separator,
            };
            complete(folder, plan, roster, accepted, tally, &ending)
        }
        Err(fault) => Err(stopped(fault, &tally, class.submissions.len())),
    }
}

/// Prove sandbox and observer, before a submission is built or run.
fn prove_machine(
    exercise: &Exercise,
    sandbox: &Sandbox,
    progress: &dyn Progress,
) -> Result<(), Fault> {
    progress.event(ProgressEvent::Preparing(ATTACKING));
    prove(sandbox, &sandbox.self_test()?)?;
    let has_server = exercise
        .slow
        .as_ref()
        .is_some_and(|slow| slow.server.is_some());
    if has_server {
        prove(sandbox, &observer::attack_as_client(sandbox)?)?;
    }
    let mut checks = exercise.checks.iter();
    if exercise.slow.is_some() || checks.any(|check| check.id == CheckId::MultiThreaded) {
        progress.event(ProgressEvent::Preparing(OBSERVING));
        prove_observer(sandbox)?;
    }
    Ok(())
}

/// The attacks of the self-test must have failed before a submission runs.
fn prove(sandbox: &Sandbox, attacks: &[AttackOutcome]) -> Result<(), Fault> {
    match attacks.iter().find(|attack| attack.is_breach()) {
        None => Ok(()),
        Some(attack) => {
            let message = format!(
                "failed to isolate: `{}` got through, and tier {} promises to stop it",
                attack.name,
                sandbox.tier()
            );
            Err(Fault::new(FaultKind::Sandbox, message)
                .because(&attack.detail)
                .hint("see `grade doctor`"))
        }
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

/// What is done when every submission has a record.
struct Ending<'a> {
    accept: bool,
    formats: &'a [Format],
    separator: Separator,
}

/// Every submission has a record: write the outputs that are made from the records.
fn complete(
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

    let is_first = accepted.ids().is_none();
    // Before the grades are accepted, so that the summary still shows the changes.
    let outputs = Outputs::of(folder, plan, roster)?.separated_by(ending.separator);
    let summary = outputs.write_all(ending.formats)?;
    outputs.complete(accepted, ending.accept)?;
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
