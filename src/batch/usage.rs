//! What was measured of a submission's runs, in a file beside its record.
//!
//! It differs each time, and the outputs of a batch are the same each time; so it is taken out of the record, and
//! given back where a report shows it. A file that is missing or damaged costs only that part of a report.

use serde::{Deserialize, Serialize};

use super::{
    output_dir::{self, OutputDir},
    records,
};
use crate::fault::Fault;
use ids::{Seed, SubmissionId};
use judge::record::{Record, Usage};

const SCHEMA: &str = "grade-usage/1";

/// What the runs of one submission used, and which thread read which file when.
#[derive(Serialize, Deserialize)]
pub(super) struct UsageFile {
    schema: String,
    runs: Vec<SeedUsage>,
}

#[derive(Serialize, Deserialize)]
struct SeedUsage {
    seed: Seed,
    usage: Option<Usage>,
    /// Which thread read which file when. The scheduler decides it, so it differs each time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    timeline: Option<String>,
}

impl UsageFile {
    /// Take what was measured out of a record.
    pub(super) fn take_from(record: &mut Record) -> Self {
        let runs = record.runs.iter_mut().map(|run| SeedUsage {
            seed: run.seed,
            usage: run.usage.take(),
            timeline: run.timeline.take(),
        });
        Self {
            schema: SCHEMA.to_owned(),
            runs: runs.collect(),
        }
    }

    /// Write it beside the record of the submission.
    pub(super) fn write(&self, folder: &OutputDir, id: &SubmissionId) -> Result<(), Fault> {
        let name = output_dir::file(output_dir::USAGE, id);
        folder.write_unsynced(&name, &records::json(self)?)
    }
}

/// Put into a record what was taken out of it, as far as it is known.
pub(super) fn give_back(folder: &OutputDir, record: &mut Record) -> Result<(), Fault> {
    let name = output_dir::file(output_dir::USAGE, &record.submission.id);
    let bytes = folder.read(&name)?.unwrap_or_default();
    let Some(file) = serde_json::from_slice::<UsageFile>(&bytes).ok() else {
        return Ok(());
    };
    if file.schema != SCHEMA {
        return Ok(());
    }
    for run in &mut record.runs {
        let measured = file.runs.iter().find(|measured| measured.seed == run.seed);
        if let Some(measured) = measured {
            run.usage.clone_from(&measured.usage);
            run.timeline.clone_from(&measured.timeline);
        }
    }
    Ok(())
}
