//! What a batch leaves: `batch.json`, `gradebook.csv`, and the summary. All made from `records/`, one
//! record at a time, so that a class of any size needs no memory.
//!
//! Equal records give equal files, to the byte: submissions are in the order of their ids, and nothing
//! that was measured is in them.

use std::{
    collections::BTreeSet,
    io::{self, Write},
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    folder::{self, Folder},
    state::{Key, Plan},
};
use crate::{
    fault::{Fault, FaultKind},
    ids::{CheckId, ExerciseId, Seed, SubmissionId},
    record::Record,
    report::{self, Summary},
};

pub(super) const BATCH: &str = "batch.json";
pub(super) const GRADEBOOK: &str = "gradebook.csv";

/// The schema's name and number.
pub const SCHEMA: &str = "grade-batch/1";

/// All records of a batch. Written by hand, so that they need not be in memory; this is its form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "grade-batch/1")]
pub struct BatchFile {
    /// Always `grade-batch/1`.
    #[schemars(regex(pattern = r"^grade-batch/1$"))]
    pub schema: String,
    /// The exercise.
    pub exercise: ExerciseId,
    /// On which data everybody was graded.
    pub seeds: Vec<Seed>,
    /// One entry a submission, in byte order of their ids.
    pub records: Vec<Record>,
}

/// The published JSON Schema of [`BatchFile`], as text.
#[must_use]
pub fn json_schema() -> String {
    let schema = schemars::schema_for!(BatchFile);
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}

/// The record of a submission in a part of the folder.
pub(super) fn record(
    folder: &Folder,
    part: &str,
    id: &SubmissionId,
) -> Result<Option<Record>, Fault> {
    let name = folder::file(part, id);
    let Some(bytes) = folder.read(&name)? else {
        return Ok(None);
    };
    serde_json::from_slice(&bytes).map(Some).map_err(|error| {
        let path = folder.root().join(&name);
        Fault::usage(format!("failed to read the record `{}`", path.display()))
            .because(error)
            .hint("grade again: a damaged record is made anew")
    })
}

/// Hand every record to `each`, in order.
fn each_record(
    folder: &Folder,
    mut each: impl FnMut(Record) -> Result<(), Fault>,
) -> Result<(), Fault> {
    for id in folder.ids(folder::RECORDS)? {
        if let Some(record) = record(folder, folder::RECORDS, &id)? {
            each(record)?;
        }
    }
    Ok(())
}

/// Write all records as one JSON object, one record a line.
pub(super) fn write_batch(folder: &Folder, plan: &Plan, to: &mut dyn Write) -> Result<(), Fault> {
    let failed = |error: io::Error| written(folder, &error);
    let words = |value: &dyn Fn() -> serde_json::Result<String>| {
        value().map_err(|error| written(folder, &error.into()))
    };
    let exercise = words(&|| serde_json::to_string(&plan.exercise))?;
    let seeds = words(&|| serde_json::to_string(&plan.seeds))?;
    write!(
        to,
        "{{\n\"schema\": \"{SCHEMA}\",\n\"exercise\": {exercise},\n\"seeds\": {seeds},\n\"records\": ["
    )
    .map_err(failed)?;
    let mut separator = "\n";
    each_record(folder, |record| {
        let record = words(&|| serde_json::to_string(&record))?;
        write!(to, "{separator}{record}").map_err(failed)?;
        separator = ",\n";
        Ok(())
    })?;
    to.write_all(b"\n]\n}\n").map_err(failed)
}

/// Write the gradebook. Its columns are the checks that any record has.
pub(super) fn write_gradebook(folder: &Folder, to: &mut dyn Write) -> Result<(), Fault> {
    let failed = |error: io::Error| written(folder, &error);
    let mut checks: BTreeSet<CheckId> = BTreeSet::new();
    each_record(folder, |record| {
        checks.extend(record.checks.iter().map(|check| check.id));
        Ok(())
    })?;
    let checks: Vec<CheckId> = checks.into_iter().collect();
    to.write_all(report::gradebook_head(&checks).as_bytes())
        .map_err(failed)?;
    each_record(folder, |record| {
        to.write_all(report::gradebook_line(&record, &checks).as_bytes())
            .map_err(failed)
    })
}

/// The summary of what is in the folder.
pub(super) fn summarise(folder: &Folder) -> Result<Summary, Fault> {
    let mut summary = Summary::default();
    each_record(folder, |record| {
        let key = folder.read(&folder::file(folder::KEYS, &record.submission.id))?;
        let shape = key
            .and_then(|bytes| Key::parse(&bytes))
            .and_then(|key| key.shape);
        summary.add(&record, shape);
        Ok(())
    })?;
    summary.changes = super::changes::since(folder)?;
    Ok(summary)
}

/// Write both files into the folder.
pub(super) fn write_all(folder: &Folder, plan: &Plan) -> Result<(), Fault> {
    through(folder, BATCH, |to| write_batch(folder, plan, to))?;
    through(folder, GRADEBOOK, |to| write_gradebook(folder, to))
}

/// Write a file of the folder at once, keeping our own fault where there is one.
fn through(
    folder: &Folder,
    name: &str,
    write: impl FnOnce(&mut dyn Write) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut ours = None;
    let streamed = folder.stream(name, |to| {
        write(to).map_err(|fault| {
            let error = io::Error::other(fault.to_string());
            ours = Some(fault);
            error
        })
    });
    ours.map_or(streamed, Err)
}

fn written(folder: &Folder, error: &io::Error) -> Fault {
    Fault::io(
        FaultKind::Disk,
        "write the outputs of",
        folder.root(),
        error,
    )
    .hint("free some space; then the same command continues where this one stopped")
}
