//! Search one student's folder: is the crate there, or archives, or several attempts?
//!
//! Hides when subfolders are attempts and not just subfolders, and the folders that Sakai and `OpenOLAT` make for
//! each student. Says nothing about a folder that is plain: admission finds the crate in it.
//! Never opens anything but folders.

use std::{
    cmp::Ordering,
    collections::BTreeSet,
    ffi::{CString, OsStr},
    os::{
        fd::{AsFd as _, BorrowedFd},
        unix::ffi::OsStrExt as _,
    },
};

use rustix::fs::FileType;

use super::{
    archive_names::{is_other_archive, stem},
    date,
};
use crate::{
    archive_kind::ArchiveKind,
    cause::ReadError,
    choice::{self, Root},
    location::Location,
    open, root,
    source::Source,
    typed::Typed,
    wanted::Wanted,
};

/// A student's folder with more names is not searched for archives.
const NAMES: usize = 10_000;
/// More digits in a row are a person's number, or a date, and no attempt's.
const MOST_DIGITS: usize = 3;
/// What Sakai calls the folder with what a student handed in.
const SAKAI: &str = "Submission attachment(s)";
/// The end of the name of the file with what a student typed into Sakai.
const SAKAI_TEXT: &[u8] = b"_submissionText.html";

/// What is in a student's folder: names in it, and what they are, the last one last.
pub(super) type Attempts = Vec<(Vec<u8>, Source)>;

/// A student's folder.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Inside {
    /// It has these attempts; none if it is one submission as it is.
    Plain(Attempts),
    /// Sakai made it.
    Sakai(Attempts),
    /// `OpenOLAT` made it.
    OpenOlat(Attempts),
}

/// Look into the open folder `fd`.
pub(super) fn look(
    fd: BorrowedFd<'_>,
    location: &Location,
    wanted: Wanted<'_>,
) -> Result<Inside, ReadError> {
    let names = root::list(fd, NAMES)?;
    let is_called = |wanted: &str| {
        names
            .iter()
            .any(|name| name.to_bytes() == wanted.as_bytes())
    };
    let text = names
        .iter()
        .find(|name| name.to_bytes().ends_with(SAKAI_TEXT));
    if is_called(SAKAI) || text.is_some() && is_called("timestamp.txt") {
        return sakai(fd, location, text, wanted).map(Inside::Sakai);
    }
    let rounds = openolat_rounds(names.iter().map(|name| name.to_bytes()));
    if rounds
        .iter()
        .any(|(_, name)| name.ends_with(b"_submissions"))
    {
        return openolat(fd, location, &rounds, wanted).map(Inside::OpenOlat);
    }
    attempts_in(fd, location, wanted).map(Inside::Plain)
}

/// Whether Sakai or `OpenOLAT` made the open folder for a student.
pub(super) fn is_made_by_a_system(fd: BorrowedFd<'_>) -> Result<bool, ReadError> {
    let names = root::list(fd, NAMES)?;
    let rounds = openolat_rounds(names.iter().map(|name| name.to_bytes()));
    Ok(names.iter().any(|name| name.to_bytes() == SAKAI.as_bytes())
        || rounds
            .iter()
            .any(|(_, name)| name.ends_with(b"_submissions")))
}

/// Sakai: `Submission attachment(s)` beside `timestamp.txt`, `comments.txt` and `Feedback Attachment(s)`; what
/// was typed is in `…_submissionText.html`.
fn sakai(
    fd: BorrowedFd<'_>,
    location: &Location,
    text: Option<&CString>,
    wanted: Wanted<'_>,
) -> Result<Attempts, ReadError> {
    let attachments = CString::new(SAKAI).unwrap_or_default();
    let below = location.join(OsStr::new(SAKAI));
    let inner = open::folder(fd, &attachments);
    let inner = match inner {
        Ok(inner) => inner,
        Err(shortage) if shortage.is_shortage() => return Err(shortage),
        Err(_) => None,
    };
    let is_empty = match &inner {
        Some(inner) => root::list(inner.as_fd(), 1)?.is_empty(),
        None => true,
    };
    if let (true, Some(text)) = (is_empty, text) {
        let at = location.join(OsStr::from_bytes(text.to_bytes()));
        return Ok(vec![(
            text.to_bytes().to_vec(),
            Source::Typed(at, Typed::Text),
        )]);
    }
    let found = match &inner {
        Some(inner) => attempts_in(inner.as_fd(), &below, wanted)?,
        None => Vec::new(),
    };
    Ok(in_folder(SAKAI.as_bytes(), found, below))
}

/// The names among `names` of folders in which `OpenOLAT` puts what a student handed in, in the order in which
/// they came.
///
/// `GTACourseNode.java` of `OpenOLAT` numbers the steps of a task: `1_task`, `2_submissions`, `3_corrections`,
/// `4_revisions_1`, `5_corrections_1`, and at the end `6_assessment`; steps that a task does not have are left
/// out. The folder around is `Last_First_login`, or a group's name and number.
fn openolat_rounds<'n>(names: impl Iterator<Item = &'n [u8]>) -> Vec<(u32, Vec<u8>)> {
    let round = |name: &[u8]| {
        let text = std::str::from_utf8(name).ok()?;
        let (number, step) = text.split_once('_')?;
        let number = number
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| number.parse().ok())??;
        let is_round = step == "submissions"
            || step
                .strip_prefix("revisions_")
                .is_some_and(|round| round.parse::<u32>().is_ok());
        is_round.then(|| (number, name.to_vec()))
    };
    let mut rounds = names.filter_map(round).collect::<Vec<_>>();
    rounds.sort();
    rounds
}

fn openolat(
    fd: BorrowedFd<'_>,
    location: &Location,
    rounds: &[(u32, Vec<u8>)],
    wanted: Wanted<'_>,
) -> Result<Attempts, ReadError> {
    let mut all = Vec::new();
    for (_, name) in rounds {
        let c_name = CString::new(name.clone()).map_err(|_| ReadError::Changed)?;
        let below = location.join(OsStr::from_bytes(name));
        let Some(inner) = open::folder(fd, &c_name)? else {
            continue;
        };
        if !root::list(inner.as_fd(), 1)?.is_empty() {
            let found = attempts_in(inner.as_fd(), &below, wanted)?;
            all.extend(in_folder(name, found, below));
        }
    }
    Ok(all)
}

/// What was found in the folder `name`, or that folder itself.
fn in_folder(name: &[u8], found: Attempts, below: Location) -> Attempts {
    if found.is_empty() {
        return vec![(name.to_vec(), Source::Folder(below))];
    }
    let found = found.into_iter();
    found
        .map(|(inner, source)| ([name, &inner].join(&b'/'), source))
        .collect()
}

/// The attempts in the open folder `fd`, the last one last; none if it is one submission as it is.
fn attempts_in(
    fd: BorrowedFd<'_>,
    location: &Location,
    wanted: Wanted<'_>,
) -> Result<Attempts, ReadError> {
    let below = |name: &[u8]| location.join(OsStr::from_bytes(name));
    let mut found = match root::locate(fd, wanted)? {
        Root::At(_) | Root::Members(_) => return Ok(Vec::new()),
        Root::Several(folders) => numbered_folders(&folders)
            .into_iter()
            .map(|name| (name.clone(), Source::Folder(below(&name))))
            .collect(),
        Root::Nowhere => archives(fd)?
            .into_iter()
            .map(|(name, kind)| {
                let at = below(&name);
                let source = match kind {
                    Some(kind) => Source::Archive(at, kind),
                    None => Source::File(at),
                };
                (name, source)
            })
            .collect::<Vec<_>>(),
    };
    found.sort_by(|a, b| in_time(&a.0, &b.0));
    Ok(found)
}

/// Crates side by side are attempts if their folders' names have dates, or differ in small numbers only:
/// `attempt-1`, `attempt-2`. Otherwise nothing says which of the crates counts.
fn numbered_folders(folders: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let tops = folders.iter().map(|folder| {
        let end = folder.iter().position(|&byte| byte == b'/');
        folder[..end.unwrap_or(folder.len())].to_vec()
    });
    let tops = tops.collect::<Vec<_>>();
    let are_apart = tops.iter().collect::<BTreeSet<_>>().len() == tops.len();
    let are_dated = tops.iter().all(|top| date_in(top).is_some());
    let are_alike = tops
        .windows(2)
        .all(|pair| shape(&pair[0]).is_some() && shape(&pair[0]) == shape(&pair[1]));
    if are_apart && (are_alike || are_dated) {
        tops
    } else {
        Vec::new()
    }
}

/// A name with each small number as a `0`; none if it has a large one.
fn shape(name: &[u8]) -> Option<Vec<u8>> {
    let mut shape = Vec::new();
    for chunk in name.chunk_by(|a, b| a.is_ascii_digit() && b.is_ascii_digit()) {
        if !chunk[0].is_ascii_digit() {
            shape.extend_from_slice(chunk);
        } else if chunk.len() <= MOST_DIGITS {
            shape.push(b'0');
        } else {
            return None;
        }
    }
    Some(shape)
}

/// Whether the names say by a word that they are attempts of one student, as `attempt-1` and `attempt-2` do, or
/// are copies of one name, as `hw.zip`, `hw-1.zip` and `hw (2).zip` are.
pub(super) fn are_attempts<'n>(names: impl Iterator<Item = &'n [u8]>) -> bool {
    const WORDS: [&str; 12] = [
        "attempt",
        "version",
        "v",
        "try",
        "rev",
        "revision",
        "versuch",
        "essai",
        "tentative",
        "intento",
        "tentativo",
        "poging",
    ];
    let (mut bases, mut stems) = (BTreeSet::new(), BTreeSet::new());
    let (mut are_words, mut has_bare, mut are_bare) = (true, false, true);
    for name in names {
        let text = String::from_utf8_lossy(name);
        stems.insert(stem(&text).to_owned());
        let text = text.to_lowercase();
        let whole = stem(&text);
        let bare = base(whole);
        are_bare &= bare == whole;
        are_words &= WORDS.contains(&bare) && bare.len() < whole.len();
        has_bare |= bare == whole;
        bases.insert(bare.to_owned());
    }
    // Names that differ in capitals alone may be two people's.
    let may_be_people = are_bare && stems.len() > 1;
    bases.len() == 1 && (are_words || has_bare) && !may_be_people
}

/// A path, and the kind of the archive there if it is one that is read.
type ByName = (Vec<u8>, Option<ArchiveKind>);

/// The archives in a folder without a crate, as Moodle puts them there: at its top, or else in the folders
/// highest up, one or two folders down. An archive that is not read counts only where none is read.
fn archives(fd: BorrowedFd<'_>) -> Result<Vec<ByName>, ReadError> {
    let mut found = Vec::new();
    let mut names_left = NAMES;
    archives_below(fd, b"", 0, &mut names_left, &mut found)?;
    let is_read = found.iter().any(|((_, kind), _)| kind.is_some());
    found.retain(|((_, kind), _)| kind.is_some() == is_read);
    let highest = found.iter().map(|(_, depth)| *depth).min();
    found.retain(|(_, depth)| Some(*depth) == highest);
    Ok(found.into_iter().map(|(archive, _)| archive).collect())
}

fn archives_below(
    fd: BorrowedFd<'_>,
    path: &[u8],
    depth: usize,
    names_left: &mut usize,
    found: &mut Vec<(ByName, usize)>,
) -> Result<(), ReadError> {
    let names = root::list(fd, *names_left)?;
    *names_left -= names.len();
    for name in &names {
        let bytes = name.to_bytes();
        let below = if path.is_empty() {
            bytes.to_vec()
        } else {
            [path, bytes].join(&b'/')
        };
        // macOS puts a shadow `._hw.zip` beside `hw.zip`.
        if bytes.starts_with(b".") || !choice::is_searched(bytes) {
            continue;
        }
        let kind = ArchiveKind::of_name(bytes);
        if kind.is_some() || is_other_archive(bytes) {
            if matches!(open::kind_of(fd, name), Ok(FileType::RegularFile)) {
                found.push(((below, kind), depth));
            }
        } else if depth < choice::NEAR
            && let Some(inner) = open::folder(fd, name)?
        {
            archives_below(inner.as_fd(), &below, depth + 1, names_left, found)?;
        }
    }
    Ok(())
}

/// Whether names say in which order they came: each has a date, or they differ in numbers alone, or they are
/// copies of one name.
pub(super) fn say_order<'n>(names: impl Iterator<Item = &'n [u8]>) -> bool {
    let names = names.collect::<Vec<_>>();
    let bases = names.iter().map(|name| {
        let text = String::from_utf8_lossy(name).to_lowercase();
        base(stem(&text)).to_owned()
    });
    let shapes = names
        .iter()
        .map(|name| shape(name))
        .collect::<BTreeSet<_>>();
    names.iter().all(|name| date_in(name).is_some())
        || bases.collect::<BTreeSet<_>>().len() == 1
        || shapes.len() == 1 && !shapes.contains(&None)
}

/// A name without the number at its end: `hw`, of `hw`, `hw-1` and `hw (2)`.
fn base(stem: &str) -> &str {
    stem.trim_end_matches(|c: char| c.is_ascii_digit() || "-_ ().".contains(c))
}

/// The date in a name.
pub(super) fn date_in(name: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(name);
    date::read(stem(&text))
}

/// Names in the order of the dates in them, if both have one, and else as a person counts.
fn in_time(a: &[u8], b: &[u8]) -> Ordering {
    let dates = date_in(a).zip(date_in(b));
    dates
        .map_or(Ordering::Equal, |(a, b)| a.cmp(&b))
        .then_with(|| natural(a, b))
}

/// Names in the order in which a person counts: `v9` before `v10`, and `hw` before `hw-1`.
pub(super) fn natural(a: &[u8], b: &[u8]) -> Ordering {
    let part = |name: &[u8]| {
        let text = String::from_utf8_lossy(name);
        let stem = stem(&text).as_bytes().to_vec();
        let chunks = stem.chunk_by(|a, b| a.is_ascii_digit() && b.is_ascii_digit());
        let keys = chunks.map(|chunk| {
            if !chunk[0].is_ascii_digit() {
                return (0, chunk.to_vec());
            }
            // By its length without zeros before, then by its digits.
            let digits = chunk.iter().skip_while(|&&digit| digit == b'0');
            let digits = digits.copied().collect::<Vec<_>>();
            (1 + digits.len(), digits)
        });
        keys.collect::<Vec<_>>()
    };
    part(a).cmp(&part(b)).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_ordered_as_a_person_counts() {
        let ordered: [&[u8]; 7] = [
            b"hw.zip",
            b"hw-1.zip",
            b"hw-2.zip",
            b"hw-010.zip",
            b"hw-11.zip",
            b"v9",
            b"v10",
        ];
        let mut names = ordered;
        names.reverse();
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(names, ordered);
    }

    #[test]
    fn words_and_copies_say_that_names_are_attempts() {
        let are = |names: &[&str]| are_attempts(names.iter().map(|name| name.as_bytes()));
        for names in [
            &["attempt-1", "attempt-2"][..],
            &["Attempt 1", "Attempt 2"],
            &["v9", "v10"],
            &["hw.zip", "hw-1.zip", "hw (2).zip"],
        ] {
            assert!(are(names), "{names:?}");
        }
        for names in [
            &["2024001", "2024002"][..],
            &["student-1", "student-2"],
            &["1", "2"],
            &["jane.zip", "max.zip"],
            &["hw-octocat", "hw-hubot"],
            &["j.Doe", "j.doe"],
        ] {
            assert!(!are(names), "{names:?}");
        }
    }

    #[test]
    fn folders_of_openolat_are_ordered_by_their_steps() {
        let names = [
            "10_revisions_4",
            "1_task",
            "2_submissions",
            "3_corrections",
            "4_revisions_1",
            "x_submissions",
        ];
        let rounds = openolat_rounds(names.iter().map(|name| name.as_bytes())).into_iter();
        let rounds = rounds.map(|(number, _)| number).collect::<Vec<_>>();
        assert_eq!(rounds, [2, 4, 10]);
    }

    #[test]
    fn numbers_of_people_are_no_attempts() {
        let numbered = |names: &[&str]| {
            let names = names.iter().map(|name| name.as_bytes().to_vec());
            !numbered_folders(&names.collect::<Vec<_>>()).is_empty()
        };
        assert!(
            numbered(&["attempt-1", "attempt-2"]) && numbered(&["Sep 30, 2026", "Oct 1, 2026"])
        );
        assert!(
            !numbered(&["2024001", "2024002"])
                && !numbered(&["a", "b"])
                && !numbered(&["x-1/a", "x-1/b"])
        );
    }
}
