//! Find the submissions of a class in an instructor's folder.
//!
//! Hides the layouts that people and their systems use. Every entry of the folder is accounted for: it is a
//! submission, an attempt of one, or it is listed as ignored with the reason. Never follows a link, opens an
//! archive only to see which of several attempts holds a crate, and never takes the work of two students for
//! one submission: entries are one student's only if a system or the instructor's pattern says so.

mod apart;
mod archive_names;
mod date;
mod found;
mod gradescope;
mod inside;
mod pattern;
mod students;
mod systems;
mod wrapper;

#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    ffi::{CStr, CString, OsStr},
    fs::File,
    io::{self, BufRead as _, Read as _},
    os::{
        fd::{AsFd as _, BorrowedFd},
        unix::ffi::OsStrExt as _,
    },
    path::{Path, PathBuf},
};

use rustix::fs::FileType;

use self::{
    archive_names::is_other_archive,
    inside::Inside,
    students::{Candidate, Finished, Students, Weight},
    systems::{Content, Exported, Reader, System},
    wrapper::Judgement,
};
pub use self::{
    found::{Account, AccountSystem, Attempt, Class, Found, Ignored, Person, ToldApart},
    pattern::{NamePattern, PatternError},
};
use crate::{
    archive_kind::ArchiveKind,
    cause::{Cause, ReadError},
    error::{Error, IsAFile, IsOneSubmission, NoName, TooManyEntries},
    limits::Limits,
    location::Location,
    manifest,
    names::{self, shown},
    open, root,
    source::Source,
    typed::Typed,
    wanted::Wanted,
};

/// A folder with more entries is probably a mistake, and is refused.
const ENTRIES: usize = 1_000_000;

/// Scan the instructor's folder `dir`.
///
/// If `dir` itself is a link, it is followed, because the user named it. Inside, folders are opened to find
/// the crate. If a student has several archives, the last ones are read, within `limits`. `wanted` says
/// which crate is looked for. With `pattern`, names are read as it says, and in no other way.
///
/// # Errors
/// `dir` cannot be read, is itself a crate, or seems not to be the class's folder; `pattern` matches no name;
/// or the machine is out of memory or of open files.
pub fn find(
    dir: &Path,
    wanted: Wanted<'_>,
    limits: &Limits,
    pattern: Option<&NamePattern>,
) -> Result<Class, Error> {
    find_in(dir, wanted, limits, pattern, ENTRIES)
}

/// The same for a class of fewer than `too_many` entries.
fn find_in(
    dir: &Path,
    wanted: Wanted<'_>,
    limits: &Limits,
    pattern: Option<&NamePattern>,
    too_many: usize,
) -> Result<Class, Error> {
    let top = open::class(dir).map_err(|error| not_a_folder(dir, error))?;
    let list = |fd: BorrowedFd<'_>| {
        let names = root::list(fd, too_many);
        let names = names.map_err(|errno| scan_error(dir, ReadError::from(errno)))?;
        // Nobody is left out in silence.
        if names.len() == too_many {
            return Err(Error::ClassTooLarge {
                path: dir.to_path_buf(),
                source: TooManyEntries(too_many),
            });
        }
        Ok(names)
    };
    let names = list(top.as_fd())?;
    if names
        .iter()
        .any(|name| name.to_bytes() == manifest::NAME.as_bytes())
    {
        return Err(Error::ClassIsCrate {
            path: dir.to_path_buf(),
            source: IsOneSubmission,
        });
    }
    let judgement = match pattern {
        Some(_) => Judgement::Class(PathBuf::new()),
        None => wrapper::judge(dir, top.as_fd(), wanted, *limits)
            .map_err(|error| scan_error(dir, error))?,
    };
    let below = match judgement {
        Judgement::Class(below) => below,
        Judgement::Misnamed(source, meant) => {
            let path = dir.to_path_buf();
            return Err(Error::NotTheClass {
                path,
                meant,
                source,
            });
        }
    };
    let fd =
        root::descend(top, below.as_os_str().as_bytes()).map_err(|error| scan_error(dir, error))?;
    let names = list(fd.as_fd())?;
    let texts = names.iter().map(|name| text_of(name)).collect::<Vec<_>>();
    let mut scan = ClassScan {
        place: Location::new(dir, &below),
        reader: Reader::of(texts.iter().map(String::as_str)),
        pattern,
        gradescope: BTreeMap::new(),
        wanted,
        students: Students::new(wanted, *limits),
        repositories: 0,
    };
    scan.read_metadata(fd.as_fd(), &names);
    for (name, text) in names.iter().zip(&texts) {
        let location = scan.place.join(OsStr::from_bytes(name.to_bytes()));
        let sorted = scan.entry(&location, fd.as_fd(), name, text);
        sorted.map_err(|shortage| scan_error(&location.path(), shortage))?;
    }
    scan.finish(below, &names)
}

/// The error of a class that is no folder, or the error as it is.
fn not_a_folder(dir: &Path, error: Error) -> Error {
    let name = dir.file_name().unwrap_or_default().as_bytes();
    match &error {
        Error::ClassFolder { path, source } if source.kind() == io::ErrorKind::NotADirectory => {
            let is_archive = ArchiveKind::of_name(name).is_some() || is_other_archive(name);
            Error::ClassIsFile {
                path: path.clone(),
                source: if is_archive {
                    IsAFile::Archive
                } else {
                    IsAFile::Other
                },
            }
        }
        _ => error,
    }
}

/// A name as text. Different names give different texts, also if they are not UTF-8.
fn text_of(name: &CStr) -> String {
    let mut text = String::new();
    for chunk in name.to_bytes().utf8_chunks() {
        text.push_str(chunk.valid());
        // Characters that no keyboard has.
        let odd = chunk.invalid().iter();
        text.extend(odd.filter_map(|&byte| char::from_u32(0xF_0000 + u32::from(byte))));
    }
    text
}

/// The entries scanned so far.
#[derive(Debug)]
struct ClassScan<'a> {
    place: Location,
    reader: Reader,
    pattern: Option<&'a NamePattern>,
    /// What Gradescope says of each folder.
    gradescope: BTreeMap<String, gradescope::Submission>,
    wanted: Wanted<'a>,
    students: Students<'a>,
    /// How many folders are clones.
    repositories: usize,
}

impl ClassScan<'_> {
    /// Read what Gradescope says about its folders, if it does.
    fn read_metadata(&mut self, fd: BorrowedFd<'_>, names: &[CString]) {
        let name = names
            .iter()
            .find(|name| name.to_bytes() == gradescope::METADATA.as_bytes());
        let opened = name
            .filter(|_| self.pattern.is_none())
            .map(|name| open::open(fd, name));
        let Some(Ok(opened)) = opened else {
            return;
        };
        if !opened.is_folder() {
            let file = io::BufReader::new(File::from(opened.fd).take(gradescope::MOST_BYTES));
            let lines = file.split(b'\n').map_while(Result::ok);
            self.gradescope =
                gradescope::read(lines.map(|line| String::from_utf8_lossy(&line).into_owned()));
        }
    }

    /// What the name of an entry says.
    fn exported(&self, text: &str) -> Option<Exported> {
        if let Some(pattern) = self.pattern {
            return pattern.read(text);
        }
        let Some(submission) = self.gradescope.get(text) else {
            return self.reader.read(text);
        };
        Some(Exported {
            system: System::Gradescope,
            identity: text.to_owned(),
            label: submission.label().unwrap_or_else(|| text.to_owned()),
            date: submission.date.clone(),
            file: 0,
            is_late: false,
            content: Content::Work,
        })
    }

    /// Scan one entry. The only error is a shortage of memory or of open files.
    fn entry(
        &mut self,
        location: &Location,
        fd: BorrowedFd<'_>,
        name: &CString,
        text: &str,
    ) -> Result<(), ReadError> {
        let bytes = name.to_bytes();
        let location = location.clone();
        let exported = || self.exported(text);
        let why = match open::kind_of(fd, name) {
            Err(shortage) if shortage.is_shortage() => return Err(shortage),
            Ok(FileType::Symlink) => "is a symbolic link, and links are not followed",
            Ok(_) if names::is_dropped(bytes) => "is what other tools leave in folders",
            Ok(_) if bytes.starts_with(b".") => "is hidden",
            Ok(_) if self.pattern.is_some() && exported().is_none() => {
                "does not match the pattern for names"
            }
            // An entry whose type cannot be read may be a folder: no entry of a class is dropped in silence.
            Ok(FileType::Directory) | Err(ReadError::Machine(_))
                if wrapper::is_grades(fd, name) =>
            {
                "has the grades of a batch, or reports"
            }
            Ok(FileType::Directory) | Err(ReadError::Machine(_)) => {
                return self.folder(fd, name, location, text, exported());
            }
            Err(_) => "is gone",
            Ok(FileType::RegularFile) => match file(bytes, location, exported().as_ref()) {
                Ok((source, weight)) => {
                    let exported = exported();
                    let is_late = exported.as_ref().is_some_and(|exported| exported.is_late);
                    let date = exported.as_ref().and_then(|exported| exported.date.clone());
                    let name = shown(bytes);
                    let attempt = Attempt {
                        name: name.clone(),
                        source,
                        is_late,
                        date,
                    };
                    self.students.add(Candidate::new(
                        name,
                        bytes,
                        text,
                        exported,
                        vec![attempt],
                        weight,
                    ));
                    return Ok(());
                }
                Err(_)
                    if !self.gradescope.is_empty() && bytes == gradescope::METADATA.as_bytes() =>
                {
                    "says whose submissions these are"
                }
                Err(why) => why,
            },
            Ok(_) => "is neither a file nor a folder",
        };
        self.students.ignore(shown(bytes), why);
        Ok(())
    }

    fn folder(
        &mut self,
        fd: BorrowedFd<'_>,
        name: &CString,
        location: Location,
        text: &str,
        exported: Option<Exported>,
    ) -> Result<(), ReadError> {
        let bytes = name.to_bytes();
        let shown_name = shown(bytes);
        let inner = match open::folder(fd, name) {
            Err(shortage) if shortage.is_shortage() => return Err(shortage),
            // A folder that cannot be opened is a submission all the same; its admission reports the reason.
            inner => inner.unwrap_or_default(),
        };
        let is_typed = exported
            .as_ref()
            .is_some_and(|one| one.content != Content::Work);
        let inside = match &inner {
            Some(_) if is_typed => Inside::Plain(Vec::new()),
            Some(inner) => match inside::look(inner.as_fd(), &location, self.wanted) {
                Err(shortage) if shortage.is_shortage() => return Err(shortage),
                inside => inside.unwrap_or(Inside::Plain(Vec::new())),
            },
            None => Inside::Plain(Vec::new()),
        };
        if let Some(inner) = &inner
            && matches!(
                open::kind_of(inner.as_fd(), c".git"),
                Ok(FileType::Directory)
            )
        {
            self.repositories += 1;
        }
        let by_folder = |system, label: &str| Exported {
            system,
            identity: text.to_owned(),
            label: label.to_owned(),
            date: None,
            file: 0,
            is_late: false,
            content: Content::Work,
        };
        let (found, exported) = match inside {
            Inside::Plain(found) => (found, exported),
            Inside::Sakai(found) => {
                let exported =
                    exported.unwrap_or_else(|| by_folder(System::Sakai, sakai_login(text)));
                (found, Some(exported))
            }
            Inside::OpenOlat(found) => (
                found,
                Some(exported.unwrap_or_else(|| by_folder(System::OpenOlat, text))),
            ),
        };
        let is_late = exported.as_ref().is_some_and(|exported| exported.is_late);
        let date = exported.as_ref().and_then(|exported| exported.date.clone());
        let mut weight = Weight::Work;
        let mut attempts = found
            .into_iter()
            .map(|(name, source)| Attempt {
                name: format!("{shown_name}/{}", shown(&name)),
                source,
                is_late,
                date: date.clone().or_else(|| inside::date_in(&name)),
            })
            .collect::<Vec<_>>();
        if attempts.is_empty() {
            let source = if is_typed {
                weight = Weight::Typed;
                Source::Typed(location, typed(exported.as_ref()))
            } else {
                Source::Folder(location)
            };
            attempts.push(Attempt {
                name: shown_name.clone(),
                source,
                is_late,
                date,
            });
        }
        self.students.add(Candidate::new(
            shown_name, bytes, text, exported, attempts, weight,
        ));
        Ok(())
    }

    fn finish(mut self, below: PathBuf, names: &[CString]) -> Result<Class, Error> {
        if let Some(pattern) = self.pattern
            && self.students.is_empty()
        {
            return Err(Error::NoName {
                path: self.place.path(),
                source: NoName {
                    pattern: pattern.as_str().to_owned(),
                    name: names
                        .first()
                        .map(|name| shown(name.to_bytes()))
                        .unwrap_or_default(),
                },
            });
        }
        let metadata = std::mem::take(&mut self.gradescope);
        for (folder, submission) in &metadata {
            if !self.students.have_folder(folder) && !submission.people.is_empty() {
                let who = submission.label().unwrap_or_default();
                let who = shown(who.as_bytes());
                let why = format!(
                    "is in `{}`, of {who}, and has no folder",
                    gradescope::METADATA
                );
                self.students.ignore(shown(folder.as_bytes()), why);
            }
        }
        let mut layout = self.students.layout(self.repositories);
        if !below.as_os_str().is_empty() {
            layout = format!("{layout}, in `{}`", shown(below.as_os_str().as_bytes()));
        }
        let Finished {
            mut submissions,
            told_apart,
            ignored,
        } = self.students.finish();
        for (text, found) in &mut submissions {
            if let Some(submission) = metadata.get(text) {
                found.people.clone_from(&submission.people);
            }
        }
        Ok(Class {
            layout,
            submissions: submissions.into_iter().map(|(_, found)| found).collect(),
            told_apart,
            ignored,
            below,
            names: names
                .iter()
                .map(|name| OsStr::from_bytes(name.to_bytes()).to_owned())
                .collect(),
        })
    }
}

/// The login in the name of a folder of Sakai, `Doe, Jane(jdoe123)`.
fn sakai_login(text: &str) -> &str {
    let login = text
        .strip_suffix(')')
        .and_then(|text| text.rsplit_once('('));
    login.map_or(text, |(_, login)| login)
}

fn typed(exported: Option<&Exported>) -> Typed {
    match exported.map(|exported| exported.content) {
        Some(Content::Link) => Typed::Link,
        _ => Typed::Text,
    }
}

/// What a file beside the folders is, or why it is no submission.
fn file(
    name: &[u8],
    location: Location,
    exported: Option<&Exported>,
) -> Result<(Source, Weight), &'static str> {
    if exported.is_some_and(|exported| exported.content != Content::Work) {
        return Ok((Source::Typed(location, typed(exported)), Weight::Typed));
    }
    match ArchiveKind::of_name(name) {
        Some(kind) => Ok((Source::Archive(location, kind), Weight::Work)),
        // It belongs to a student all the same, so it must not be ignored.
        None if exported.is_some() || is_other_archive(name) => {
            Ok((Source::File(location), Weight::File))
        }
        None => Err("is neither a folder nor an archive"),
    }
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
