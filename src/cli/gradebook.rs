//! `grade report DIR --canvas FILE` and `--moodle FILE`: grades into the file of another system; `--roster FILE`.
//!
//! Reads that file with a bound, and writes the copy with the grades. Never writes to the file that it read.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use super::{
    app::App,
    output::{ReportFile, print_bytes},
    task::Gradebook,
};
use crate::{
    batch::Outputs,
    fault::{Fault, FaultKind},
};
use gradebook::{MOST_BYTES, MergeRequest, Roster, Table, merge};

impl App {
    /// Put the grades of a batch into a gradebook, and say what was done.
    pub(super) fn gradebook(
        &self,
        outputs: &Outputs,
        roster: Option<&Path>,
        task: &Gradebook,
    ) -> Result<(), Fault> {
        let path = &task.file;
        if let Some(to) = &task.to {
            check_is_no_input(to, path, roster, outputs)?;
        }
        let open = |to| ReportFile::open_as("the gradebook", to);
        let to = task.to.as_deref().map(open).transpose()?;
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
        let kept = task.to.as_deref().map(|to| keep_earlier(to, &merged.bytes));
        let kept = kept.transpose()?.flatten();
        to.finish_with(|to| to.write_all(&merged.bytes))?;
        self.output.report(&account)?;
        if let Some(kept) = kept {
            self.output.note(&format!(
                "the file that had this name is kept as `{}`",
                kept.display()
            ));
        }
        if let Some(to) = &task.to {
            self.output.note(&format!(
                "the gradebook with the grades is `{}`",
                to.display()
            ));
        }
        Ok(())
    }
}

/// A file is never written over what it is made from.
fn check_is_no_input(
    to: &Path,
    book: &Path,
    roster: Option<&Path>,
    outputs: &Outputs,
) -> Result<(), Fault> {
    let why = if is_same_file(book, to) {
        "it is the file that the grades are merged into"
    } else if roster.is_some_and(|roster| is_same_file(roster, to)) {
        "it is the list of the class"
    } else if outputs.holds(to) {
        "it is in the folder of the batch, which has the records"
    } else {
        return Ok(());
    };
    let message = format!("failed to write the gradebook `{}`", to.display());
    Err(Fault::usage(message)
        .because(why)
        .hint("name another file with `--merged FILE`"))
}

/// Keep the file that a merged gradebook replaces, if it says something else: somebody may have worked on it.
fn keep_earlier(to: &Path, bytes: &[u8]) -> Result<Option<PathBuf>, Fault> {
    let is_file = fs::symlink_metadata(to).is_ok_and(|found| found.is_file());
    if !is_file || fs::read(to).is_ok_and(|earlier| earlier == bytes) {
        return Ok(None);
    }
    let mut name = to.as_os_str().to_owned();
    name.push("~");
    let kept = PathBuf::from(name);
    fs::rename(to, &kept).map_err(|error| {
        Fault::io(
            FaultKind::Usage,
            "keep the earlier gradebook as",
            &kept,
            &error,
        )
        .hint("move it away, or name another file with `--merged FILE`")
    })?;
    Ok(Some(kept))
}

impl App {
    /// Read a list of the class, and say which of its columns nobody understands.
    pub(super) fn read_roster(&self, path: &Path) -> Result<Roster, Fault> {
        let roster = Roster::read(&read_table(path)?)
            .map_err(|error| Fault::unreadable(path, &error).hint(error.hint()))?;
        let unused = roster.unused().iter().map(|name| format!("`{name}`"));
        let unused = unused.collect::<Vec<_>>().join(", ");
        if !unused.is_empty() {
            self.output.note(&format!(
                "columns of `{}` that are not used, because their names are not known: {unused}",
                path.display()
            ));
        }
        Ok(roster)
    }
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
