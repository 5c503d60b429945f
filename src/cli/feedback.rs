//! `--feedback DIR`: what goes back to each student, a file for each form, and all of it as Moodle takes it back.
//!
//! A student's file is made from their own record: it names no other student, and says nothing of the same source.
//! `assign/feedback/file/importziplib.php` of Moodle finds whose a file is by its folder's name, which is the one that the
//! download had.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
};

use flate2::{Compression, write::DeflateEncoder};
use rawzip::{CompressionMethod, ZipArchiveWriter};

use super::{
    app::App,
    output::{ReportFile, quoted},
    report_folder::one,
};
use crate::{
    batch::Outputs,
    fault::{Fault, FaultKind},
};
use ids::words::count;
use report::{Entries as _, Entry, Format};

/// The forms of each student's file, and what ends its name.
const FORMS: [(Format, &str); 2] = [(Format::Html, "html"), (Format::Markdown, "md")];
/// The archive that Moodle takes back.
const ARCHIVE: &str = "moodle-feedback.zip";

impl App {
    /// Write what goes back to each student of a class.
    pub(super) fn feedback(&self, outputs: &Outputs, folder: &Path) -> Result<(), Fault> {
        fs::create_dir_all(folder).map_err(|error| {
            Fault::io(FaultKind::Usage, "make the folder", folder, &error)
                .hint("name a folder that is yours to write to with `--feedback DIR`")
        })?;
        let mut archive = None;
        let mut students = 0;
        let written = outputs.each(&mut |entry| {
            students += 1;
            self::write(outputs, folder, entry, &mut archive).map_err(io::Error::other)
        });
        written.map_err(|error| match error.downcast::<Fault>() {
            Ok(fault) => fault,
            Err(error) => Fault::internal("make the feedback", error),
        })?;
        let mut also = "";
        if let Some(archive) = archive {
            let bytes = archive.finish().map_err(packing)?;
            let file = ReportFile::open(&folder.join(ARCHIVE))?;
            file.finish_with(|to| to.write_all(&bytes))?;
            also = ", and `moodle-feedback.zip` for Moodle";
        }
        self.output.note(&format!(
            "feedback for {} is in {}{also}",
            count(students, "submission"),
            quoted(folder)
        ));
        Ok(())
    }
}

type Archive = ZipArchiveWriter<Vec<u8>>;

/// The files of one student.
fn write(
    outputs: &Outputs,
    folder: &Path,
    entry: &Entry,
    archive: &mut Option<Archive>,
) -> Result<(), Fault> {
    let id = &entry.record.submission.id;
    // Nothing that the class knows beside the record.
    let entry = Entry {
        handed_in: entry.handed_in,
        ..Entry::of(entry.record.clone())
    };
    for (format, ending) in FORMS {
        let text = one(format, &entry)?;
        let name = format!("{id}.{ending}");
        ReportFile::open(&folder.join(&name))?.finish(&text)?;
        if let Some(place) = outputs.folder_of(id) {
            let archive = archive.get_or_insert_with(|| ZipArchiveWriter::new(Vec::new()));
            let path = format!("{place}/feedback.{ending}");
            pack(archive, &path, text.as_bytes()).map_err(packing)?;
        }
    }
    Ok(())
}

/// Put a file into an archive. It has no time, so that equal feedback gives equal bytes.
fn pack(archive: &mut Archive, path: &str, bytes: &[u8]) -> Result<(), rawzip::Error> {
    let file = archive.new_file(path);
    let (mut file, config) = file
        .compression_method(CompressionMethod::DEFLATE)
        .start()?;
    let mut writer = config.wrap(DeflateEncoder::new(&mut file, Compression::default()));
    writer.write_all(bytes)?;
    let (encoder, descriptor) = writer.finish()?;
    encoder.finish()?;
    file.finish(descriptor)?;
    Ok(())
}

fn packing(error: rawzip::Error) -> Fault {
    Fault::internal("pack the feedback for Moodle", error)
}
