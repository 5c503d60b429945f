//! One submission of a batch: answered from its record, or graded and its record kept.
//!
//! Hides the order of these steps, which is what lets a batch be stopped anywhere. Never knows of the
//! other submissions.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Mutex, PoisonError},
};

use serde::Serialize;

use super::{
    Event, How, Listener,
    accepted::Accepted,
    alike,
    folder::{self, Folder},
    state::{self, Key, Known, Parts},
};
use crate::{
    fault::{Fault, FaultKind},
    grading::{Origin, Session, Submission, Taken},
    intake::Found,
    record::{Record, Usage},
    report,
};
use ids::{Digest, Seed, SubmissionId};
use sandbox::Cancellation;

/// Whether machine trouble leads to another try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Try {
    First,
    Last,
}

#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) graded: usize,
    pub(super) unchanged: usize,
    pub(super) damaged: Vec<SubmissionId>,
    postponed: Vec<SubmissionId>,
}

/// A batch at work; shared by its threads.
pub(super) struct Batch<'a> {
    pub(super) folder: Folder,
    pub(super) accepted: Accepted,
    pub(super) session: Session<'a>,
    pub(super) shared: Parts,
    /// The command that grades one of them again.
    pub(super) replay: String,
    pub(super) listener: &'a dyn Listener,
    pub(super) cancellation: Cancellation,
    pub(super) tally: Mutex<Tally>,
}

impl Batch<'_> {
    /// Those with whom the machine failed once more, one after the other.
    pub(super) fn try_again(&self, class: &[Found]) -> Result<(), Fault> {
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
    pub(super) fn work(&self, found: &Found, attempt: Try) -> Result<(), Fault> {
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
            Known::Unchanged(known) => {
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
        let bytes = report::json(&record).into_bytes();
        self.accepted.set_aside(&self.folder, &id)?;
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
