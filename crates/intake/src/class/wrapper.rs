//! Is the folder that was named the class's, or is it the folder above or below?
//!
//! # Theory of operation
//!
//! Archives are unpacked into folders around the class, and people name the folder above. Then one folder
//! would be taken for one student, and the students in it for that student's attempts. So a class with one
//! folder alone is looked into, down to the first folder that holds two things in which there may be a
//! student's work: folders with a manifest, a Rust file or an archive somewhere in them, or archives that may
//! hold a crate. If the names there are those of an export, there is no doubt, and that folder is the class.
//! If the names say that they are attempts, or one folder has the exercise's name, it is one student's work.
//! Otherwise nobody can tell, and nothing is graded before a person does. The same holds for several folders
//! that all hold several things: the classes of several courses or tutors; and for one archive alone that holds
//! several crates or archives. And a folder that a system made
//! for one student, or in which all names are attempts, is not a class: it was named in place of the one above.
//!
//! Hides what makes a doubt. Never follows a link, and reads no file but archives, a few of them.

use std::{
    collections::BTreeSet,
    ffi::{CString, OsStr},
    os::{
        fd::{AsFd as _, BorrowedFd, OwnedFd},
        unix::ffi::OsStrExt as _,
    },
    path::{Path, PathBuf},
};

use rustix::fs::FileType;

use super::{
    ENTRIES,
    archive_names::stem,
    gradescope, inside,
    systems::{Reader, System},
};
use crate::{
    archive,
    archive_kind::ArchiveKind,
    cause::ReadError,
    choice,
    error::Misnamed,
    limits::Limits,
    location::Location,
    manifest,
    names::{self, REPORTS_MARK, shown},
    open, root,
    wanted::Wanted,
};

/// How many folders may be around a class.
const DEEPEST: usize = 4;
/// How far down in a folder a student's work is looked for.
const WORK_DEPTH: usize = 3;
/// So many names are looked at in folders below the one that was named.
const NAMES: usize = 100_000;
/// So many archives are looked into, to see whether they may hold a crate.
const ARCHIVES: usize = 8;
/// So many folders are looked into, to see whether a system made them.
const FOLDERS: usize = 16;

/// What the folder that was named is.
#[derive(Debug)]
pub(super) enum Judgement {
    /// The class is in it, in this folder; the path is empty for the folder itself.
    Class(PathBuf),
    /// It is not, or nobody can tell; the class is rather here.
    Misnamed(Misnamed, PathBuf),
}

/// Judge the open folder `fd`, which was named as `dir`.
pub(super) fn judge(
    dir: &Path,
    fd: BorrowedFd<'_>,
    wanted: Wanted<'_>,
    limits: Limits,
) -> Result<Judgement, ReadError> {
    let mut search = Search {
        dir,
        wanted,
        limits,
        names_left: NAMES,
        archives_left: ARCHIVES,
    };
    search.judge(fd)
}

struct Search<'a> {
    dir: &'a Path,
    wanted: Wanted<'a>,
    limits: Limits,
    names_left: usize,
    archives_left: usize,
}

/// What is in one folder.
struct Level {
    folders: Vec<CString>,
    archives: Vec<(CString, ArchiveKind)>,
    /// Whether a crate is here: a manifest, `src`, or a Rust file.
    is_crate: bool,
    /// Whether names are those of an export.
    is_export: bool,
}

impl Level {
    fn read(fd: BorrowedFd<'_>, most: usize) -> Result<(Self, usize), ReadError> {
        let names = root::list(fd, most)?;
        let texts = names
            .iter()
            .map(|name| name.to_string_lossy())
            .collect::<Vec<_>>();
        let reader = Reader::of(texts.iter().map(AsRef::as_ref));
        let mut level = Self {
            folders: Vec::new(),
            archives: Vec::new(),
            is_crate: false,
            is_export: false,
        };
        let mut like_canvas = 0;
        for (name, text) in names.iter().zip(&texts) {
            let bytes = name.to_bytes();
            if bytes.starts_with(b".") || !choice::is_searched(bytes) {
                continue;
            }
            // A student may give one file a name that looks like Canvas's.
            let system = reader.read(text).map(|exported| exported.system);
            like_canvas += usize::from(system == Some(System::Canvas));
            level.is_export |= like_canvas > 1
                || system.is_some_and(|system| system != System::Canvas)
                || bytes == gradescope::METADATA.as_bytes();
            level.is_crate |=
                bytes == manifest::NAME.as_bytes() || bytes == b"src" || is_rust(bytes);
            match open::kind_of(fd, name) {
                Ok(FileType::Directory) => level.folders.push(name.clone()),
                Ok(FileType::RegularFile) => {
                    level
                        .archives
                        .extend(ArchiveKind::of_name(bytes).map(|kind| (name.clone(), kind)));
                }
                Err(shortage) if shortage.is_shortage() => return Err(shortage),
                _ => {}
            }
        }
        for name in level.folders.iter().take(FOLDERS) {
            if !level.is_export
                && let Some(inner) = open::folder(fd, name)?
            {
                level.is_export = if_readable(inside::is_made_by_a_system(inner.as_fd()), false)?;
            }
        }
        Ok((level, names.len()))
    }

    /// The folders and archives, by their names.
    fn names(&self) -> impl Iterator<Item = &CString> {
        self.folders
            .iter()
            .chain(self.archives.iter().map(|(name, _)| name))
    }

    fn are_attempts(&self) -> bool {
        inside::are_attempts(self.names().map(|name| name.to_bytes()))
    }
}

/// What was found, or `otherwise` where this process may not look: one folder that cannot be read does not stop a
/// class. Only a shortage of the machine is an error.
fn if_readable<T>(found: Result<T, ReadError>, otherwise: T) -> Result<T, ReadError> {
    match found {
        Err(shortage) if shortage.is_shortage() => Err(shortage),
        found => Ok(found.unwrap_or(otherwise)),
    }
}

fn is_rust(name: &[u8]) -> bool {
    name.to_ascii_lowercase().ends_with(b".rs")
}

fn text_stem(name: &CString) -> String {
    let text = name.to_string_lossy();
    names::fold(stem(&text))
}

impl Search<'_> {
    fn judge(&mut self, top: BorrowedFd<'_>) -> Result<Judgement, ReadError> {
        let here = || Judgement::Class(PathBuf::new());
        let (level, _) = Level::read(top, ENTRIES)?;
        if let Some(misnamed) = self.one_student(top, &level)? {
            let above = self.dir.parent().unwrap_or(self.dir);
            return Ok(Judgement::Misnamed(misnamed, above.to_path_buf()));
        }
        if level.is_export || level.is_crate {
            return Ok(here());
        }
        let folders = level.folders.iter().filter(|name| !is_grades(top, name));
        let folders = folders.collect::<Vec<_>>();
        if let ([], [(only, _)]) = (&folders[..], &level.archives[..]) {
            return Ok(self.packed(Path::new(""), only).unwrap_or_else(here));
        }
        // The archive that was unpacked may lie beside its folder.
        let unpacked = folders
            .iter()
            .map(|name| text_stem(name))
            .collect::<BTreeSet<_>>();
        let is_left_over = |(name, _): &(CString, ArchiveKind)| unpacked.contains(&text_stem(name));
        if !level.archives.iter().all(is_left_over) {
            return Ok(here());
        }
        match folders[..] {
            [] => Ok(here()),
            [only] => match open::folder(top, only)? {
                Some(inner) => self.wrapped(inner, only),
                None => Ok(here()),
            },
            _ => self.classes(top, &folders),
        }
    }

    /// Why the folder is one student's, if it is.
    fn one_student(
        &self,
        top: BorrowedFd<'_>,
        level: &Level,
    ) -> Result<Option<Misnamed>, ReadError> {
        if if_readable(inside::is_made_by_a_system(top), false)? {
            return Ok(Some(Misnamed::OneStudents));
        }
        let name = self.dir.file_name().unwrap_or_default().to_string_lossy();
        let exported = Reader::of([&*name].into_iter()).read(&name);
        let is_exported = || {
            exported.is_some_and(|one| matches!(one.system, System::Moodle | System::Brightspace))
        };
        if !level.is_export && !level.is_crate && is_exported() {
            return Ok(Some(Misnamed::OneStudents));
        }
        let is_several = level.names().nth(1).is_some();
        Ok((is_several && level.are_attempts()).then_some(Misnamed::Attempts))
    }

    /// Go down through folders that have one folder alone.
    fn wrapped(&mut self, first: OwnedFd, name: &CString) -> Result<Judgement, ReadError> {
        let (mut fd, mut below) = (first, PathBuf::from(OsStr::from_bytes(name.to_bytes())));
        for _ in 0..DEEPEST {
            let level = self.level(fd.as_fd())?;
            if level.is_export {
                return Ok(Judgement::Class(below));
            }
            if level.is_crate {
                break;
            }
            let work = self.work(fd.as_fd(), &level, &below)?;
            let next = match &work[..] {
                [] => break,
                [only] => only,
                _ if level.are_attempts()
                    || if_readable(self.has_exercise(fd.as_fd(), &level), false)? =>
                {
                    break;
                }
                _ => {
                    let folder = shown(below.as_os_str().as_bytes());
                    let holds = level.names().count();
                    return Ok(Judgement::Misnamed(
                        Misnamed::Wrapper { folder, holds },
                        self.dir.join(below),
                    ));
                }
            };
            let Some(inner) = open::folder(fd.as_fd(), next)? else {
                if let Some(doubt) = self.packed(&below, next) {
                    return Ok(doubt);
                }
                break;
            };
            below.push(OsStr::from_bytes(next.to_bytes()));
            fd = inner;
        }
        Ok(Judgement::Class(PathBuf::new()))
    }

    /// The doubt about the only archive, `name` in the folder `below`, if it holds several things.
    fn packed(&self, below: &Path, name: &CString) -> Option<Judgement> {
        let below = below.join(OsStr::from_bytes(name.to_bytes()));
        let found = archive::several_in(&Location::new(self.dir, &below), self.wanted, self.limits);
        let names = apart(&found);
        // Attempts of one student are refused with the names of the folders.
        let are_attempts = inside::are_attempts(names.iter().copied());
        (names.len() > 1 && !are_attempts).then(|| {
            let misnamed = Misnamed::Packed {
                archive: shown(below.as_os_str().as_bytes()),
                holds: found.len(),
            };
            Judgement::Misnamed(misnamed, self.dir.join(&below))
        })
    }

    /// Several folders: the students', or each a class.
    fn classes(
        &mut self,
        top: BorrowedFd<'_>,
        folders: &[&CString],
    ) -> Result<Judgement, ReadError> {
        let mut seen = BTreeSet::new();
        for name in folders {
            let Some(inner) = open::folder(top, name)? else {
                return Ok(Judgement::Class(PathBuf::new()));
            };
            let level = self.level(inner.as_fd())?;
            let below = PathBuf::from(OsStr::from_bytes(name.to_bytes()));
            let is_class = level.is_export
                || !level.is_crate
                    && self.work(inner.as_fd(), &level, &below)?.len() > 1
                    && !level.are_attempts()
                    && !if_readable(self.has_exercise(inner.as_fd(), &level), false)?;
            // Students hand in folders of the same names, classes have other students.
            let are_others = level.names().all(|name| seen.insert(text_stem(name)));
            if !is_class || !are_others {
                return Ok(Judgement::Class(PathBuf::new()));
            }
        }
        let folder = shown(folders[0].to_bytes());
        let meant = self.dir.join(OsStr::from_bytes(folders[0].to_bytes()));
        Ok(Judgement::Misnamed(Misnamed::Classes { folder }, meant))
    }

    fn level(&mut self, fd: BorrowedFd<'_>) -> Result<Level, ReadError> {
        let (level, count) = Level::read(fd, self.names_left)?;
        self.names_left -= count;
        Ok(level)
    }

    /// The names of things in which there may be a student's work; not more than two.
    fn work(
        &mut self,
        fd: BorrowedFd<'_>,
        level: &Level,
        below: &Path,
    ) -> Result<Vec<CString>, ReadError> {
        let mut work = Vec::<CString>::new();
        for name in &level.folders {
            if let Some(inner) = open::folder(fd, name)?
                && if_readable(self.has_work(inner.as_fd(), WORK_DEPTH), true)?
            {
                work.push(name.clone());
            }
            if work.len() > 1 {
                return Ok(work);
            }
        }
        for (name, _) in &level.archives {
            // A folder may lie beside the archive that it was unpacked from.
            if work.iter().any(|other| text_stem(other) == text_stem(name)) {
                continue;
            }
            let at = Location::new(self.dir, below.join(OsStr::from_bytes(name.to_bytes())));
            let is_looked_into = self.archives_left > 0;
            self.archives_left = self.archives_left.saturating_sub(1);
            if is_looked_into && archive::is_without_crate(&at, self.wanted, self.limits) {
                continue;
            }
            work.push(name.clone());
            if work.len() > 1 {
                break;
            }
        }
        Ok(work)
    }

    /// Whether there is a manifest, a Rust file or an archive, at most so many folders down.
    fn has_work(&mut self, fd: BorrowedFd<'_>, depth: usize) -> Result<bool, ReadError> {
        let names = root::list(fd, self.names_left)?;
        self.names_left -= names.len();
        let names = names.iter().filter(|name| {
            let bytes = name.to_bytes();
            !bytes.starts_with(b".") && choice::is_searched(bytes)
        });
        let names = names.collect::<Vec<_>>();
        let is_work = |name: &&CString| {
            let bytes = name.to_bytes();
            bytes == manifest::NAME.as_bytes()
                || is_rust(bytes)
                || ArchiveKind::of_name(bytes).is_some()
        };
        if names.iter().any(is_work) {
            return Ok(true);
        }
        if depth == 0 {
            return Ok(false);
        }
        for name in names {
            if let Some(inner) = open::folder(fd, name)?
                && if_readable(self.has_work(inner.as_fd(), depth - 1), true)?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether one of the folders is a crate that has the exercise's name, or that of another exercise of which a
    /// submission may have a crate.
    fn has_exercise(&self, fd: BorrowedFd<'_>, level: &Level) -> Result<bool, ReadError> {
        let called = level.folders.iter().find(|name| {
            let name = name.to_string_lossy();
            let others = self.wanted.among.iter().map(ids::ExerciseId::as_str);
            std::iter::once(self.wanted.exercise)
                .chain(others)
                .any(|exercise| name.eq_ignore_ascii_case(exercise))
        });
        let Some(inner) = called
            .map(|name| open::folder(fd, name))
            .transpose()?
            .flatten()
        else {
            return Ok(false);
        };
        let manifest = CString::new(manifest::NAME).unwrap_or_default();
        Ok(open::is_no_folder(inner.as_fd(), &manifest).unwrap_or(false))
    }
}

/// The names in which paths differ first, each once.
fn apart(paths: &[Vec<u8>]) -> BTreeSet<&[u8]> {
    let paths = paths
        .iter()
        .map(|path| path.split(|&byte| byte == b'/').collect::<Vec<_>>())
        .collect::<Vec<_>>();
    let deepest = paths.iter().map(Vec::len).max().unwrap_or(0);
    let levels = (0..deepest).map(|at| {
        let names = paths.iter().filter_map(|path| path.get(at).copied());
        names.collect::<BTreeSet<_>>()
    });
    let mut levels = levels.skip_while(|names| names.len() < 2);
    levels.next().unwrap_or_default()
}

/// Whether the folder `name` has the grades of a batch.
pub(super) fn is_grades(folder: BorrowedFd<'_>, name: &CString) -> bool {
    let Ok(Some(inner)) = open::folder(folder, name) else {
        return false;
    };
    let is_file = |name| {
        matches!(
            open::kind_of(inner.as_fd(), name),
            Ok(FileType::RegularFile)
        )
    };
    let is_folder = |name| matches!(open::kind_of(inner.as_fd(), name), Ok(FileType::Directory));
    let is_of_batch = is_file(c"seeds.json") && is_folder(c"records");
    // A student's crate is one, whatever else is in it.
    let is_of_reports =
        open::has_file(&inner, REPORTS_MARK) && !is_file(c"Cargo.toml") && !is_folder(c"src");
    is_of_batch || is_of_reports
}
