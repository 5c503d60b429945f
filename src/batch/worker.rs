//! One submission of a batch: its record is up to date and is used again, or it is graded and its record is
//! written.
//!
//! Hides the order of the steps, which allows a batch to be stopped at any moment. Never knows of the other
//! submissions.

use std::{
    collections::BTreeSet,
    num::NonZeroUsize,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Mutex, PoisonError},
};

use super::{
    accepted::Accepted,
    alike,
    events::{How, Progress, ProgressEvent},
    key::{self, CacheLookup, Inputs, Key},
    members::Member,
    output_dir::{self, OutputDir},
    queue,
    usage::UsageFile,
};
use crate::{
    fault::{Fault, FaultKind},
    grading::{Intake, Origin, Processors, Session, Submission},
};
use ids::{Digest, SubmissionId};
use judge::record::Record;
use sandbox::Cancellation;

/// What follows when the machine fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Retry {
    /// The submission is graded once more when all others are done.
    Later,
    /// The submission is not graded.
    Never,
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
    pub(super) folder: OutputDir,
    pub(super) accepted: Accepted,
    pub(super) session: Session<'a>,
    pub(super) shared: Inputs,
    /// The command that grades one of them again.
    pub(super) replay: String,
    pub(super) progress: &'a dyn Progress,
    pub(super) cancellation: Cancellation,
    pub(super) tally: Mutex<Tally>,
    pub(super) processors: Processors,
}

impl Batch<'_> {
    /// The submissions whose record is missing or not up to date, in the order of the class. The others are
    /// finished.
    pub(super) fn pending<'f>(
        &self,
        class: &'f [Member],
        jobs: NonZeroUsize,
    ) -> Result<Vec<&'f Member>, Fault> {
        let pending = Mutex::new(BTreeSet::new());
        queue::run(class, jobs, |member, _| {
            self.cancellation.check()?;
            if !self.is_up_to_date(member)? {
                let mut pending = pending.lock().unwrap_or_else(PoisonError::into_inner);
                pending.insert(member.id.clone());
            }
            Ok(())
        })?;
        let pending = pending.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(class
            .iter()
            .filter(|member| pending.contains(&member.id))
            .collect())
    }

    /// Whether the record of a submission is up to date. Then it is finished.
    fn is_up_to_date(&self, member: &Member) -> Result<bool, Fault> {
        // Most often nothing was graded before, and then nothing needs to be taken in to know it.
        if Key::read(&self.folder, &member.id)?.is_none() {
            return Ok(false);
        }
        let submission = submission(member);
        let Ok(intake) = self.session.admit(&submission) else {
            return Ok(false);
        };
        let inputs = key::inputs_of(&self.shared, &member.id, &intake.content());
        let CacheLookup::Unchanged(cached) = key::look_up(&self.folder, &member.id, &inputs)?
        else {
            return Ok(false);
        };
        self.tally().unchanged += 1;
        self.progress
            .event(ProgressEvent::Finished(&cached.0, How::Unchanged));
        Ok(true)
    }

    /// Grade once more, one after the other, the submissions on which the machine failed.
    pub(super) fn try_again(&self, class: &[Member]) -> Result<(), Fault> {
        let mut postponed = std::mem::take(&mut self.tally().postponed);
        postponed.sort();
        for member in class {
            if postponed.binary_search(&member.id).is_ok() {
                self.work(member, Retry::Never, 0)?;
            }
        }
        Ok(())
    }

    /// One submission, from its folder to its record on disk. `Err` ends the batch.
    /// It is built and observed on one processor, which is that of the `thread` that works on it: its program and
    /// the supervisor exchange many messages, and need not wake each other on another processor.
    pub(super) fn work(&self, member: &Member, retry: Retry, thread: usize) -> Result<(), Fault> {
        self.cancellation.check()?;
        self.progress.event(ProgressEvent::Started(&member.id));
        let submission = submission(member);
        let intake = self
            .session
            .admit(&submission)
            .map(|intake| intake.on_processor(self.processors.of(thread)));
        let inputs = intake
            .as_ref()
            .ok()
            .map(|intake| key::inputs_of(&self.shared, &member.id, &intake.content()));
        let lookup = match &inputs {
            Some(inputs) => key::look_up(&self.folder, &member.id, inputs)?,
            // A submission that cannot be admitted has no inputs.
            None => CacheLookup::Changed,
        };
        match lookup {
            CacheLookup::Unchanged(cached) => {
                self.tally().unchanged += 1;
                self.progress
                    .event(ProgressEvent::Finished(&cached.0, How::Unchanged));
                return Ok(());
            }
            CacheLookup::Damaged if retry == Retry::Later => {
                self.tally().damaged.push(member.id.clone());
            }
            _ => {}
        }

        let fingerprint = intake.as_ref().ok().and_then(fingerprint);
        let record = self
            .session
            .grade_admitted(&submission, &intake, &self.replay);
        if let Some(fault) = record.faults.first() {
            if fault.kind == FaultKind::Interrupted {
                return Err(fault.clone().into());
            }
            if retry == Retry::Later && is_machine_trouble(fault.kind) {
                self.progress
                    .event(ProgressEvent::Postponed(&member.id, fault));
                self.tally().postponed.push(member.id.clone());
                return Ok(());
            }
        }
        let inputs = inputs.unwrap_or_else(|| {
            let nothing = Digest::of(b"nothing was taken in");
            key::inputs_of(&self.shared, &member.id, &nothing)
        });
        let record = self.keep(record, inputs, fingerprint)?;
        self.tally().graded += 1;
        self.progress
            .event(ProgressEvent::Finished(&record, How::Graded));
        Ok(())
    }

    /// Write a record, what was measured of its runs, and last its key: a record without a key is not used
    /// again.
    fn keep(
        &self,
        mut record: Record,
        inputs: Inputs,
        fingerprint: Option<Digest>,
    ) -> Result<Record, Fault> {
        let id = record.submission.id.clone();
        let usage = UsageFile::take_from(&mut record);
        let bytes = report::json(&record).into_bytes();
        self.accepted.set_aside(&self.folder, &id)?;
        self.folder
            .write(&output_dir::file(output_dir::RECORDS, &id), &bytes)?;
        usage.write(&self.folder, &id)?;
        Key::new(inputs, &bytes, fingerprint).write(&self.folder, &id)?;
        Ok(record)
    }

    fn tally(&self) -> std::sync::MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn submission(member: &Member) -> Submission {
    Submission {
        id: member.id.clone(),
        origin: Origin::Found(member.source.clone()),
    }
}

/// The fingerprint of a submission's source. Only a summary shows it, so no failure here counts.
fn fingerprint(intake: &Intake) -> Option<Digest> {
    let snapshot = intake.snapshot()?;
    catch_unwind(AssertUnwindSafe(|| alike::source_fingerprint(snapshot)))
        .ok()?
        .ok()?
}

/// Whether a second attempt may succeed.
fn is_machine_trouble(kind: FaultKind) -> bool {
    matches!(
        kind,
        FaultKind::Disk
            | FaultKind::Sandbox
            | FaultKind::Evidence
            | FaultKind::Toolchain
            | FaultKind::Crates
    )
}
