//! What was measured of a submission's runs, in a file beside its record, and of the reference's, once for the class.
//!
//! It differs each time, and the outputs of a batch are the same each time; so it is taken out of the record, and
//! given back where a report shows it. A file that is missing or damaged costs only that part of a report.

use std::{mem::take, path::Path};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    output_dir::{self, OutputDir},
    records,
};
use crate::fault::Fault;
use ids::{Seed, SubmissionId};
use judge::record::{PrintedLine, Record, ReferenceRun, Usage};

const SCHEMA: &str = "grade-usage/1";
const REFERENCE: &str = "reference.json";
const REFERENCE_SCHEMA: &str = "grade-reference/1";

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
    /// When which line was printed, and the names of the files of the timeline.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    printed: Vec<PrintedLine>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    files_of_timeline: Vec<String>,
}

/// What the reference did on the data of the class.
#[derive(Serialize, Deserialize)]
struct ReferenceFile {
    schema: String,
    runs: Vec<SeedReference>,
}

#[derive(Serialize, Deserialize)]
struct SeedReference {
    seed: Seed,
    #[serde(flatten)]
    run: ReferenceRun,
}

/// Write what the reference did, once for the whole class.
pub(super) fn write_reference<'r>(
    folder: &OutputDir,
    runs: impl Iterator<Item = (Seed, &'r ReferenceRun)>,
) -> Result<(), Fault> {
    let runs = runs.map(|(seed, run)| SeedReference {
        seed,
        run: run.clone(),
    });
    let file = ReferenceFile {
        schema: REFERENCE_SCHEMA.to_owned(),
        runs: runs.collect(),
    };
    folder.write_unsynced(REFERENCE, &records::json(&file)?)
}

/// Copy what was measured of a submission's runs into another folder, if it is there and sound.
pub(super) fn copy(from: &OutputDir, to: &OutputDir, id: &SubmissionId) -> Result<(), Fault> {
    let name = output_dir::file(output_dir::USAGE, id);
    match sound::<UsageFile>(from, &name) {
        Some((bytes, file)) if file.schema == SCHEMA => to.write_unsynced(&name, &bytes),
        _ => to.remove(&name),
    }
}

/// Copy what the reference did. Returns whether it was there and sound.
pub(super) fn copy_reference(from: &OutputDir, to: &OutputDir) -> Result<bool, Fault> {
    match sound::<ReferenceFile>(from, REFERENCE) {
        Some((bytes, file)) if file.schema == REFERENCE_SCHEMA => {
            to.write_unsynced(REFERENCE, &bytes)?;
            Ok(true)
        }
        _ => Ok(false),
    }
}

/// A file of measurements, which is left out if it cannot be read: it costs only a part of a report.
fn sound<T: DeserializeOwned>(folder: &OutputDir, name: &str) -> Option<(Vec<u8>, T)> {
    let bytes = folder.read(name).ok()??;
    let file = serde_json::from_slice(&bytes).ok()?;
    Some((bytes, file))
}

impl UsageFile {
    /// Take what was measured out of a record.
    pub(super) fn take_from(record: &mut Record) -> Self {
        let runs = record.runs.iter_mut().map(|run| {
            run.reference = None;
            SeedUsage {
                seed: run.seed,
                usage: run.usage.take(),
                timeline: run.timeline.take(),
                printed: take(&mut run.printed),
                files_of_timeline: take(&mut run.files_of_timeline),
            }
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

/// What was measured in a batch, to put it back into its records.
pub(super) struct Measured<'a> {
    folder: &'a OutputDir,
    references: Vec<SeedReference>,
}

impl<'a> Measured<'a> {
    /// That of the batch in `folder`.
    pub(super) fn of(folder: &'a OutputDir) -> Result<Self, Fault> {
        let bytes = folder.read(REFERENCE)?.unwrap_or_default();
        let file = serde_json::from_slice::<ReferenceFile>(&bytes).ok();
        let file = file.filter(|file| file.schema == REFERENCE_SCHEMA);
        Ok(Self {
            folder,
            references: file.map_or_else(Vec::new, |file| file.runs),
        })
    }

    /// Put into a record what was taken out of it, as far as it is known.
    pub(super) fn give_back(&self, record: &mut Record) -> Result<(), Fault> {
        let name = output_dir::file(output_dir::USAGE, &record.submission.id);
        let bytes = self.folder.read(&name)?.unwrap_or_default();
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
                run.printed.clone_from(&measured.printed);
                run.files_of_timeline
                    .clone_from(&measured.files_of_timeline);
            }
            let mut references = self.references.iter();
            run.reference = references
                .find(|reference| reference.seed == run.seed && run.timeline.is_some())
                .map(|reference| reference.run.clone());
        }
        Ok(())
    }
}

/// Put into a record that was read from `path` what its batch measured, if the file is still in the folder of its
/// batch.
///
/// # Errors
/// The folder of the batch cannot be read.
pub fn give_back_beside(path: &Path, record: &mut Record) -> Result<(), Fault> {
    let name = output_dir::file(output_dir::RECORDS, &record.submission.id);
    let root = path
        .ends_with(&name)
        .then(|| path.parent()?.parent())
        .flatten();
    match root {
        Some(root) => Measured::of(&OutputDir::read_only(root)?)?.give_back(record),
        None => Ok(()),
    }
}
