//! The first reading: names and manifests, and where among them the crate is.
//!
//! Hides how a folder that cargo has built into is recognised. Keeps a few names and a bounded number of
//! bytes. Never reads the contents of another entry than a `Cargo.toml`.

use std::{
    collections::{BTreeSet, HashSet},
    ffi::CString,
    io::Read,
};

use super::{
    budget::LEFTOVERS,
    entry::{Entry, EntryKind},
};
use crate::{
    cause::Cause,
    choice::{Crates, Root},
    limits::Limits,
    manifest,
    names::shown,
    refusals,
    wanted::Wanted,
};

/// Bytes of all names together: one may have 64 KiB.
const NAMES: u64 = 8 << 20;
const TARGET: &[u8] = b"target";
/// What cargo puts into every folder that it builds into.
const TAG: &[u8] = b"CACHEDIR.TAG";

/// What the names show: entries, folders and crates.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    limits: Limits,
    wanted: Wanted<'a>,
    entries: u64,
    names_left: u64,
    top: BTreeSet<Vec<u8>>,
    crates: Crates,
    /// Folders (or links) called `target`, of which those that cargo tagged are left out.
    targets: HashSet<Vec<u8>>,
    tagged: HashSet<Vec<u8>>,
}

impl<'a> Plan<'a> {
    pub(super) fn new(limits: Limits, wanted: Wanted<'a>) -> Self {
        Self {
            limits,
            wanted,
            entries: 0,
            names_left: NAMES,
            top: BTreeSet::new(),
            crates: Crates::default(),
            targets: HashSet::new(),
            tagged: HashSet::new(),
        }
    }

    /// Note an entry, and read it if it is a manifest.
    pub(super) fn entry(&mut self, entry: &Entry<'_>, body: &mut dyn Read) -> Result<(), Cause> {
        let too_many = || Cause::Limit(refusals::too_many_packed(self.most()));
        if self.entries >= self.most() {
            return Err(too_many());
        }
        let names_left = self.names_left.checked_sub(entry.name.len() as u64);
        self.names_left = names_left.ok_or_else(too_many)?;
        self.entries += 1;
        let path = entry.path()?;
        if let Some(first) = path.first() {
            self.top.insert(first.to_vec());
        }
        for (at, _) in path.iter().enumerate().filter(|(_, name)| **name == TARGET) {
            let is_last = at + 1 == path.len();
            if !is_last || matches!(entry.what, EntryKind::Folder | EntryKind::Link) {
                self.targets.insert(path[..=at].join(&b'/'));
            }
        }
        if let (EntryKind::File, [folder @ .., TARGET, TAG]) = (entry.what, path.as_slice()) {
            let folder = [folder, &[TARGET]].concat();
            self.tagged.insert(folder.join(&b'/'));
        }
        if entry.what != EntryKind::Folder {
            self.crates.add_similar(&path.join(&b'/'));
        }
        if let Some((&last, folder)) = path.split_last()
            && last == manifest::NAME.as_bytes()
            && entry.what != EntryKind::Folder
        {
            let folder = folder.join(&b'/');
            let body = (entry.what == EntryKind::File).then_some(body);
            self.crates
                .add_checkout(&folder, self.wanted.checkout_bytes());
            // If the disk failed, the budget has the error, and replaces this refusal.
            self.crates
                .add(&folder, body)
                .map_err(|_| Cause::Limit(refusals::damaged(&shown(entry.name))))?;
        }
        Ok(())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries == 0
    }

    /// Where the crate is.
    pub(super) fn root(&self) -> Root {
        self.crates.choose(self.wanted)
    }

    /// A file that may be meant as a manifest.
    pub(super) fn similar(&self) -> Option<&[u8]> {
        self.crates.similar()
    }

    /// The names in the top folder.
    pub(super) fn top(&self) -> Vec<CString> {
        let top = self.top.iter().cloned();
        top.filter_map(|name| CString::new(name).ok()).collect()
    }

    /// Whether cargo has built into this folder called `target`; at the top of a crate this is assumed.
    pub(super) fn is_built(&self, path: &[u8], is_top: bool) -> bool {
        self.tagged.contains(path) || is_top && self.targets.contains(path)
    }

    fn most(&self) -> u64 {
        LEFTOVERS.saturating_mul(self.limits.entries as u64)
    }
}
