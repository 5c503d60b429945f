//! `--feedback DIR`: what goes back to each student, a file for each form, and all of it as Moodle takes it back.
//!
//! A student's file is made from their own record: it names no other student, and says nothing of the same source.
//! `assign/feedback/file/importziplib.php` of Moodle finds whose a file is by its folder's name, which is the one that the
//! download had.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use flate2::{Compression, write::DeflateEncoder};
use rawzip::{CompressionMethod, ZipArchiveWriter, time::UtcDateTime};

use super::{
    app::App,
    output::{ReportFile, quoted},
    report_folder::one,
};
use crate::{
    batch::Outputs,
    fault::{Fault, FaultKind},
};
use ids::{SubmissionId, words::count};
use intake::REPORTS_MARK;
use report::{Entry, Format};

/// The forms of each student's file, and what ends its name.
const FORMS: [(Format, &str); 2] = [(Format::Html, "html"), (Format::Markdown, "md")];
/// The archive that Moodle takes back.
const ARCHIVE: &str = "moodle-feedback.zip";

/// The folder of what goes back, checked before the work begins. It is new or empty, or one of an earlier feedback: a mark
/// in it lists the files that are ours, and nothing else is replaced or removed.
#[derive(Debug)]
pub(super) struct Feedback {
    folder: PathBuf,
    /// The files of the earlier feedback.
    earlier: BTreeSet<String>,
    mark: ReportFile,
}

impl Feedback {
    /// Make the folder if it does not exist.
    pub(super) fn open(folder: &Path) -> Result<Self, Fault> {
        let failed = |error: &io::Error| {
            Fault::io(FaultKind::Usage, "make the folder", folder, error)
                .hint("name a folder that is yours to write to with `--feedback DIR`")
        };
        fs::create_dir_all(folder).map_err(|error| failed(&error))?;
        let earlier = match fs::read_to_string(folder.join(REPORTS_MARK)) {
            Ok(text) => text
                .lines()
                .filter(|name| is_ours(name))
                .map(str::to_owned)
                .collect(),
            Err(_) if is_empty(folder).map_err(|error| failed(&error))? => BTreeSet::new(),
            Err(_) => {
                let message = format!("failed to use `{}` for feedback", folder.display());
                return Err(Fault::usage(message)
                    .because("it has files that are no feedback")
                    .hint("name a new folder, or an empty one, with `--feedback DIR`"));
            }
        };
        Ok(Self {
            folder: folder.to_path_buf(),
            earlier,
            mark: ReportFile::open(&folder.join(REPORTS_MARK))?,
        })
    }

    /// Say in the folder which files are ours, before any is written, so that a feedback that is stopped can go on.
    fn mark(self, names: &BTreeSet<String>) -> Result<(PathBuf, BTreeSet<String>), Fault> {
        let Self {
            folder,
            earlier,
            mark,
        } = self;
        for name in names.difference(&earlier) {
            let path = folder.join(name);
            if fs::symlink_metadata(&path).is_ok() {
                let message = format!("failed to replace `{}`", path.display());
                return Err(Fault::usage(message)
                    .because("it is not of an earlier feedback")
                    .hint("move it away, or name a new folder with `--feedback DIR`"));
            }
        }
        let all = names.union(&earlier).map(|name| format!("{name}\n"));
        mark.finish(&all.collect::<String>())?;
        Ok((folder, earlier))
    }
}

/// Whether a name may be one of a file of ours: a mark that somebody wrote removes nothing else.
fn is_ours(name: &str) -> bool {
    let is_of_student = || {
        FORMS.iter().any(|(_, ending)| {
            let id = name
                .strip_suffix(ending)
                .and_then(|id| id.strip_suffix('.'));
            id.is_some_and(|id| id.parse::<SubmissionId>().is_ok())
        })
    };
    name == ARCHIVE || is_of_student()
}

fn is_empty(folder: &Path) -> io::Result<bool> {
    Ok(fs::read_dir(folder)?.next().is_none())
}

impl App {
    /// Write what goes back to each student of a class.
    pub(super) fn feedback(&self, outputs: &Outputs, to: Feedback) -> Result<(), Fault> {
        let ids = outputs.ids().iter();
        let files = ids.flat_map(|id| FORMS.map(|(_, ending)| format!("{id}.{ending}")));
        let mut names = files.collect::<BTreeSet<_>>();
        if outputs
            .ids()
            .iter()
            .any(|id| outputs.folder_of(id).is_some())
        {
            names.insert(ARCHIVE.to_owned());
        }
        let (folder, earlier) = to.mark(&names)?;
        let mut archive = None;
        let mut students = 0;
        outputs.each(&mut |entry| {
            students += 1;
            self::write(outputs, &folder, entry, &mut archive)
        })?;
        let mut also = "";
        if let Some(archive) = archive {
            let bytes = archive.finish().map_err(packing)?;
            let file = ReportFile::open(&folder.join(ARCHIVE))?;
            file.finish_with(|to| to.write_all(&bytes))?;
            also = ", and `moodle-feedback.zip` for Moodle";
        }
        for old in earlier.difference(&names) {
            // It may be gone already.
            let _ = fs::remove_file(folder.join(old));
        }
        let lines = names.iter().map(|name| format!("{name}\n"));
        ReportFile::open(&folder.join(REPORTS_MARK))?.finish(&lines.collect::<String>())?;
        self.output.note(&format!(
            "feedback for {} is in {}{also}",
            count(students, "submission"),
            quoted(&folder)
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

/// Put a file into an archive. Its time is the first that there is, so that equal feedback gives equal bytes.
fn pack(archive: &mut Archive, path: &str, bytes: &[u8]) -> Result<(), rawzip::Error> {
    let file = archive.new_file(path);
    let file = match UtcDateTime::from_components(1980, 1, 1, 0, 0, 0, 0) {
        Some(first) => file.last_modified(first),
        None => file,
    };
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
