//! One submission again and again in a session that stays open, as while a person works on it.
//!
//! What does not change from one grading to the next is done once: the sandbox is tried out, the data are made, and the
//! reference passes on them. A grading then only copies, compiles and runs. Never looks whether anything was saved.

use super::{earlier::Memory, grade::Single, session::Session, submission::Intake};
use crate::fault::{Fault, FaultKind};
use ids::Digest;
use judge::record::Record;

/// How a grading in an open session ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Again {
    /// The submission is what it was, so it was not graded.
    Unchanged,
    /// It was graded, and this is what it is now; `None` where it could not be copied.
    Graded(Option<Digest>),
}

impl Session<'_> {
    /// Grade a submission, unless it is still `last`. If the reference has not passed on the data, it does so beside
    /// the compiler. The record is given to `told`, with the one that is remembered of the time before, and only then
    /// remembered itself, because a person waits.
    ///
    /// # Errors
    /// The reference fails, or the machine failed at it; or the work was asked to stop.
    pub fn grade_again(
        &mut self,
        single: &Single<'_>,
        last: Option<&Digest>,
        told: &mut dyn FnMut(Record, Option<Record>),
    ) -> Result<Again, Fault> {
        let intake = self.admit_single(single);
        let content = intake.as_ref().ok().map(Intake::content);
        if content.is_some() && content.as_ref() == last {
            return Ok(Again::Unchanged);
        }
        let memory = match &intake {
            Ok(intake) if single.is_remembered => self.memory(single.submission, intake),
            _ => None,
        };
        let first = if self.is_proven() {
            self.build_and_run_first(&intake, memory.as_ref(), self.all_ready())
        } else {
            let (proof, first) = self.prove_beside(&intake, memory.as_ref());
            self.accept(proof?);
            first
        };
        let replay = (single.replay)(&self.plan);
        let (record, built) =
            self.grade_prepared(single.submission, &intake, first, (&replay, single.repeat));
        let stopped = record
            .faults
            .iter()
            .find(|fault| fault.kind == FaultKind::Interrupted);
        if let Some(stopped) = stopped {
            return Err(stopped.clone().into());
        }
        let before = memory.as_ref().and_then(Memory::last);
        told(record.clone(), before);
        self.note_try(single, &record);
        if let Some(memory) = memory {
            // A cache that cannot be written costs time the next time, and never this record.
            let _ = memory.keep(&self.plan, &record, built.as_ref());
        }
        Ok(Again::Graded(content))
    }
}
