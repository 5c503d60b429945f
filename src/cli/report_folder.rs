//! Reports in several formats, a file each, in one folder.
//!
//! Every file is opened before the work begins, so that a folder that cannot be written to is reported early.
//! Each appears under its name when it is complete.

use std::{fs, io, os::unix::ffi::OsStrExt as _, path::Path};

use super::{
    output::{ReportFile, quoted, since_1970},
    task::Reports,
};
use crate::{
    batch::Outputs,
    fault::{Fault, FaultKind},
};
use intake::REPORTS_MARK;
use report::{Context, Entry, Format};

/// The files of a folder of reports, open.
pub(super) struct ReportFolder {
    files: Vec<(Format, ReportFile)>,
}

impl ReportFolder {
    /// Make the folder if it does not exist, mark it as one of reports if it is new, and open the files.
    pub(super) fn open(reports: &Reports) -> Result<Self, Fault> {
        make(&reports.folder)?;
        mark(&reports.folder)?;
        Self::files(reports)
    }

    /// As [`Self::open`], where the folder cannot be taken for a submission.
    pub(super) fn open_unmarked(reports: &Reports) -> Result<Self, Fault> {
        make(&reports.folder)?;
        Self::files(reports)
    }

    fn files(reports: &Reports) -> Result<Self, Fault> {
        let open = |format: &Format| {
            let file = ReportFile::open(&reports.folder.join(format.file_name()))?;
            Ok((*format, file))
        };
        let files = reports.formats.iter().map(open);
        Ok(Self {
            files: files.collect::<Result<_, Fault>>()?,
        })
    }

    /// Write the reports of one submission.
    pub(super) fn write_one(self, entry: &Entry, context: &Context) -> Result<(), Fault> {
        for (format, file) in self.files {
            file.finish(&(format.mark().to_owned() + &one_in(format, entry, context)?))?;
        }
        Ok(())
    }

    /// Write the reports of a class.
    pub(super) fn write_class(self, outputs: &Outputs) -> Result<(), Fault> {
        let facts = outputs.facts()?;
        let begun = self.files.into_iter();
        let begun = begun.map(|(format, file)| Ok((format, file.begin()?)));
        let mut begun = begun.collect::<Result<Vec<_>, Fault>>()?;
        let targets = begun.iter_mut();
        let targets = targets.map(|(format, file)| (*format, file as &mut dyn io::Write));
        outputs.write_files(&facts, targets.collect())?;
        let mut begun = begun.into_iter();
        begun.try_for_each(|(_, file)| file.end())
    }
}

fn make(folder: &Path) -> Result<(), Fault> {
    fs::create_dir_all(folder).map_err(|error: io::Error| {
        Fault::io(FaultKind::Usage, "make the folder", folder, &error)
            .hint("name a folder that is yours to write to with `--report-dir DIR`")
    })
}

/// Mark a folder that has nothing else in it as one of reports, so that it is no submission where it is in a class. The
/// name of the folder that is taken where none is named says it already.
fn mark(folder: &Path) -> Result<(), Fault> {
    let is_known = folder
        .file_name()
        .is_some_and(|name| intake::is_dropped(name.as_bytes()));
    let is_empty = || fs::read_dir(folder).is_ok_and(|mut names| names.next().is_none());
    if is_known || !is_empty() {
        return Ok(());
    }
    ReportFile::open(&folder.join(REPORTS_MARK))?.finish("reports of `grade`\n")
}

impl Reports {
    /// Where the reports are, for a person.
    pub(super) fn written(&self) -> String {
        let names = self.formats.iter().map(|format| format.file_name());
        let names: Vec<_> = names.collect();
        format!("{} in {}", names.join(", "), quoted(&self.shown))
    }
}

/// What is known at this time of any report.
pub(super) fn context() -> Context {
    Context {
        now: since_1970(),
        ..Context::default()
    }
}

/// The report of one submission, of which nothing else is known.
pub(super) fn one(format: Format, entry: &Entry) -> Result<String, Fault> {
    one_in(format, entry, &context())
}

/// The report of one submission.
pub(super) fn one_in(format: Format, entry: &Entry, context: &Context) -> Result<String, Fault> {
    report::one(format, entry, context).map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData => {
            Fault::usage(format!("failed to make a report as `{format}`"))
                .because(error)
                .hint("grade the submission again, or choose another format")
        }
        _ => Fault::internal("make a report", error),
    })
}
