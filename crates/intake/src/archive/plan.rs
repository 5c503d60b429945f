//! The first reading: names and manifests, and where among them the crate is.
//!
//! Hides how a folder that a tool has made is recognised. Keeps a few names and a bounded number of
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
    archive_kind::{self, ArchiveKind},
    cause::Cause,
    choice::{Crates, Root},
    limits::Limits,
    manifest,
    names::{self, shown},
    refusals,
    wanted::Wanted,
};

/// Bytes of all names together: one may have 64 KiB.
const NAMES: u64 = 8 << 20;
const TARGET: &[u8] = b"target";

/// What the names show: entries, folders and crates.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    limits: Limits,
    wanted: Wanted<'a>,
    entries: u64,
    names_left: u64,
    top: BTreeSet<Vec<u8>>,
    crates: Crates,
    /// Folders (or links) called `target`: at the top of a crate these are cargo's.
    targets: HashSet<Vec<u8>>,
    /// Folders with a tag of the tool that made them.
    tagged: HashSet<Vec<u8>>,
    /// Archives in the archive.
    archives: BTreeSet<Vec<u8>>,
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
            archives: BTreeSet::new(),
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
        if let (EntryKind::File, Some((name, folder))) = (entry.what, path.split_last()) {
            if names::is_tag(name) {
                self.tagged.insert(folder.join(&b'/'));
            }
            let is_dropped = path.iter().any(|name| names::is_dropped(name));
            if is_archive(name) && !name.starts_with(b".") && !is_dropped {
                self.archives.insert(path.join(&b'/'));
            }
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

    /// Whether cargo has built into this folder called `target` at the top of a crate: this is assumed.
    pub(super) fn is_top_target(&self, path: &[u8]) -> bool {
        self.targets.contains(path)
    }

    /// Whether a tool has made this folder.
    pub(super) fn is_made(&self, path: &[u8]) -> bool {
        self.tagged.contains(path)
    }

    /// The archives in the archive, in byte order.
    pub(super) fn archives(&self) -> &BTreeSet<Vec<u8>> {
        &self.archives
    }

    fn most(&self) -> u64 {
        LEFTOVERS.saturating_mul(self.limits.entries as u64)
    }
}

/// Whether a file is an archive by its name, also of a kind that is not read.
fn is_archive(name: &[u8]) -> bool {
    ArchiveKind::of_name(name).is_some() || archive_kind::is_foreign_archive(name)
}
