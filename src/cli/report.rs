//! `grade report DIR`.

use std::{fs, path::Path};

use super::{app::App, args::ClassFormat, exit_code::ExitCode, output::since_1970, task::Report};
use crate::{batch::Outputs, fault::Fault};
use judge::{
    record::{self, Record},
    report,
};

impl App {
    pub(super) fn report(&self, task: &Report) -> Result<ExitCode, Fault> {
        let path = &task.path;
        if path.is_dir() {
            let outputs = Outputs::open(path)?;
            if let Some((graded, all)) = outputs.so_far() {
                self.output.note(&format!(
                    "{graded} of {all} so far: the batch was stopped or is under way"
                ));
            }
            self.write_class(&outputs, task.format)?;
        } else {
            let record = read(path)?;
            let text = match task.format {
                ClassFormat::Human => report::human(&record, since_1970()),
                ClassFormat::Json => report::json(&record),
                ClassFormat::Csv => {
                    let checks: Vec<_> = record.checks.iter().map(|check| check.id).collect();
                    report::gradebook_head(&checks, false)
                        + &report::gradebook_line(&record, &checks, None, None)
                }
            };
            self.output.report(&text)?;
        }
        Ok(ExitCode::Passed)
    }
}

/// One record, of this version's schema.
fn read(path: &Path) -> Result<Record, Fault> {
    let bytes = fs::read(path).map_err(|error| Fault::unreadable(path, error))?;
    let wrong = |why: String| {
        Fault::bad_record(path, why)
            .hint("name the folder that a batch wrote into, or a file of its `records/`")
    };
    let record: Record =
        serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?;
    if record.schema != record::SCHEMA {
        return Err(wrong(format!(
            "it is a `{}`, not a `{}`",
            record.schema,
            record::SCHEMA
        )));
    }
    Ok(record)
}
