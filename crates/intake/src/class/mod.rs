//! Find the submissions of a class in an instructor's folder.
//!
//! Hides the layouts that people and their systems use. Every entry of the folder is accounted for: it is a
//! submission, an attempt of one, or it is listed as ignored with the reason. Never follows a link, opens an
//! archive only to see which of several attempts holds a crate, and never takes the work of two students for
//! one submission.

mod archive_names;
mod inside;
mod lms;

#[cfg(test)]
mod tests;

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
    ffi::{CStr, OsStr},
    io,
    os::{
        fd::{AsFd as _, BorrowedFd},
        unix::ffi::OsStrExt as _,
    },
    path::Path,
};

use rustix::fs::FileType;

use ids::SubmissionId;

use self::archive_names::{is_other_archive, stem};
use crate::{
    archive,
    archive_kind::ArchiveKind,
    cause::{Cause, ReadError},
    error::{Error, IsOneSubmission, TooManyEntries},
    limits::Limits,
    location::Location,
    manifest,
    names::{self, shown},
    open, root,
    source::Source,
    wanted::Wanted,
};

/// A folder with more entries is probably a mistake, and is refused.
const ENTRIES: usize = 100_000;
/// How many archives of one student, from the last one, are searched for a crate. Without this bound, a
/// student who uploads a thousand archives would cost a thousand readings.
const SEARCHED_ARCHIVES: usize = 8;

/// What is in an instructor's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Class {
    /// One for each student, in byte order of the ids.
    pub submissions: Vec<Found>,
    /// Everything else, in byte order of the names.
    pub ignored: Vec<Ignored>,
}

/// One student's submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The student's id.
    pub id: SubmissionId,
    /// What will be graded: the last attempt. An archive without a crate is no attempt if another archive of
    /// the same student has one.
    pub source: Source,
    /// All attempts, the last one last; never empty.
    pub attempts: Vec<Attempt>,
}

/// One time that a student handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Its name in the instructor's folder, or with the student's folder before it. Safe to print.
    pub name: String,
    /// Where it is, and whether it is a folder or an archive.
    pub source: Source,
    /// Whether Canvas marked it as late.
    pub is_late: bool,
}

/// Something in the folder that is no submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignored {
    /// Its name. Safe to print.
    pub name: String,
    /// Why it is none, to follow the name: a sentence without full stop.
    pub why: String,
}

/// Scan the instructor's folder `dir`.
///
/// If `dir` itself is a link, it is followed, because the user named it. Inside, folders are opened to find
/// the crate. If a student has several archives, the last ones are read, within `limits`. `wanted` says
/// which crate is looked for.
///
/// # Errors
/// `dir` cannot be read, is itself a crate, or holds two submissions that would have the same id, in
/// capitals or not; or the machine is out of memory or of open files.
pub fn find(dir: &Path, wanted: Wanted<'_>, limits: &Limits) -> Result<Class, Error> {
    let fd = open::class(dir)?;
    let names =
        root::list(fd.as_fd(), ENTRIES).map_err(|errno| scan_error(dir, ReadError::from(errno)))?;
    if names.len() == ENTRIES {
        return Err(Error::ClassTooLarge {
            path: dir.to_path_buf(),
            source: TooManyEntries(ENTRIES),
        });
    }
    if names
        .iter()
        .any(|name| name.to_bytes() == manifest::NAME.as_bytes())
    {
        return Err(Error::ClassIsCrate {
            path: dir.to_path_buf(),
            source: IsOneSubmission,
        });
    }
    let texts = names.iter().map(|name| name.to_string_lossy());
    let texts = texts.collect::<Vec<_>>();
    let mut scan = ClassScan {
        reader: lms::Reader::of(texts.iter().map(AsRef::as_ref)),
        wanted,
        limits: *limits,
        students: BTreeMap::new(),
        ignored: Vec::new(),
    };
    for name in &names {
        let location = Location::new(dir, OsStr::from_bytes(name.to_bytes()));
        let sorted = scan.entry(&location, fd.as_fd(), name);
        sorted.map_err(|shortage| scan_error(&location.path(), shortage))?;
    }
    scan.finish()
}

/// One entry that is, or may be, a student's.
#[derive(Debug)]
struct Candidate {
    name: String,
    /// The name that an id is made of where no system gives one.
    stem: String,
    attempts: Vec<Attempt>,
    /// What the exporting system put into its name.
    exported: Option<lms::Exported>,
}

impl Candidate {
    fn id(&self) -> SubmissionId {
        match &self.exported {
            Some(exported) => exported.id.clone(),
            None => SubmissionId::from_folder_name(&self.stem),
        }
    }

    /// Whether its id cannot spell its name.
    fn is_misspelled(&self) -> bool {
        self.exported.is_none() && !self.stem.is_ascii()
    }

    /// A file that is no archive counts only where nothing else does.
    fn is_only_files(&self) -> bool {
        let is_file = |attempt: &Attempt| matches!(attempt.source, Source::File(_));
        self.attempts.iter().all(is_file)
    }
}

/// The entries scanned so far.
#[derive(Debug)]
struct ClassScan<'a> {
    reader: lms::Reader,
    wanted: Wanted<'a>,
    limits: Limits,
    /// By the folds of the ids.
    students: BTreeMap<String, (SubmissionId, Vec<Candidate>)>,
    ignored: Vec<Ignored>,
}

impl ClassScan<'_> {
    /// Scan one entry. The only error is a shortage of memory or of open files.
    fn entry(
        &mut self,
        location: &Location,
        fd: BorrowedFd<'_>,
        name: &CStr,
    ) -> Result<(), ReadError> {
        let bytes = name.to_bytes();
        let location = location.clone();
        let text = String::from_utf8_lossy(bytes);
        let why = match open::kind_of(fd, name) {
            Err(shortage) if shortage.is_shortage() => return Err(shortage),
            Ok(FileType::Symlink) => "is a symbolic link, and links are not followed",
            Ok(_) if names::is_dropped(bytes) => "is what other tools leave in folders",
            Ok(_) if bytes.starts_with(b".") => "is hidden",
            // An entry whose type cannot be read may be a folder: no entry of a class is dropped in silence.
            Ok(FileType::Directory) | Err(ReadError::Machine(_)) => {
                return self.folder(fd, name, location, &text);
            }
            Err(_) => "is gone",
            Ok(FileType::RegularFile) => match file(location, &text, self.reader.read(&text)) {
                Ok(candidate) => {
                    self.add(candidate);
                    return Ok(());
                }
                Err(why) => why,
            },
            Ok(_) => "is neither a file nor a folder",
        };
        self.ignore(shown(bytes), why);
        Ok(())
    }

    fn folder(
        &mut self,
        fd: BorrowedFd<'_>,
        name: &CStr,
        location: Location,
        text: &str,
    ) -> Result<(), ReadError> {
        let exported = self.reader.read(text);
        let is_late = exported.as_ref().is_some_and(|exported| exported.is_late);
        let shown_name = shown(name.to_bytes());
        if exported.as_ref().is_some_and(|exported| exported.is_text) {
            self.ignore(
                shown_name,
                "is text that was typed into Moodle, and no file",
            );
            return Ok(());
        }
        let inside = open::folder(fd, name).and_then(|inner| match inner {
            Some(inner) => inside::attempts_in(inner.as_fd(), &location, self.wanted),
            None => Ok(Vec::new()),
        });
        let inside = match inside {
            Err(shortage) if shortage.is_shortage() => return Err(shortage),
            // A folder that cannot be opened is a submission all the same; its admission reports the reason.
            inside => inside.unwrap_or_default(),
        };
        let mut attempts = inside
            .into_iter()
            .map(|(name, source)| Attempt {
                name: format!("{shown_name}/{}", shown(&name)),
                source,
                is_late,
            })
            .collect::<Vec<_>>();
        if attempts.is_empty() {
            attempts.push(Attempt {
                name: shown_name.clone(),
                source: Source::Folder(location),
                is_late,
            });
        }
        self.add(Candidate {
            name: shown_name,
            stem: stem(text).to_owned(),
            attempts,
            exported,
        });
        Ok(())
    }

    /// Add a candidate to its student.
    fn add(&mut self, candidate: Candidate) {
        self.add_as(candidate.id(), candidate);
    }

    fn add_as(&mut self, id: SubmissionId, candidate: Candidate) {
        let fold = names::fold(id.as_str());
        let (_, candidates) = self.students.entry(fold).or_insert((id, Vec::new()));
        candidates.push(candidate);
    }

    /// Give ids of their own to different names that have one id only because an id cannot spell them.
    fn disambiguate(&mut self) {
        let mut misspelled = Vec::new();
        for (id, candidates) in self.students.values_mut() {
            let stems = candidates.iter().map(|one| names::fold(&one.stem));
            if stems.collect::<BTreeSet<_>>().len() < 2 {
                continue;
            }
            misspelled.extend(candidates.extract_if(.., |one| one.is_misspelled()));
            if let Some(first) = candidates.first() {
                *id = first.id();
            }
        }
        self.students
            .retain(|_, (_, candidates)| !candidates.is_empty());
        for candidate in misspelled {
            self.add_as(SubmissionId::disambiguated(&candidate.stem), candidate);
        }
    }

    /// Take out the archives behind the last attempt that may hold a crate: a report that was handed in
    /// with the crate, or after it, is no attempt. Where none holds one, all stay.
    fn without_crate(&self, attempts: &mut Vec<Attempt>) -> Vec<Attempt> {
        if attempts.len() < 2 {
            return Vec::new();
        }
        let is_without = |attempt: &Attempt| match &attempt.source {
            Source::Archive(location, _) => {
                archive::is_without_crate(location, self.wanted, self.limits)
            }
            Source::Folder(_) | Source::File(_) => false,
        };
        let mut last = attempts.iter().rev().take(SEARCHED_ARCHIVES);
        match last.position(|attempt| !is_without(attempt)) {
            Some(behind) => attempts.split_off(attempts.len() - behind),
            None => Vec::new(),
        }
    }

    fn ignore(&mut self, name: String, why: impl Into<String>) {
        let why = why.into();
        self.ignored.push(Ignored { name, why });
    }

    fn finish(mut self) -> Result<Class, Error> {
        self.disambiguate();
        let mut submissions = Vec::new();
        for (_, (id, mut candidates)) in std::mem::take(&mut self.students) {
            if candidates
                .iter()
                .any(|candidate| !candidate.is_only_files())
            {
                for loose in candidates.extract_if(.., |candidate| candidate.is_only_files()) {
                    let why =
                        format!("is a file beside what `{id}` handed in as folder or archive");
                    self.ignore(loose.name, why);
                }
            }
            candidates.sort_by(by_time);
            check_collision(&id, &candidates)?;
            let attempts = candidates
                .into_iter()
                .flat_map(|candidate| candidate.attempts);
            let mut attempts = attempts.collect::<Vec<_>>();
            for other in self.without_crate(&mut attempts) {
                let why = format!(
                    "is an archive without a `{}`, beside others that `{id}` handed in",
                    manifest::NAME
                );
                self.ignore(other.name, why);
            }
            let Some(last) = attempts.last() else {
                continue;
            };
            submissions.push(Found {
                id,
                source: last.source.clone(),
                attempts,
            });
        }
        submissions.sort_by(|a, b| a.id.cmp(&b.id));
        self.ignored.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Class {
            submissions,
            ignored: self.ignored,
        })
    }
}

/// What a file beside the folders is, or why it is no submission.
fn file(
    location: Location,
    name: &str,
    exported: Option<lms::Exported>,
) -> Result<Candidate, &'static str> {
    if exported.as_ref().is_some_and(|exported| exported.is_text) {
        return Err("is text that was typed into Moodle, and no file");
    }
    let is_known = exported.is_some();
    let source = match ArchiveKind::of_name(name.as_bytes()) {
        Some(kind) => Source::Archive(location, kind),
        // It belongs to a student all the same, so it must not be ignored.
        None if is_known || is_other_archive(name.as_bytes()) => Source::File(location),
        None => return Err("is neither a folder nor an archive"),
    };
    let stem = stem(name).to_owned();
    let name = shown(name.as_bytes());
    Ok(Candidate {
        stem,
        attempts: vec![Attempt {
            name: name.clone(),
            source,
            is_late: exported.as_ref().is_some_and(|exported| exported.is_late),
        }],
        name,
        exported,
    })
}

/// The order of uploads: by the number that the exporting system gave, and without numbers by name.
fn by_time(a: &Candidate, b: &Candidate) -> Ordering {
    let file = |candidate: &Candidate| candidate.exported.as_ref().map(|exported| exported.file);
    file(a)
        .cmp(&file(b))
        .then_with(|| inside::natural(a.name.as_bytes(), b.name.as_bytes()))
}

/// Make sure that several entries of one id are of one student: the exporting system says so of each, and
/// its names differ.
fn check_collision(id: &SubmissionId, candidates: &[Candidate]) -> Result<(), Error> {
    let clash = candidates.windows(2).find(|pair| {
        let [Some(a), Some(b)] = [&pair[0].exported, &pair[1].exported] else {
            return true;
        };
        // Canvas gives every upload a number of its own. Moodle gives none, but never gives a name twice.
        a.id != b.id || a.file == b.file && a.file != 0 || (a.file == 0) != (b.file == 0)
    });
    let Some([a, b]) = clash else {
        return Ok(());
    };
    Err(Error::SameId {
        names: [a.name.clone(), b.name.clone()],
        id: id.clone(),
    })
}

/// The error of a machine that cannot go on, or of a folder that changes while it is read.
fn scan_error(dir: &Path, error: ReadError) -> Error {
    let source = match Cause::from_read_error(dir, "", error) {
        Cause::Ours(error) => return error,
        Cause::Submission(refusal) | Cause::Limit(refusal) => io::Error::other(refusal.problem),
    };
    Error::ClassFolder {
        path: dir.to_path_buf(),
        source,
    }
}
