//! The summary of a job: Markdown that GitHub Actions shows above the log, appended to the file that it names.
//!
//! The file belongs to the step, and other commands may have written to it, so it is only ever appended to. GitHub
//! shows none of it if it is longer than a mebibyte; what would make it longer is left out, and a sentence says so.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use crate::fault::{Fault, FaultKind};

/// The most bytes that GitHub takes for a step.
const MOST_BYTES: u64 = 1 << 20;
/// What stands for a report that is too long.
const TOO_LONG: &str =
    "\nThe report of this step is too long for the summary of the job. It is in the step's log.\n";

/// The file of the summary, open before the work begins.
#[derive(Debug)]
pub(super) struct StepSummary {
    file: fs::File,
    path: PathBuf,
}

impl StepSummary {
    /// Open the file; make it if it does not exist.
    pub(super) fn open(path: &Path) -> Result<Self, Fault> {
        let file = fs::File::options().append(true).create(true).open(path);
        let file = file.map_err(|error| failed(path, &error))?;
        Ok(Self {
            file,
            path: path.to_path_buf(),
        })
    }

    /// Append a report in Markdown.
    pub(super) fn append(mut self, markdown: &str) -> Result<(), Fault> {
        let mut append = || -> io::Result<()> {
            let used = self.file.metadata()?.len();
            let fits = |text: &str| used + text.len() as u64 <= MOST_BYTES;
            // A paragraph of its own, whatever stands in front.
            let text = format!("\n{markdown}");
            let text = [text.as_str(), TOO_LONG]
                .into_iter()
                .find(|text| fits(text));
            self.file.write_all(text.unwrap_or_default().as_bytes())
        };
        append().map_err(|error| failed(&self.path, &error))
    }
}

fn failed(path: &Path, error: &io::Error) -> Fault {
    Fault::io(FaultKind::Usage, "append to the summary of the job", path, error)
        .hint("the variable `GITHUB_STEP_SUMMARY` names this file; name one that can be written to, or unset it")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(before: usize, report: usize) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("summary.md");
        fs::write(&path, "x".repeat(before)).unwrap();
        let summary = StepSummary::open(&path).unwrap();
        summary.append(&"y".repeat(report)).unwrap();
        fs::read_to_string(&path).unwrap().split_off(before)
    }

    #[test]
    fn a_report_is_appended_while_there_is_room() {
        assert_eq!(after(3, 2), "\nyy");
        assert_eq!(after((1 << 20) - 3, 2), "\nyy");
        assert_eq!(after((1 << 20) - 200, 300), TOO_LONG);
        assert_eq!(after((1 << 20) - 2, 300), "");
    }
}
