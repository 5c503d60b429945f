//! What holds for a whole batch, however often it is continued: the seeds, the limit of a run, and what
//! every record is made from now.
//!
//! Hides their file. It is kept before anybody is graded, so that both halves of a stopped batch are graded
//! alike, and so that a report of it knows whose records are of this batch and whose are of one before.
//! Never draws twice what was drawn.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    folder::{self, Folder},
    state::{Key, Parts, json},
};
use crate::{
    fault::Fault,
    grading::{self, Session},
    ids::{Digest, ExerciseId, Seed, SubmissionId},
    spec::Exercise,
};

const FILE: &str = "seeds.json";
const SCHEMA: &str = "grade-seeds/1";

/// What is drawn or measured once and holds for the whole batch, however often it is continued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Plan {
    schema: String,
    pub(super) exercise: ExerciseId,
    pub(super) seeds: Vec<Seed>,
    /// The limit on real time of one run. It follows from the reference, which takes another time
    /// each time; records name it.
    run_limit_ms: Option<u64>,
    /// The state of the exercise for which that limit holds.
    limit_for: Option<Digest>,
    /// What every record is made from but for the submission. A file of an earlier form does not say it:
    /// then all that is there counts.
    #[serde(default)]
    made_from: Parts,
}

impl Plan {
    /// The plan in `folder`, on the seeds given, or else on those it has, or else on fresh ones.
    pub(super) fn settle(
        folder: &Folder,
        exercise: &Exercise,
        given: &[Seed],
    ) -> Result<Self, Fault> {
        let kept = Self::read(folder)?;
        if let Some(kept) = &kept
            && kept.exercise != exercise.id
        {
            let message = format!(
                "failed to use `{}` for `{}`: it has a batch of `{}`",
                folder.root().display(),
                exercise.id,
                kept.exercise
            );
            return Err(Fault::usage(message).hint("choose another folder with `--out DIR`"));
        }
        match kept {
            Some(kept) if given.is_empty() => Ok(kept),
            kept => {
                let seeds = grading::seeds(&exercise.seeds, given)?;
                match kept {
                    Some(kept) if kept.seeds == seeds => Ok(kept),
                    _ => Ok(Self {
                        schema: SCHEMA.to_owned(),
                        exercise: exercise.id.clone(),
                        seeds,
                        run_limit_ms: None,
                        limit_for: None,
                        made_from: Parts::new(),
                    }),
                }
            }
        }
    }

    /// The plan in `folder`. One that makes no sense is an error: to draw other seeds in silence would
    /// give half of a class other data.
    pub(super) fn read(folder: &Folder) -> Result<Option<Self>, Fault> {
        let Some(bytes) = folder.read(FILE)? else {
            return Ok(None);
        };
        let damaged = |why: String| {
            Fault::usage(format!("failed to read `{}`", folder.root().join(FILE).display()))
                .because(why)
                .hint("remove it to draw new seeds and grade everybody again, or choose another `--out DIR`")
        };
        let plan: Self =
            serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
        if plan.schema != SCHEMA || plan.seeds.is_empty() {
            return Err(damaged(format!("it is not a `{SCHEMA}` with seeds")));
        }
        Ok(Some(plan))
    }

    /// Let the session have the limit of the plan, or the plan that of the session.
    pub(super) fn share_limit(&mut self, session: &mut Session<'_>, exercise: &Digest) {
        match self.run_limit_ms {
            Some(limit) if self.limit_for.as_ref() == Some(exercise) => {
                session.set_wall_limit(Duration::from_millis(limit));
            }
            _ => {
                let limit = session.wall_limit().as_millis();
                self.run_limit_ms = Some(u64::try_from(limit).unwrap_or(u64::MAX));
                self.limit_for = Some(exercise.clone());
            }
        }
    }

    /// Keep the plan of a batch whose records are all made from `shared`.
    pub(super) fn keep(&mut self, folder: &Folder, shared: &Parts) -> Result<(), Fault> {
        self.made_from.clone_from(shared);
        folder.write(FILE, &json(self)?)
    }

    /// Whether somebody has a record of this batch, and not of one before that this one replaces.
    pub(super) fn is_done(&self, folder: &Folder, id: &SubmissionId) -> Result<bool, Fault> {
        let key = Key::read(folder, id)?;
        let is_of_this = key.is_some_and(|key| key.has(&self.made_from));
        Ok(is_of_this && folder.has(&folder::file(folder::RECORDS, id)))
    }
}
