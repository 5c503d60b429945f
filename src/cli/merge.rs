//! `grade report DIR --canvas FILE` and `--moodle FILE`: grades into the file of another system; `--roster FILE`.
//!
//! Reads that file with a bound, and writes the copy with the grades. Never writes to the file that it read.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    os::unix::fs::MetadataExt as _,
    path::Path,
};

use super::{
    app::App,
    output::{ReportFile, print_bytes},
    task::Merge,
};
use crate::{batch::Outputs, fault::Fault};
use gradebook::{MOST_BYTES, MergeRequest, Roster, Table, merge};

impl App {
    /// Put the grades of a batch into a gradebook, and say what was done.
    pub(super) fn merge(&self, outputs: &Outputs, task: &Merge) -> Result<(), Fault> {
        let path = &task.file;
        if let Some(to) = &task.to
            && is_same_file(path, to)
        {
            let message = format!("failed to write the gradebook `{}`", to.display());
            return Err(Fault::usage(message)
                .because("it is the file that the grades are merged into")
                .hint("name another file with `--merged FILE`"));
        }
        let to = task.to.as_deref().map(ReportFile::open).transpose()?;
        let table = read_table(path)?;
        let merged = merge(
            table,
            &MergeRequest {
                system: task.system,
                exercise: outputs.exercise(),
                assignment: task.assignment.as_deref(),
                scale: task.scale,
                grades: &outputs.grades()?,
            },
        )
        .map_err(|error| Fault::unreadable(path, &error).hint(error.hint()))?;
        let account = merged.account.human();
        let Some(to) = to else {
            for line in account.lines().filter(|line| !line.is_empty()) {
                self.output.note(line);
            }
            return print_bytes(&merged.bytes);
        };
        to.finish_with(|to| to.write_all(&merged.bytes))?;
        self.output.report(&account)?;
        if let Some(to) = &task.to {
            self.output.note(&format!(
                "the gradebook with the grades is `{}`",
                to.display()
            ));
        }
        Ok(())
    }
}

/// Read a list of the class.
pub(super) fn read_roster(path: &Path) -> Result<Roster, Fault> {
    Roster::read(&read_table(path)?)
        .map_err(|error| Fault::unreadable(path, &error).hint(error.hint()))
}

/// Read a file of cells that the user named.
fn read_table(path: &Path) -> Result<Table, Fault> {
    let unreadable = |error: io::Error| {
        Fault::unreadable(path, error).hint("name a file that exists and that you may read")
    };
    let file = File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    // One more than is allowed, so that too much is seen.
    let most = MOST_BYTES as u64 + 1;
    file.take(most)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    Table::parse(bytes).map_err(|error| Fault::unreadable(path, &error).hint(error.hint()))
}

/// Whether both names lead to one file.
fn is_same_file(one: &Path, other: &Path) -> bool {
    let identity = |path: &Path| {
        let found = fs::metadata(path).ok()?;
        Some((found.dev(), found.ino()))
    };
    identity(one).is_some_and(|one| identity(other) == Some(one))
}
