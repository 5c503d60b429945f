//! Write what a commit has in a folder to the disk.
//!
//! # Theory of operation
//!
//! A tree of git may hold what no working tree can: `..` as a name, a file where a folder is, the same name twice. Each
//! path is looked at before anything is made of it, and no file replaces another one. Links are made last, after every
//! folder, so that nothing is written through one. What they lead to is the concern of whoever reads the folder;
//! `intake` follows none.
//!
//! A submission has a room: so many files and bytes, several times what the course allows. Files beyond that get their
//! size and no contents, so the disk stays empty and `intake` refuses the submission as too large, in its own words. What
//! a tool has made comes last, because `intake` does not count it.
//!
//! Never lets git write a file, so no filter and no attribute of the repository has an effect.

use std::{
    collections::BTreeSet,
    ffi::OsStr,
    fs, io,
    io::Read as _,
    os::unix::{ffi::OsStrExt as _, fs::symlink},
    path::Path,
};

use super::{
    git::{EntryKind, TreeEntry},
    objects::Objects,
};
use crate::fault::Fault;

/// The longest path in bytes below the folder.
const LONGEST_PATH: usize = 3000;
/// The longest name in bytes.
const LONGEST_NAME: usize = 255;
/// The longest target of a link in bytes.
const LONGEST_TARGET: u64 = 4096;
/// So many times what the course allows is written.
const SPARE: u64 = 4;

/// How much may still be written.
#[derive(Debug)]
pub(super) struct Room {
    files: u64,
    bytes: u64,
}

impl Room {
    /// For what the course's author wrote.
    pub(super) fn endless() -> Self {
        Self {
            files: u64::MAX,
            bytes: u64::MAX,
        }
    }

    /// For a submission.
    pub(super) fn of(limits: &intake::Limits) -> Self {
        Self {
            files: SPARE.saturating_mul(limits.entries as u64),
            bytes: SPARE.saturating_mul(limits.bytes),
        }
    }

    /// Whether a file of this size has room, which it then takes.
    fn take(&mut self, size: u64) -> bool {
        let has_room = self.files > 0 && self.bytes >= size;
        self.files = self.files.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(size);
        has_room
    }
}

/// Write entries, all of which are at or below the folder `from` of the repository, as `to`. Returns the paths that
/// cannot be written, as bytes of git.
pub(super) fn write_tree(
    objects: &mut Objects,
    entries: &[TreeEntry],
    from: &[u8],
    to: &Path,
    room: &mut Room,
) -> Result<Vec<Vec<u8>>, Fault> {
    let mut unwritable = Vec::new();
    let mut links = Vec::new();
    let (made, own): (Vec<_>, Vec<_>) = entries.iter().partition(|entry| is_made(&entry.path));
    let mut seen = BTreeSet::new();
    for entry in own.into_iter().chain(made) {
        let relative = entry.path.strip_prefix(from).unwrap_or(&entry.path);
        let relative = relative.strip_prefix(b"/").unwrap_or(relative);
        if !is_plain(relative) || !seen.insert(relative) {
            unwritable.push(entry.path.clone());
            continue;
        }
        let path = if relative.is_empty() {
            to.to_path_buf()
        } else {
            to.join(OsStr::from_bytes(relative))
        };
        if entry.kind == EntryKind::Link {
            links.push((entry, path));
            continue;
        }
        let written = make_parent(&path).and_then(|()| match entry.kind {
            // As in a working tree where submodules are not fetched.
            EntryKind::Submodule => fs::create_dir(&path),
            _ => Ok(()),
        });
        let written = match written {
            Ok(()) if entry.kind == EntryKind::File => write_file(objects, entry, &path, room)?,
            other => other,
        };
        note(written, &path, entry, &mut unwritable)?;
    }
    // A tree that no tool of git makes may have a link, and a folder of the same name with links in it.
    let mut ready = Vec::new();
    for (entry, path) in links {
        let made = make_parent(&path);
        if made.is_ok() {
            ready.push((entry, path));
        } else {
            note(made, &path, entry, &mut unwritable)?;
        }
    }
    for (entry, path) in ready {
        let target = objects.read(&entry.object, |_, contents| {
            let mut target = Vec::new();
            let read = contents.take(LONGEST_TARGET).read_to_end(&mut target);
            read.map_err(|error| Fault::internal("read a link of the repository", error))?;
            Ok(target)
        })?;
        let made = symlink(OsStr::from_bytes(&target), &path);
        note(made, &path, entry, &mut unwritable)?;
    }
    Ok(unwritable)
}

/// Whether the disk can have such a path, and it leads nowhere else.
fn is_plain(path: &[u8]) -> bool {
    let is_name = |name: &[u8]| {
        !matches!(name, b"" | b"." | b"..") && name.len() <= LONGEST_NAME && !name.contains(&0)
    };
    path.is_empty() || path.len() <= LONGEST_PATH && path.split(|&byte| byte == b'/').all(is_name)
}

/// Whether the path is of what a tool has made, so that it is not counted.
fn is_made(path: &[u8]) -> bool {
    path.split(|&byte| byte == b'/')
        .any(|name| intake::is_dropped(name) || name == b"target")
}

fn make_parent(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)
}

/// Write a file that is new.
fn write_file(
    objects: &mut Objects,
    entry: &TreeEntry,
    path: &Path,
    room: &mut Room,
) -> Result<io::Result<()>, Fault> {
    objects.read(&entry.object, |size, contents| {
        let written = fs::File::create_new(path).and_then(|mut file| {
            if room.take(size) {
                io::copy(contents, &mut file).map(drop)
            } else {
                file.set_len(size)
            }
        });
        Ok(written)
    })
}

/// What became of an entry: a name that is taken, or that the disk cannot have, is the repository's peculiarity.
fn note(
    written: io::Result<()>,
    path: &Path,
    entry: &TreeEntry,
    unwritable: &mut Vec<Vec<u8>>,
) -> Result<(), Fault> {
    use io::ErrorKind as K;
    match written {
        Ok(()) => Ok(()),
        Err(error)
            if matches!(
                error.kind(),
                K::AlreadyExists | K::NotADirectory | K::InvalidFilename | K::IsADirectory
            ) =>
        {
            unwritable.push(entry.path.clone());
            Ok(())
        }
        Err(error) => Err(Fault::temporary("write", path, &error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_leads_elsewhere_is_not_written() {
        for wrong in ["..", "a/../b", "/a", "a//b", "./a", "a/.", &"x".repeat(256)] {
            assert!(!is_plain(wrong.as_bytes()), "{wrong}");
        }
        for right in ["", "a", "a/b\n", "...", ".git/config"] {
            assert!(is_plain(right.as_bytes()), "{right}");
        }
    }

    #[test]
    fn what_has_no_room_takes_none_of_it() {
        let mut room = Room {
            files: 2,
            bytes: 10,
        };
        assert!(room.take(4));
        assert!(!room.take(7));
        assert!(!room.take(0));
        assert!(is_made(b"a/node_modules/b") && is_made(b"target/x") && !is_made(b"src/main.rs"));
    }
}
