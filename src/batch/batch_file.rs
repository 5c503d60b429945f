//! `batch.json`: all records of a batch as one JSON object.
//!
//! It is written record by record, so that the class is not in memory. Never has what was measured, which differs each
//! time.

use std::io::{self, Write};

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    plan::Plan,
    roster::{Class, Roster},
};
use ids::{ExerciseId, Seed};
use judge::record::Record;
use report::{ClassReport, Entry, json_line};

/// The schema's name and number.
pub const SCHEMA: &str = "grade-batch/1";

/// All records of a batch. Written by hand, so that they need not be in memory; this is its form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(title = "grade-batch/1"))]
pub struct BatchFile {
    /// Always `grade-batch/1`.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"^grade-batch/1$")))]
    pub schema: String,
    /// The exercise.
    pub exercise: ExerciseId,
    /// On which data everybody was graded.
    pub seeds: Vec<Seed>,
    /// What was found in the class's folder; absent where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<Class>,
    /// One entry a submission, in byte order of their ids.
    pub records: Vec<Record>,
}

/// The published JSON Schema of [`BatchFile`], as text.
#[cfg(feature = "schema")]
#[must_use]
pub fn json_schema() -> String {
    let schema = schemars::schema_for!(BatchFile);
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}

/// A `batch.json` that is being written, one record a line.
pub(super) struct BatchJson<'a> {
    to: &'a mut dyn Write,
    separator: &'static str,
}

impl<'a> BatchJson<'a> {
    /// Write what stands before the records.
    pub(super) fn begin(
        plan: &Plan,
        roster: Option<&Roster>,
        to: &'a mut dyn Write,
    ) -> io::Result<Self> {
        write!(to, "{{")?;
        let mut field = |name: &str, value: String| write!(to, "\n\"{name}\": {value},");
        field("schema", json_line(&SCHEMA)?)?;
        field("exercise", json_line(&plan.exercise)?)?;
        field("seeds", json_line(&plan.seeds)?)?;
        if let Some(roster) = roster {
            field("class", json_line(&roster.named())?)?;
        }
        write!(to, "\n\"records\": [")?;
        Ok(Self {
            to,
            separator: "\n",
        })
    }
}

impl ClassReport for BatchJson<'_> {
    fn add(&mut self, entry: &Entry) -> io::Result<()> {
        let record = json_line(&entry.record)?;
        write!(self.to, "{}{record}", self.separator)?;
        self.separator = ",\n";
        Ok(())
    }

    fn end(self: Box<Self>) -> io::Result<()> {
        self.to.write_all(b"\n]\n}\n")
    }
}
