//! Find the crate in what was handed in: here, or one or two folders down.
//!
//! Hides which folders are looked into. One rule for folders and archives, so that both give one digest.
//! Never decides between two crates, never reads a manifest, and never follows a link.

use std::{
    collections::BTreeSet,
    ffi::{CStr, CString},
    os::fd::{AsFd as _, BorrowedFd, OwnedFd},
};

use rustix::{fs::Dir, io::Errno};

use super::{manifest, names, open, problem::Obstacle};

/// How many folders down a crate may be: the archive's own, and the student's.
pub(super) const DEEPEST: usize = 2;
/// A folder with more names than these is not looked through.
const NAMES: usize = 10_000;

/// Where the crate is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Root {
    /// In this folder, `/` between names; empty for the top folder.
    At(Vec<u8>),
    /// In these, and none is above the others.
    Several(Vec<Vec<u8>>),
    Nowhere,
}

/// Of all folders with a manifest, the one that is highest up.
pub(super) fn choose(crates: &BTreeSet<Vec<u8>>) -> Root {
    let depth =
        |path: &[u8]| path.split(|&byte| byte == b'/').count() * usize::from(!path.is_empty());
    let Some(highest) = crates.iter().map(|path| depth(path)).min() else {
        return Root::Nowhere;
    };
    let mut highest = crates.iter().filter(|path| depth(path) == highest).cloned();
    match (highest.next(), highest.collect::<Vec<_>>()) {
        (Some(only), others) if others.is_empty() => Root::At(only),
        (first, others) => Root::Several(first.into_iter().chain(others).collect()),
    }
}

/// Whether a crate may be in a folder of this name.
pub(super) fn is_searched(name: &[u8]) -> bool {
    name != b"target" && !names::is_dropped(name)
}

/// Look for crates in the open folder `top`.
pub(super) fn locate(top: BorrowedFd<'_>) -> Result<Root, Obstacle> {
    let mut search = Search {
        names_left: NAMES,
        crates: BTreeSet::new(),
    };
    search.folder(top, "".as_bytes(), 0)?;
    Ok(choose(&search.crates))
}

/// Go down from `top` to a folder that was located in it, one name at a time.
pub(super) fn descend(top: OwnedFd, path: &[u8]) -> Result<OwnedFd, Obstacle> {
    let names = path.split(|&byte| byte == b'/');
    names
        .filter(|name| !name.is_empty())
        .try_fold(top, |fd, name| {
            let name = CString::new(name).map_err(|_| Obstacle::Changed)?;
            open::folder(fd.as_fd(), &name)?.ok_or(Obstacle::Changed)
        })
}

/// The names in an open folder, in byte order, at most `most` of them.
pub(super) fn list(folder: BorrowedFd<'_>, most: usize) -> Result<Vec<CString>, Errno> {
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

struct Search {
    names_left: usize,
    crates: BTreeSet<Vec<u8>>,
}

impl Search {
    fn folder(&mut self, fd: BorrowedFd<'_>, path: &[u8], depth: usize) -> Result<(), Obstacle> {
        let names = list(fd, self.names_left)?;
        self.names_left -= names.len();
        let is_manifest = |name: &CString| name.to_bytes() == manifest::NAME.as_bytes();
        if names.iter().any(is_manifest) && open::is_no_folder(fd, manifest_name())? {
            // What is below belongs to this crate.
            self.crates.insert(path.to_vec());
            return Ok(());
        }
        if depth == DEEPEST {
            return Ok(());
        }
        for name in names.iter().filter(|name| is_searched(name.to_bytes())) {
            if let Some(inner) = open::folder(fd, name)? {
                let path = match path {
                    b"" => name.to_bytes().to_vec(),
                    path => [path, name.to_bytes()].join(&b'/'),
                };
                self.folder(inner.as_fd(), &path, depth + 1)?;
            }
        }
        Ok(())
    }
}

const fn manifest_name() -> &'static CStr {
    c"Cargo.toml"
}
