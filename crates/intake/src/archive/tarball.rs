//! Read a tar archive's entries in their order, however it is compressed.
//!
//! Hides long names and extended headers: they are read here and not by the library, which would read a
//! header of any size into memory.
//! Never takes an entry whose two headers disagree about its size, nor one with holes.

use std::io::{self, Cursor, Read};

use rawzip::time::UtcDateTime;
use tar::{EntryType, PaxExtensions};

use super::{
    budget::{Budget, Source},
    entry::{Entry, EntryKind, Stamp, Visit},
    unpack,
};
use crate::{
    archive_kind::{self, ArchiveKind, HEAD},
    cause::Cause,
    names::shown,
    refusals,
};

/// The longest extended header. A path of ours has 500 bytes.
const HEADER: u64 = 64 << 10;

/// Read all of it, the end of the compressed stream included.
pub(super) fn each(
    kind: ArchiveKind,
    source: Source<'_>,
    budget: &Budget,
    visit: &mut Visit<'_>,
) -> Result<(), Cause> {
    let mut unpacked = budget.unpacked(unpack::stream(kind, source), None);
    let mut head = Vec::new();
    let read = (&mut unpacked).take(HEAD as u64).read_to_end(&mut head);
    read.map_err(damaged)?;
    // A single file that was compressed is no archive.
    if !head.is_empty() && !archive_kind::is_tar(&head) {
        return Err(Cause::Limit(refusals::no_tar(kind.packer())));
    }
    let mut archive = tar::Archive::new(Cursor::new(head).chain(unpacked));
    let mut next = Next::default();
    // Raw: every header is an entry, and the library reads nothing in advance.
    for entry in archive.entries().map_err(damaged)?.raw(true) {
        let mut entry = entry.map_err(damaged)?;
        let kind = entry.header().entry_type();
        match kind {
            EntryType::GNULongName => next.long_name(&header(&mut entry)?)?,
            // The entry that follows is a link, and left out for that.
            EntryType::GNULongLink => {}
            EntryType::XHeader => next.extended(&header(&mut entry)?)?,
            EntryType::XGlobalHeader => global(&header(&mut entry)?)?,
            _ => {
                let next = std::mem::take(&mut next);
                let name = next
                    .name
                    .unwrap_or_else(|| entry.header().path_bytes().into());
                let claims = entry.size();
                if next.size.is_some_and(|size| size != claims) {
                    return Err(Cause::Limit(refusals::damaged(&shown(&name))));
                }
                if kind == EntryType::GNUSparse {
                    return Err(Cause::Limit(refusals::sparse(&shown(&name))));
                }
                let modified = entry.header().mtime().ok().and_then(stamp);
                let claimed = Entry {
                    what: what(kind, &name),
                    name: &name,
                    claims,
                    modified,
                };
                visit(&claimed, &mut entry)?;
            }
        }
    }
    if next != Next::default() {
        return Err(damaged(io::ErrorKind::UnexpectedEof.into()));
    }
    // A stream that is cut or wrong after the last entry is damaged all the same.
    io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(damaged)?;
    Ok(())
}

/// A time in seconds since 1970. Programs that know no time write 0, or the first seconds.
fn stamp(seconds: u64) -> Option<Stamp> {
    const DAY: u64 = 24 * 60 * 60;
    let seconds = u32::try_from(seconds).ok()?;
    let time = UtcDateTime::from_unix(seconds.into());
    let clock = (time.hour(), time.minute(), time.second());
    let is_known = u64::from(seconds) > DAY;
    is_known.then(|| {
        (
            time.year(),
            time.month(),
            time.day(),
            clock.0,
            clock.1,
            clock.2,
        )
    })
}

/// What extended headers declare about the next entry.
#[derive(Debug, Default, PartialEq, Eq)]
struct Next {
    name: Option<Vec<u8>>,
    size: Option<u64>,
}

impl Next {
    /// GNU tar's: the name, and a NUL.
    fn long_name(&mut self, header: &[u8]) -> Result<(), Cause> {
        let end = header.iter().position(|&byte| byte == 0);
        self.set_name(&header[..end.unwrap_or(header.len())])
    }

    /// POSIX's: lines of `length key=value`.
    fn extended(&mut self, header: &[u8]) -> Result<(), Cause> {
        for record in PaxExtensions::new(header) {
            let record = record.map_err(damaged)?;
            match record.key_bytes() {
                b"path" => self.set_name(record.value_bytes())?,
                b"size" => {
                    let size = record.value().ok().and_then(|size| size.parse().ok());
                    let size = size.ok_or_else(|| damaged(io::ErrorKind::InvalidData.into()))?;
                    self.size = Some(size);
                }
                key if key.starts_with(b"GNU.sparse.") => {
                    let name = self.name.as_deref().unwrap_or_default();
                    return Err(Cause::Limit(refusals::sparse(&shown(name))));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Two names for one entry mean different things to different programs.
    fn set_name(&mut self, name: &[u8]) -> Result<(), Cause> {
        match self.name.replace(name.to_vec()) {
            None => Ok(()),
            Some(_) => Err(Cause::Limit(refusals::damaged(&shown(name)))),
        }
    }
}

/// A header for all that follow, as `git archive` writes one with the commit's id. One that gives every entry
/// a name or a size has no honest use.
fn global(header: &[u8]) -> Result<(), Cause> {
    let mut all = Next::default();
    all.extended(header)?;
    if all == Next::default() {
        return Ok(());
    }
    Err(damaged(io::ErrorKind::InvalidData.into()))
}

/// All of an extended header, if it is not too long to be one.
fn header(entry: &mut impl Read) -> Result<Vec<u8>, Cause> {
    let mut header = Vec::new();
    let read = entry.take(HEADER + 1).read_to_end(&mut header);
    read.map_err(damaged)?;
    if header.len() as u64 > HEADER {
        return Err(damaged(io::ErrorKind::InvalidData.into()));
    }
    Ok(header)
}

fn what(kind: EntryType, name: &[u8]) -> EntryKind {
    match kind {
        EntryType::Directory => EntryKind::Folder,
        // Before POSIX a folder was a file whose name ends in a slash.
        EntryType::Regular | EntryType::Continuous if name.ends_with(b"/") => EntryKind::Folder,
        EntryType::Regular | EntryType::Continuous => EntryKind::File,
        EntryType::Symlink => EntryKind::Link,
        EntryType::Link => EntryKind::HardLink,
        EntryType::Char | EntryType::Block => EntryKind::Special("a device"),
        EntryType::Fifo => EntryKind::Special("a named pipe"),
        _ => EntryKind::Special("something unknown"),
    }
}

/// The library's error is about bytes, which would not help a student.
fn damaged(_: io::Error) -> Cause {
    Cause::Limit(refusals::damaged(""))
}
