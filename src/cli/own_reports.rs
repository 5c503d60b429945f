//! Reports that are written into the submission itself, as a student does who works in the crate.
//!
//! A report takes the place of an earlier report and of nothing else that was handed in; and earlier reports are no
//! part of what is graded, so that a submission does not change by its own grading. The folder `grade-report` and files
//! that are not complete are left out by their names alone, which is `intake`'s.

use std::{fs, io::Read as _, path::Path};

use super::task::Reports;
use crate::{batch::lies_in, fault::Fault};
use intake::FileId;
use report::Format;

/// The earlier reports among the files of `submission`, which is a folder or an archive.
///
/// # Errors
/// A report would replace another file of the submission.
pub(super) fn own_reports(
    submission: &Path,
    file: Option<&Path>,
    reports: Option<&Reports>,
) -> Result<Vec<FileId>, Fault> {
    let mut own = Vec::new();
    if let Some(file) = file {
        own.extend(own_report(submission, file, true)?);
    }
    if let Some(reports) = reports {
        // Those of other formats were written by another command.
        for format in Format::ALL {
            let file = reports.folder.join(format.file_name());
            own.extend(own_report(
                submission,
                &file,
                reports.formats.contains(&format),
            )?);
        }
    }
    Ok(own)
}

/// The file, if it lies in the submission and is a report. Another file there may not be written to.
fn own_report(submission: &Path, file: &Path, is_written: bool) -> Result<Option<FileId>, Fault> {
    // What is missing or cannot be read is reported by whoever writes to it.
    let Ok(metadata) = fs::metadata(file) else {
        return Ok(None);
    };
    if !metadata.is_file() || !lies_in(file, submission) {
        return Ok(None);
    }
    if is_report(file) {
        return Ok(Some(FileId::from(&metadata)));
    }
    if !is_written {
        return Ok(None);
    }
    let message = format!("failed to write the report `{}`", file.display());
    Err(Fault::usage(message)
        .because("it would replace a file of the submission that is no report")
        .hint("name a new file, or one outside of the submission"))
}

fn is_report(file: &Path) -> bool {
    let mut head = Vec::new();
    let read =
        fs::File::open(file).and_then(|file| file.take(report::HEAD as u64).read_to_end(&mut head));
    read.is_ok() && report::is_report(&head)
}
