//! Grade a whole class: many at a time, restartable at any moment, nothing lost.
//!
//! # Theory of operation
//!
//! A batch is its output folder. Each record is written there as it is done, at once and whole, and a
//! *key* beside it says what it was made from: the submission's files, the exercise, the course's
//! crates, the toolchain, this program, how it isolates and observes, and the seeds. Whatever stops a
//! batch (`kill -9`, a full disk, Ctrl-C), the same command goes through the class again, answers from
//! disk whoever's key is what it would be now, and grades the rest. What is drawn or measured once (the
//! seeds, the runs' time limit) is kept in the folder first, so that both halves of a stopped batch are
//! graded alike. At the end `batch.json` and `gradebook.csv` are made from the records, and are the
//! same to the byte however often the batch was stopped.
//!
//! What is different each time stays out of records: what runs used, and which
//! thread read which file when, is in `usage/`. What a program does
//! differently each time is in its record, as it was seen: the wrong total of a race, how evenly a
//! pool of threads shared out the files (and so in how many rounds they were read), the number of
//! files that were read before a crash. The reasons of a submission that was *not graded* are the
//! machine's and are different too; it is never answered from disk.
//!
//! A record that is replaced is set aside in `previous/` first, until the next batch that replaces
//! something, so that it can be told who moved, and why.
//!
//! Machine trouble with one submission does not stop a class. It is tried once more at the end, with
//! nobody beside it; only what keeps us from writing records ends a batch.
//!
//! Hides threads, files and their order. Never judges: what a submission is worth is `grading`'s to say.

mod alike;
mod changes;
mod folder;
mod outputs;
mod queue;
mod state;

use std::{
    io::Write,
    num::NonZeroUsize,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

pub use outputs::{BatchFile, SCHEMA, json_schema};
use serde::Serialize;

use self::{
    folder::Folder,
    state::{Key, Known, Parts, Plan},
};
use crate::{
    config::Settings,
    fault::{Fault, FaultKind},
    grading::{self, Origin, Session, Submission, Taken},
    ids::{Digest, Seed, SubmissionId},
    intake::{self, Class, Found},
    record::{Record, Usage},
    report::Summary,
    sandbox::{self, Cancellation, Sandbox},
    spec::Exercise,
};

/// What is to be graded, and how.
#[derive(Debug)]
pub struct Request<'a> {
    /// The settings that hold.
    pub settings: &'a Settings,
    /// The exercise.
    pub exercise: Exercise,
    /// The class: a folder of submissions.
    pub class: &'a Path,
    /// The output folder.
    pub out: &'a Path,
    /// How many are graded at a time.
    pub jobs: NonZeroUsize,
    /// Seeds to grade on; none means those of the folder, or fresh ones.
    pub seeds: &'a [Seed],
    /// Whether to grade again what did not change.
    pub fresh: bool,
}

/// What happens, for whoever shows it.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// Something that may take long, in words.
    Preparing(&'a str),
    /// The reference is built and run.
    Reference,
    /// So many submissions will be graded or answered from disk.
    Begun(usize),
    /// Somebody's submission is taken in.
    Started(&'a SubmissionId),
    /// Its record is there.
    Finished(&'a Record, How),
    /// The machine failed; it is tried once more, later.
    Postponed(&'a SubmissionId, &'a Fault),
}

/// Where a record is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// It was made now.
    Graded,
    /// It was there, and nothing changed.
    Unchanged,
}

/// Hears what happens, from several threads.
pub trait Listener: Sync {
    /// Something happened.
    fn event(&self, event: Event<'_>);
}

/// A batch that is complete.
#[derive(Debug)]
pub struct Outcome {
    /// What is said about the class.
    pub summary: Summary,
    /// Whose record was made now.
    pub graded: usize,
    /// Whose record was there.
    pub unchanged: usize,
    /// Whose record or key was not what was written, and was made again.
    pub damaged: Vec<SubmissionId>,
}

/// Grade a class.
///
/// # Errors
/// Nothing can be graded, records cannot be written, another batch is at work in the folder, or we were
/// asked to stop. Every record that was done by then is kept.
pub fn run(
    request: Request<'_>,
    sandbox: Sandbox,
    listener: &dyn Listener,
) -> Result<Outcome, Fault> {
    let Request {
        settings,
        exercise,
        class: dir,
        out,
        jobs,
        seeds,
        fresh,
    } = request;
    let class = intake::find(dir, &exercise.home, &settings.course.intake)?;
    if class.submissions.is_empty() {
        let message = format!("found no submission in `{}`", dir.display());
        return Err(Fault::usage(message)
            .hint("name the folder that holds a folder or an archive of each student"));
    }
    if folder::lies_in(out, dir) {
        let message = format!(
            "failed to write into `{}`: it is among the submissions",
            out.display()
        );
        return Err(Fault::usage(message).hint("choose another folder with `--out DIR`"));
    }
    let folder = Folder::hold(out)?;
    let plan = Plan::settle(&folder, &exercise, seeds)?;
    let state = state::exercise_digest(settings, &exercise)?;
    let cancellation = sandbox.cancellation().clone();
    let relay = Relay(listener);
    listener.event(Event::Preparing("attacking the sandbox, to prove it"));
    prove(&sandbox)?;
    let mut session =
        Session::open_for_class(settings, exercise.clone(), &plan.seeds, sandbox, &relay)?;
    let plan = plan.keep(&folder, &mut session, &state)?;
    let shared = state::shared_parts(settings, &exercise, &session, &plan.seeds)?;

    listener.event(Event::Begun(class.submissions.len()));
    let batch = Batch {
        replay: replay(&plan),
        folder,
        plan,
        session,
        shared,
        fresh,
        listener,
        cancellation,
        tally: Mutex::default(),
    };
    let done = queue::run(&class.submissions, jobs, |found| {
        batch.work(found, Try::First)
    });
    let done = done.and_then(|()| batch.try_again(&class.submissions));
    let tally = batch
        .tally
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    match done {
        Ok(()) => complete(&batch.folder, &batch.plan, class, tally),
        Err(fault) => Err(stopped(fault, &tally, class.submissions.len())),
    }
}

/// Attacks of our own must fail before anybody else's may try.
fn prove(sandbox: &Sandbox) -> Result<(), Fault> {
    let canaries = sandbox::run_canaries(sandbox)?;
    match canaries.iter().find(|canary| canary.is_breach()) {
        None => Ok(()),
        Some(canary) => {
            let message = format!(
                "failed to isolate: `{}` got through, and tier {} promises to stop it",
                canary.name,
                sandbox.tier()
            );
            Err(Fault::new(FaultKind::Sandbox, message)
                .because(&canary.detail)
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

/// Everybody has a record: make all that is made from them.
fn complete(folder: &Folder, plan: &Plan, class: Class, tally: Tally) -> Result<Outcome, Fault> {
    for id in folder.ids(folder::RECORDS)? {
        let is_there = class
            .submissions
            .binary_search_by(|found| found.id.cmp(&id))
            .is_ok();
        if !is_there {
            folder.set_aside(&id)?;
            folder.remove(&folder::file(folder::RECORDS, &id))?;
            folder.remove(&folder::file(folder::USAGE, &id))?;
        }
    }
    outputs::write_all(folder, plan)?;
    folder.complete()?;
    let mut summary = outputs::summarise(folder)?;
    summary.ignored = class
        .ignored
        .into_iter()
        .map(|ignored| (ignored.name, ignored.why))
        .collect();
    summary.attempts = class
        .submissions
        .into_iter()
        .filter(|found| found.attempts.len() > 1)
        .map(|found| {
            let names = found.attempts.into_iter().map(|attempt| attempt.name);
            (found.id, names.collect())
        })
        .collect();
    let Tally {
        graded,
        unchanged,
        mut damaged,
        ..
    } = tally;
    damaged.sort();
    Ok(Outcome {
        summary,
        graded,
        unchanged,
        damaged,
    })
}

/// Where a batch writes that was not told where: beside the class.
#[must_use]
pub fn default_out(class: &Path) -> PathBuf {
    let class = std::path::absolute(class).unwrap_or_else(|_| class.to_path_buf());
    let mut name = class.file_name().unwrap_or_default().to_owned();
    name.push("-grades");
    class.with_file_name(name)
}

/// The outputs of a batch that was made before.
#[derive(Debug)]
pub struct Outputs {
    folder: Folder,
    plan: Plan,
}

impl Outputs {
    /// Open the folder of a batch.
    ///
    /// # Errors
    /// There is no batch in it.
    pub fn open(root: &Path) -> Result<Self, Fault> {
        let folder = Folder::read_only(root)?;
        let plan = Plan::read(&folder)?.ok_or_else(|| {
            let message = format!(
                "failed to find the seeds of the batch in `{}`",
                root.display()
            );
            Fault::usage(message).hint("grade once more into this folder")
        })?;
        Ok(Self { folder, plan })
    }

    /// What is said about the class.
    ///
    /// # Errors
    /// A record cannot be read.
    pub fn summary(&self) -> Result<Summary, Fault> {
        outputs::summarise(&self.folder)
    }

    /// Write `batch.json` to `to`.
    ///
    /// # Errors
    /// A record cannot be read, or `to` not be written.
    pub fn batch(&self, to: &mut dyn Write) -> Result<(), Fault> {
        outputs::write_batch(&self.folder, &self.plan, to)
    }

    /// Write `gradebook.csv` to `to`.
    ///
    /// # Errors
    /// A record cannot be read, or `to` not be written.
    pub fn gradebook(&self, to: &mut dyn Write) -> Result<(), Fault> {
        outputs::write_gradebook(&self.folder, to)
    }
}

/// Tells a batch's listener what a session tells.
struct Relay<'a>(&'a dyn Listener);

impl grading::Listener for Relay<'_> {
    fn event(&self, event: grading::Event) {
        match event {
            grading::Event::Preparing(what) => self.0.event(Event::Preparing(&what)),
            grading::Event::Reference => self.0.event(Event::Reference),
            // Several are built and run at once: who is at work says more than at what.
            grading::Event::Building | grading::Event::Running { .. } => {}
        }
    }
}

/// Whether machine trouble leads to another try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Try {
    First,
    Last,
}

#[derive(Debug, Default)]
struct Tally {
    graded: usize,
    unchanged: usize,
    damaged: Vec<SubmissionId>,
    postponed: Vec<SubmissionId>,
}

/// A batch at work; shared by its threads.
struct Batch<'a> {
    folder: Folder,
    plan: Plan,
    session: Session<'a>,
    shared: Parts,
    replay: String,
    fresh: bool,
    listener: &'a dyn Listener,
    cancellation: Cancellation,
    tally: Mutex<Tally>,
}

impl Batch<'_> {
    /// Those with whom the machine failed once more, one after the other.
    fn try_again(&self, class: &[Found]) -> Result<(), Fault> {
        let mut postponed = std::mem::take(&mut self.tally().postponed);
        postponed.sort();
        for found in class {
            if postponed.binary_search(&found.id).is_ok() {
                self.work(found, Try::Last)?;
            }
        }
        Ok(())
    }

    /// One submission, from its folder to its record on disk. `Err` ends the batch.
    fn work(&self, found: &Found, attempt: Try) -> Result<(), Fault> {
        self.cancellation.check()?;
        self.listener.event(Event::Started(&found.id));
        let submission = Submission {
            id: found.id.clone(),
            origin: Origin::Found(found.source.clone()),
        };
        let taken = self.session.take(&submission);
        let parts = taken
            .as_ref()
            .ok()
            .map(|taken| state::parts(&self.shared, &found.id, &taken.content()));
        let known = match &parts {
            Some(parts) => state::known(&self.folder, &found.id, parts)?,
            // It could not even be taken in.
            None => Known::Changed,
        };
        match known {
            Known::Unchanged(known) if !self.fresh => {
                self.tally().unchanged += 1;
                self.listener
                    .event(Event::Finished(&known.0, How::Unchanged));
                return Ok(());
            }
            Known::Damaged if attempt == Try::First => self.tally().damaged.push(found.id.clone()),
            _ => {}
        }

        let shape = taken.as_ref().ok().and_then(shape);
        let record = self.session.grade_taken(&submission, taken, &self.replay);
        if let Some(fault) = record.faults.first() {
            if fault.kind == FaultKind::Interrupted {
                return Err(fault.clone());
            }
            if attempt == Try::First && is_machine_trouble(fault) {
                self.listener.event(Event::Postponed(&found.id, fault));
                self.tally().postponed.push(found.id.clone());
                return Ok(());
            }
        }
        let parts = parts.unwrap_or_else(|| {
            let nothing = Digest::of(b"nothing was taken in");
            state::parts(&self.shared, &found.id, &nothing)
        });
        let record = self.keep(record, parts, shape)?;
        self.tally().graded += 1;
        self.listener.event(Event::Finished(&record, How::Graded));
        Ok(())
    }

    /// Write a record, what was measured of its runs, and last its key: only with a key is a record believed.
    fn keep(
        &self,
        mut record: Record,
        parts: Parts,
        shape: Option<Digest>,
    ) -> Result<Record, Fault> {
        let id = record.submission.id.clone();
        let usage = UsageFile {
            schema: "grade-usage/1",
            runs: record
                .runs
                .iter_mut()
                .map(|run| SeedUsage {
                    seed: run.seed,
                    usage: run.usage.take(),
                    timeline: run.timeline.take(),
                })
                .collect(),
        };
        let bytes = state::json(&record)?;
        self.folder.set_aside(&id)?;
        self.folder
            .write(&folder::file(folder::RECORDS, &id), &bytes)?;
        self.folder
            .note(&folder::file(folder::USAGE, &id), &state::json(&usage)?)?;
        Key::new(parts, &bytes, shape).write(&self.folder, &id)?;
        Ok(record)
    }

    fn tally(&self) -> std::sync::MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the runs of one submission used, and who read what when.
#[derive(Serialize)]
struct UsageFile {
    schema: &'static str,
    runs: Vec<SeedUsage>,
}

#[derive(Serialize)]
struct SeedUsage {
    seed: Seed,
    usage: Option<Usage>,
    /// Which thread took which file is the scheduler's to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    timeline: Option<String>,
}

/// The shape of a submission's source. Only a summary says it, so nothing that goes wrong here counts.
fn shape(taken: &Taken) -> Option<Digest> {
    let snapshot = taken.snapshot()?;
    catch_unwind(AssertUnwindSafe(|| alike::shape(snapshot)))
        .ok()?
        .ok()?
}

/// Whether a fault may be gone the next time.
fn is_machine_trouble(fault: &Fault) -> bool {
    matches!(
        fault.kind,
        FaultKind::Disk
            | FaultKind::Sandbox
            | FaultKind::Evidence
            | FaultKind::Toolchain
            | FaultKind::Crates
    )
}

/// The command that grades one submission on the same data; its place is not the same everywhere.
fn replay(plan: &Plan) -> String {
    use std::fmt::Write as _;
    let mut command = format!("grade {} PATH", plan.exercise);
    for seed in &plan.seeds {
        // Writing to a string cannot fail.
        let _ = write!(command, " --seed {seed}");
    }
    command
}
