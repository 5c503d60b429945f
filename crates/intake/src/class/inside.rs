//! Search one student's folder: is the crate there, or archives, or several attempts?
//!
//! Hides when subfolders are attempts and not just subfolders. Says nothing about a folder that is plain:
//! admission finds the crate in it.
//! Never opens anything but folders.

use std::{
    cmp::Ordering,
    ffi::OsStr,
    os::{fd::BorrowedFd, unix::ffi::OsStrExt as _},
};

use rustix::fs::FileType;

use super::archive_names::stem;
use crate::{
    archive_kind::ArchiveKind,
    cause::ReadError,
    choice::{self, Root},
    location::Location,
    names, open, root,
    source::Source,
    wanted::Wanted,
};

/// A student's folder with more names at its top is not searched for archives.
const NAMES: usize = 10_000;

/// The attempts in the open folder `fd`, the last one last; none if it is one submission as it is.
pub(super) fn attempts_in(
    fd: BorrowedFd<'_>,
    location: &Location,
    wanted: Wanted<'_>,
) -> Result<Vec<(Vec<u8>, Source)>, ReadError> {
    let below = |name: &[u8]| location.join(OsStr::from_bytes(name));
    let mut found = match root::locate(fd, wanted)? {
        Root::At(_) | Root::Members(_) => return Ok(Vec::new()),
        Root::Several(folders) => numbered_folders(&folders)
            .into_iter()
            .map(|name| (name.clone(), Source::Folder(below(&name))))
            .collect(),
        Root::Nowhere => archives(fd)?
            .into_iter()
            .map(|(name, kind)| (name.clone(), Source::Archive(below(&name), kind)))
            .collect::<Vec<_>>(),
    };
    found.sort_by(|a, b| natural(&a.0, &b.0));
    Ok(found)
}

/// Crates side by side are attempts if their folders' names differ in numbers only: `attempt-1`, `attempt-2`.
/// Otherwise nothing says which of the crates counts.
fn numbered_folders(folders: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let tops = folders.iter().map(|folder| {
        let end = folder.iter().position(|&byte| byte == b'/');
        folder[..end.unwrap_or(folder.len())].to_vec()
    });
    let tops = tops.collect::<Vec<_>>();
    if choice::are_numbered(folders.iter().map(Vec::as_slice)) {
        tops
    } else {
        Vec::new()
    }
}

/// The archives at the top of a folder without a crate, as Moodle puts them there.
fn archives(fd: BorrowedFd<'_>) -> Result<Vec<(Vec<u8>, ArchiveKind)>, ReadError> {
    let mut archives = Vec::new();
    for name in root::list(fd, NAMES)? {
        let bytes = name.to_bytes();
        let Some(kind) = ArchiveKind::of_name(bytes) else {
            continue;
        };
        // macOS puts a shadow `._hw.zip` beside `hw.zip`.
        let is_shadow = bytes.starts_with(b".") || names::is_dropped(bytes);
        if !is_shadow && matches!(open::kind_of(fd, &name), Ok(FileType::RegularFile)) {
            archives.push((bytes.to_vec(), kind));
        }
    }
    Ok(archives)
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
}
