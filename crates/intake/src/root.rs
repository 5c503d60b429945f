//! Find the crate in a folder that was handed in: at its top, or some folders down.
//!
//! Hides which folders are searched, and that a checkout of the whole course may be handed in: then the crate
//! is where the course has its starter. Which of several crates is meant, `choice` decides, for folders and
//! archives alike. Never opens anything but folders and manifests, and never follows a link.

use std::{
    ffi::{CStr, CString},
    fs::File,
    io,
    os::fd::{AsFd as _, BorrowedFd, OwnedFd},
};

use rustix::{fs::Dir, io::Errno};

use crate::{
    cause::ReadError,
    choice::{Crates, DEEPEST, NEAR, Root, is_searched, parts},
    manifest, open,
    wanted::Wanted,
};

/// The most names of all folders that are searched.
const NAMES: usize = 10_000;
const MANIFEST: &CStr = c"Cargo.toml";

/// Search for the crate in the open folder `top`.
pub(crate) fn locate(top: BorrowedFd<'_>, wanted: Wanted<'_>) -> Result<Root, ReadError> {
    Ok(search(top, wanted)?.choose(wanted))
}

/// The manifests below the open folder `top`. If there is no crate near the top, the search goes deeper.
pub(crate) fn search(top: BorrowedFd<'_>, wanted: Wanted<'_>) -> Result<Crates, ReadError> {
    let within = |deepest| {
        let mut search = Search {
            names_left: NAMES,
            deepest,
            exercise_path: wanted.checkout_bytes(),
            crates: Crates::default(),
        };
        search.folder(top, b"", 0)?;
        Ok(search.crates)
    };
    let near = within(NEAR)?;
    if near.choose(wanted) == Root::Nowhere {
        return within(DEEPEST);
    }
    Ok(near)
}

/// Go down from `top` to a folder that was located in it, one name at a time.
pub(crate) fn descend(top: OwnedFd, path: &[u8]) -> Result<OwnedFd, ReadError> {
    parts(path).try_fold(top, |fd, name| {
        let name = CString::new(name).map_err(|_| ReadError::Changed)?;
        open::folder(fd.as_fd(), &name)?.ok_or(ReadError::Changed)
    })
}

/// The exercise's folder at `exercise_path`, with a manifest in it, if `top` is a checkout of the course.
pub(crate) fn in_checkout(
    top: BorrowedFd<'_>,
    exercise_path: &[u8],
) -> io::Result<Option<OwnedFd>> {
    let found = || {
        if exercise_path.is_empty() {
            return Err(ReadError::Changed);
        }
        let folder = descend(top.try_clone_to_owned()?, exercise_path)?;
        open::is_no_folder(folder.as_fd(), MANIFEST).map(|is_file| is_file.then_some(folder))
    };
    match found() {
        // Every other failure means that this is no checkout.
        Err(ReadError::Machine(error)) => Err(error),
        found => Ok(found.unwrap_or_default()),
    }
}

/// The names in an open folder, in byte order, at most `most` of them.
pub(crate) fn list(folder: BorrowedFd<'_>, most: usize) -> Result<Vec<CString>, Errno> {
    let mut names = Vec::new();
    for entry in Dir::read_from(folder)? {
        if names.len() >= most {
            break;
        }
        let name = entry?.file_name().to_owned();
        if !matches!(name.to_bytes(), b"." | b"..") {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

struct Search<'a> {
    names_left: usize,
    deepest: usize,
    exercise_path: &'a [u8],
    crates: Crates,
}

impl Search<'_> {
    fn folder(&mut self, fd: BorrowedFd<'_>, path: &[u8], depth: usize) -> Result<(), ReadError> {
        if in_checkout(fd, self.exercise_path)?.is_some() {
            // Everything else in a checkout belongs to the course.
            self.crates
                .add_checkout(&below(path, self.exercise_path), self.exercise_path);
            return Ok(());
        }
        let names = list(fd, self.names_left)?;
        self.names_left -= names.len();
        for name in &names {
            self.crates.add_similar(&below(path, name.to_bytes()));
        }
        let is_manifest = |name: &CString| name.to_bytes() == manifest::NAME.as_bytes();
        if names.iter().any(is_manifest) && open::is_no_folder(fd, MANIFEST)? {
            self.manifest(fd, path)?;
            if !self.crates.may_be_below(path) {
                return Ok(());
            }
        }
        let is_deepest = depth >= self.deepest && !self.crates.is_in_workspace(&below(path, b"x"));
        if is_deepest || depth == DEEPEST {
            return Ok(());
        }
        for name in names.iter().filter(|name| is_searched(name.to_bytes())) {
            if self.names_left == 0 {
                break;
            }
            if let Some(inner) = open::folder(fd, name)? {
                self.folder(inner.as_fd(), &below(path, name.to_bytes()), depth + 1)?;
            }
        }
        Ok(())
    }

    /// Note the manifest in the folder `fd`. One that cannot be opened is reported when it is copied.
    fn manifest(&mut self, fd: BorrowedFd<'_>, path: &[u8]) -> Result<(), ReadError> {
        match open::open(fd, MANIFEST) {
            Ok(opened) if !opened.is_folder() => {
                Ok(self.crates.add(path, Some(&mut File::from(opened.fd)))?)
            }
            Err(ReadError::Machine(error)) => Err(ReadError::Machine(error)),
            _ => Ok(self.crates.add(path, None)?),
        }
    }
}

/// The path of `name` in the folder `path`, which is empty for the top one.
fn below(path: &[u8], name: &[u8]) -> Vec<u8> {
    match path {
        b"" => name.to_vec(),
        path => [path, name].join(&b'/'),
    }
}
