//! Find the crate in what was handed in: here, or one or two folders down.
//!
//! Hides which folders are searched, and that a checkout of the whole course may be handed in: then the crate
//! is where the course has its starter. Folders and archives follow the same rule, so that both give the same
//! digest. Never decides between two crates, never reads a manifest, and never follows a link.

use std::{
    collections::BTreeMap,
    ffi::{CStr, CString},
    io,
    os::fd::{AsFd as _, BorrowedFd, OwnedFd},
};

use rustix::{fs::Dir, io::Errno};

use crate::{cause::ReadError, manifest, names, open, wanted::Wanted};

/// How many folders down a crate may be: one folder from packing, and one from the student.
pub(crate) const DEEPEST: usize = 2;
/// A folder with more names than these is not searched.
const NAMES: usize = 10_000;
const MANIFEST: &CStr = c"Cargo.toml";

/// Where the crate is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Root {
    /// In this folder, `/` between names; empty for the top folder.
    At(Vec<u8>),
    /// In these, and none is above the others.
    Several(Vec<Vec<u8>>),
    Nowhere,
}

/// The folders in which something to grade was found, and where in each it is: a crate is itself, a
/// checkout of the course has it deeper down.
#[derive(Debug, Default)]
pub(crate) struct Crates(BTreeMap<Vec<u8>, Vec<u8>>);

impl Crates {
    /// Note a manifest in `folder`. `exercise_path` is where a checkout has the exercise, empty if unknown.
    pub(crate) fn add(&mut self, folder: &[u8], exercise_path: &[u8]) {
        if let Some(checkout) = checkout(folder, exercise_path).filter(|path| may_hold(path)) {
            self.0.insert(checkout.to_vec(), folder.to_vec());
        }
        if may_hold(folder) {
            self.0
                .entry(folder.to_vec())
                .or_insert_with(|| folder.to_vec());
        }
    }

    /// Of all these folders, the one that is highest up.
    pub(crate) fn choose(&self) -> Root {
        let Some(highest) = self.0.keys().map(|path| depth(path)).min() else {
            return Root::Nowhere;
        };
        let highest = self.0.iter().filter(|(path, _)| depth(path) == highest);
        let mut highest = highest.map(|(_, at)| at.clone());
        match (highest.next(), highest.collect::<Vec<_>>()) {
            (Some(only), others) if others.is_empty() => Root::At(only),
            (first, others) => Root::Several(first.into_iter().chain(others).collect()),
        }
    }
}

fn depth(path: &[u8]) -> usize {
    parts(path).count()
}

/// The names along a path.
fn parts(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|&byte| byte == b'/')
        .filter(|name| !name.is_empty())
}

/// The checkout of the course in which `folder` is the exercise's.
fn checkout<'f>(folder: &'f [u8], exercise_path: &[u8]) -> Option<&'f [u8]> {
    match folder.strip_suffix(exercise_path)? {
        _ if exercise_path.is_empty() => None,
        b"" => Some(b""),
        above => above.strip_suffix(b"/"),
    }
}

/// Whether a crate, or a checkout with one, may be in this folder.
fn may_hold(path: &[u8]) -> bool {
    depth(path) <= DEEPEST && parts(path).all(is_searched)
}

/// Whether a crate may be in a folder of this name.
pub(crate) fn is_searched(name: &[u8]) -> bool {
    name != b"target" && !names::is_dropped(name)
}

/// Search for the crate in the open folder `top`.
pub(crate) fn locate(top: BorrowedFd<'_>, wanted: Wanted<'_>) -> Result<Root, ReadError> {
    let mut search = Search {
        names_left: NAMES,
        exercise_path: wanted.checkout_bytes(),
        crates: Crates::default(),
    };
    search.folder(top, b"", 0)?;
    Ok(search.crates.choose())
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
        let name = entry?.file_name().to_owned();
        if !matches!(name.to_bytes(), b"." | b"..") {
            names.push(name);
        }
        if names.len() == most {
            break;
        }
    }
    names.sort();
    Ok(names)
}

struct Search<'a> {
    names_left: usize,
    exercise_path: &'a [u8],
    crates: Crates,
}

impl Search<'_> {
    fn folder(&mut self, fd: BorrowedFd<'_>, path: &[u8], depth: usize) -> Result<(), ReadError> {
        if in_checkout(fd, self.exercise_path)?.is_some() {
            // Everything else in a checkout belongs to the course.
            self.crates
                .add(&below(path, self.exercise_path), self.exercise_path);
            return Ok(());
        }
        let names = list(fd, self.names_left)?;
        self.names_left -= names.len();
        let is_manifest = |name: &CString| name.to_bytes() == manifest::NAME.as_bytes();
        if names.iter().any(is_manifest) && open::is_no_folder(fd, MANIFEST)? {
            // What is below belongs to this crate.
            self.crates.add(path, b"");
            return Ok(());
        }
        if depth == DEEPEST {
            return Ok(());
        }
        for name in names.iter().filter(|name| is_searched(name.to_bytes())) {
            if let Some(inner) = open::folder(fd, name)? {
                self.folder(inner.as_fd(), &below(path, name.to_bytes()), depth + 1)?;
            }
        }
        Ok(())
    }
}

/// The path of `name` in the folder `path`, which is empty for the top one.
fn below(path: &[u8], name: &[u8]) -> Vec<u8> {
    match path {
        b"" => name.to_vec(),
        path => [path, name].join(&b'/'),
    }
}
