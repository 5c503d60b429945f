//! Read a zip archive's entries in the order of its directory.
//!
//! Hides the format's two descriptions of each entry, which must agree, and its bytes, which no two
//! entries may share.
//! Never takes a file's name, type or size from anywhere but the directory.
//!
//! # Theory of operation
//!
//! The library finds the end record and parses headers; this module decides what they may contain. First the
//! whole directory is read: how many entries, which names. Then each entry's local header is held against its
//! record, and its bytes are decompressed and compared with size and checksum as they are read.

use std::{collections::HashSet, io::Read};

use flate2::{Crc, read::DeflateDecoder};
use rawzip::{
    MAX_CENTRAL_DIRECTORY_RECORD_SIZE, ReaderAt as _, ZipArchive, ZipArchiveEntryWayfinder,
    ZipFileHeaderRecord, ZipLocalFileHeader, ZipLocator,
    extra_fields::{ExtraFieldId, ExtraFields},
    time::DosDateTime,
};

use super::{
    budget::{Budget, Source},
    code_page,
    entry::{Entry, EntryKind, Stamp, Visit},
};
use crate::{cause::Cause, names::shown, refusals};

/// The end record without its comment (APPNOTE.TXT 4.3.16).
const END_RECORD: usize = 22;

/// Bytes of the directory that are allowed for each entry.
const RECORD: u64 = 100;

/// Bytes of the directory that are allowed besides. The directory is kept in memory, so it is bounded before
/// its entries are counted.
const DIRECTORY: u64 = 1 << 20;

/// General purpose bits (APPNOTE.TXT 4.4.4).
const ENCRYPTED: u16 = 1 << 0;
const HAS_DESCRIPTOR: u16 = 1 << 3;
const IS_UTF8: u16 = 1 << 11;
/// Patched data, strong encryption, masked headers: nothing that a crate is packed with.
const UNSUPPORTED: u16 = 1 << 5 | 1 << 6 | 1 << 13;

/// Systems on which an archive was made, where `\` is a character of a name (APPNOTE.TXT 4.4.2).
const UNIX: u8 = 3;
const DARWIN: u8 = 19;

const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// Info-ZIP's second name of an entry, in UTF-8 (APPNOTE.TXT 4.6.9).
const UNICODE_PATH: u16 = 0x7075;

type Archive<'a> = ZipArchive<Source<'a>>;

/// Read all of it, unless it has more than `most` entries.
pub(super) fn each(
    source: Source<'_>,
    budget: &Budget,
    most: u64,
    visit: &mut Visit<'_>,
) -> Result<(), Cause> {
    // No record is longer.
    let mut buffer = vec![0; MAX_CENTRAL_DIRECTORY_RECORD_SIZE];
    let size = source.size();
    let archive = ZipLocator::new()
        .locate_in_reader(source, &mut buffer, size)
        .map_err(|_| damaged(""))?;
    check_end(&archive)?;
    let records = directory(&archive, &mut buffer, most)?;
    let mut ranges = Vec::new();
    for record in &records {
        let place = shown(&record.name);
        check_packing(record, &place)?;
        let entry = archive.get_entry(record.at).map_err(|_| damaged(&place))?;
        let local = entry
            .local_header(&mut buffer)
            .map_err(|_| damaged(&place))?;
        if !record.agrees_with(&local) {
            return Err(damaged(&place));
        }
        ranges.push((record.start, entry.compressed_data_range().1));
        let packed = entry.reader();
        let plain: Box<dyn Read> = match record.method {
            STORED => Box::new(packed),
            _ => Box::new(DeflateDecoder::new(packed)),
        };
        let claimed = Entry {
            name: &record.name,
            what: record.what(),
            claims: record.at.uncompressed_size_hint(),
            modified: stamp(record.time),
        };
        let verified = entry.verifying_reader(plain);
        let packed = Some(record.at.compressed_size_hint());
        visit(&claimed, &mut budget.unpacked(verified, packed))?;
    }
    check_overlap(ranges, archive.directory_offset())
}

/// A time of MS-DOS. The first day that it can tell is what programs write that know no time.
fn stamp(time: DosDateTime) -> Option<Stamp> {
    let day = (time.year(), time.month(), time.day());
    let is_known = day > (1980, 1, 1);
    is_known.then(|| {
        (
            day.0,
            day.1,
            day.2,
            time.hour(),
            time.minute(),
            time.second(),
        )
    })
}

/// One entry, as the directory describes it.
struct Record {
    /// Its name in UTF-8, `/` between the names of folders.
    name: Vec<u8>,
    /// The name that both headers have.
    raw_name: Vec<u8>,
    unicode: Option<Vec<u8>>,
    system: u8,
    flags: u16,
    method: u16,
    attributes: u32,
    crc: u32,
    time: DosDateTime,
    /// Where its local header is.
    start: u64,
    at: ZipArchiveEntryWayfinder,
}

impl Record {
    fn new(header: &ZipFileHeaderRecord<'_>) -> Result<Self, Cause> {
        let path = header.file_path();
        let raw_name: &[u8] = path.as_ref();
        let flags = header.flags().bits();
        let unicode = unicode_path(header.extra_fields(), raw_name, flags)?;
        Ok(Self {
            name: match &unicode {
                Some(unicode) => unicode.clone(),
                None => decoded(raw_name, flags),
            },
            unicode,
            system: header.version_made_by().as_u16().to_le_bytes()[1],
            raw_name: raw_name.to_vec(),
            flags,
            method: header.compression_method().as_u16(),
            attributes: header.external_attributes(),
            crc: header.crc32(),
            time: header.last_modified_dos(),
            start: header.local_header_offset(),
            at: header.wayfinder(),
        })
    }

    /// Whether the local header agrees. Where sizes follow the data, it may have zeros.
    fn agrees_with(&self, local: &ZipLocalFileHeader<'_>) -> bool {
        let path = local.file_path();
        let name: &[u8] = path.as_ref();
        let flags = local.flags().bits();
        let may_be_zero = self.flags & HAS_DESCRIPTOR != 0;
        let same = |local: u64, own: u64| local == own || may_be_zero && local == 0;
        let compared = ENCRYPTED | HAS_DESCRIPTOR | UNSUPPORTED;
        let unicode = unicode_path(local.extra_fields(), name, flags);
        name == self.raw_name
            && flags & compared == self.flags & compared
            && local.compression_method().as_u16() == self.method
            && local.last_modified_dos() == self.time
            && same(local.crc32().into(), self.crc.into())
            && same(local.compressed_size_hint(), self.at.compressed_size_hint())
            && same(
                local.uncompressed_size_hint(),
                self.at.uncompressed_size_hint(),
            )
            && match unicode {
                Ok(unicode) => self.unicode == unicode,
                Err(_) => false,
            }
    }

    /// What the entry is: a folder by its name, all else by the upper half of its attributes, where the
    /// systems that have file types put them (APPNOTE.TXT 4.4.15, Info-ZIP's convention). The system that the
    /// archive names does not count: other readers may ignore it.
    fn what(&self) -> EntryKind {
        match (self.attributes >> 16) & 0o170_000 {
            0o120_000 => EntryKind::Link,
            0o010_000 => EntryKind::Special("a named pipe"),
            0o140_000 => EntryKind::Special("a socket"),
            0o020_000 | 0o060_000 => EntryKind::Special("a device"),
            0o040_000 => EntryKind::Folder,
            _ if self.name.ends_with(b"/") => EntryKind::Folder,
            0 | 0o100_000 => EntryKind::File,
            _ => EntryKind::Special("something unknown"),
        }
    }
}

/// The end record must say where the directory is: the library would also find one that stands elsewhere,
/// as behind another archive, and other readers would find that other archive.
fn check_end(archive: &Archive<'_>) -> Result<(), Cause> {
    let mut end = [0; END_RECORD];
    archive
        .get_ref()
        .read_exact_at(&mut end, archive.eocd_offset())
        .map_err(|_| damaged(""))?;
    let short = |at: usize| u16::from_le_bytes([end[at], end[at + 1]]);
    let is_one_disk = [4, 6].iter().all(|&at| matches!(short(at), 0 | u16::MAX));
    if !is_one_disk {
        return Err(Cause::Limit(refusals::packed_oddly("")));
    }
    let declared = u32::from_le_bytes([end[16], end[17], end[18], end[19]]);
    if declared != u32::MAX && u64::from(declared) != archive.directory_offset() {
        return Err(damaged(""));
    }
    Ok(())
}

/// All records of the directory, each name once.
fn directory(archive: &Archive<'_>, buffer: &mut [u8], most: u64) -> Result<Vec<Record>, Cause> {
    let too_many = || Cause::Limit(refusals::too_many_packed(most));
    let mut records: Vec<Record> = Vec::new();
    let size = archive
        .eocd_offset()
        .saturating_sub(archive.directory_offset());
    if size > most.saturating_mul(RECORD).saturating_add(DIRECTORY) {
        return Err(too_many());
    }
    let mut headers = archive.entries(buffer);
    while let Some(header) = headers.next_entry().map_err(|_| damaged(""))? {
        if records.len() as u64 >= most {
            return Err(too_many());
        }
        records.push(Record::new(&header)?);
    }
    if records.len() as u64 != archive.entries_hint() {
        return Err(damaged(""));
    }
    separate(&mut records);
    let mut names = HashSet::new();
    if records.iter().all(|record| names.insert(&record.name)) {
        Ok(records)
    } else {
        Err(Cause::Limit(refusals::twice("")))
    }
}

/// A name as text. Without the bit for UTF-8 it is in code page 437 (APPNOTE.TXT, appendix D); but many
/// programs write UTF-8 without the bit, and hardly any other text is valid UTF-8.
fn decoded(raw_name: &[u8], flags: u16) -> Vec<u8> {
    if flags & IS_UTF8 != 0 || std::str::from_utf8(raw_name).is_ok() {
        return raw_name.to_vec();
    }
    code_page::decode(raw_name).into_bytes()
}

/// Make `/` of each `\` that stands between the names of folders: PowerShell 5 and .NET write it so. On Unix it
/// is a character of a name; but an archive in which no name has a `/` was not packed there.
fn separate(records: &mut [Record]) {
    let no_slash = !records.iter().any(|record| record.name.contains(&b'/'));
    for record in records {
        if no_slash || !matches!(record.system, UNIX | DARWIN) {
            for byte in record.name.iter_mut().filter(|byte| **byte == b'\\') {
                *byte = b'/';
            }
        }
    }
}

fn check_packing(record: &Record, place: &str) -> Result<(), Cause> {
    if record.flags & ENCRYPTED != 0 {
        return Err(Cause::Limit(refusals::encrypted(place)));
    }
    if record.flags & UNSUPPORTED != 0 || !matches!(record.method, STORED | DEFLATED) {
        return Err(Cause::Limit(refusals::packed_oddly(place)));
    }
    Ok(())
}

/// No two entries may share bytes, nor an entry and the directory: the shortest way to a large bomb without
/// nesting. `ranges` are from each local header to the end of its data.
fn check_overlap(mut ranges: Vec<(u64, u64)>, directory: u64) -> Result<(), Cause> {
    ranges.sort_unstable();
    let is_shared = ranges.windows(2).any(|pair| pair[0].1 > pair[1].0);
    if is_shared || ranges.iter().any(|&(_, end)| end > directory) {
        return Err(Cause::Limit(refusals::overlap()));
    }
    Ok(())
}

/// The entry's name in UTF-8, where an extra field has one besides the raw name.
///
/// Old programs write it where the raw name is in another encoding. It must not lead elsewhere than the raw
/// name does for a reader that does not know the field: the same number of names along the path, and each
/// that is ASCII the same.
fn unicode_path(
    fields: ExtraFields<'_>,
    raw_name: &[u8],
    flags: u16,
) -> Result<Option<Vec<u8>>, Cause> {
    let mut contents = fields
        .filter(|(id, _)| *id == ExtraFieldId::new(UNICODE_PATH))
        .map(|(_, content)| content);
    let Some(content) = contents.next() else {
        return Ok(None);
    };
    let wrong = || damaged(&shown(raw_name));
    // A version, the checksum of the raw name, and the name.
    let ([_, crc @ ..], name) = content.split_first_chunk::<5>().ok_or_else(wrong)?;
    let mut raw_crc = Crc::new();
    raw_crc.update(raw_name);
    let is_alone = contents.next().is_none();
    let is_of_this_name = u32::from_le_bytes(*crc) == raw_crc.sum();
    let is_same = name == raw_name || flags & IS_UTF8 == 0 && leads_to_the_same(raw_name, name);
    if is_alone && is_of_this_name && is_same {
        Ok(Some(name.to_vec()))
    } else {
        Err(wrong())
    }
}

fn leads_to_the_same(raw_name: &[u8], unicode: &[u8]) -> bool {
    let is_slash = |byte: &u8| matches!(byte, b'/' | b'\\');
    let raw = raw_name.split(is_slash);
    let other = unicode.split(is_slash);
    raw.clone().count() == other.clone().count()
        && raw
            .zip(other)
            .all(|(raw, other)| raw == other || !raw.is_ascii() && !other.is_ascii())
}

fn damaged(place: &str) -> Cause {
    Cause::Limit(refusals::damaged(place))
}
