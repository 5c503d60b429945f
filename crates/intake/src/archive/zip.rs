//! Read a zip archive's entries in the order of its directory.
//!
//! Hides the format's two descriptions of each entry, which must agree, and its bytes, which no two
//! entries may share.
//! Never takes a file's name, type or size from anywhere but the directory.

use std::io::Read;

use zip::{
    CompressionMethod, ZipArchive, ZipReadOptions,
    read::{ArchiveOffset, Config, ZipFile},
    result::ZipError,
};

use super::{
    budget::{Budget, Source},
    entry::{Entry, Visit, What},
};
use crate::{blame::Blame, names::shown, refusals};

/// The end record, its comment (64 KiB at most), and zip64's; and not much of the space that zip64 leaves
/// to extensions, all of which the library keeps.
const END: u64 = 1 << 20;
/// What the directory may have for each entry that there may be. The library keeps an index of all of it,
/// some eight times as large at the worst, so that it is bounded before the entries can be counted.
const RECORD: u64 = 100;

/// Read all of it, unless it has more than `most` entries.
pub(super) fn each(
    source: Source<'_>,
    budget: &Budget,
    most: u64,
    visit: &mut Visit<'_>,
) -> Result<(), Blame> {
    let directory = most.saturating_mul(RECORD).saturating_add(END);
    let before = budget.restrict(directory);
    // Its first bytes were those of an archive, so nothing stands before it.
    let config = Config {
        archive_offset: ArchiveOffset::Known(0),
    };
    let mut archive =
        ZipArchive::with_config(config, source).map_err(|error| problem(&error, ""))?;
    budget.restore(before, directory);
    // The index has the last of each name only.
    if archive.has_duplicate_names() {
        return Err(Blame::Limit(refusals::twice("")));
    }
    let strictly = ZipReadOptions::new().enforce_header_consistency(true);
    for index in 0..archive.len() {
        let name = archive
            .by_index_data(index)
            .map(|file| file.name_raw().to_vec());
        let name = name.map_err(|error| problem(&error, ""))?;
        let file = archive
            .by_index_with_options(index, strictly.clone())
            .map_err(|error| problem(&error, &shown(&name)))?;
        let (CompressionMethod::Stored | CompressionMethod::Deflated) = file.compression() else {
            return Err(Blame::Limit(refusals::packed_oddly(&shown(&name))));
        };
        let entry = Entry {
            name: &name,
            what: what(&file),
            claims: file.size(),
        };
        let packed = file.compressed_size();
        visit(&entry, &mut budget.unpacked(file, Some(packed)))?;
    }
    // The shortest way to a large bomb without nesting.
    match archive.has_overlapping_entries() {
        Ok(false) => Ok(()),
        Ok(true) => Err(Blame::Limit(refusals::overlap())),
        Err(error) => Err(problem(&error, "")),
    }
}

/// What an entry is: a folder by its name, all else by the upper half of its attributes, where the
/// systems that have file types put them (APPNOTE.TXT 4.4.15, Info-ZIP's convention). Whichever system
/// the archive says it comes from: a reader elsewhere may not ask.
fn what<R: Read>(file: &ZipFile<'_, R>) -> What {
    match (file.external_attributes() >> 16) & 0o170_000 {
        0o120_000 => What::Link,
        0o010_000 => What::Special("a named pipe"),
        0o140_000 => What::Special("a socket"),
        0o020_000 | 0o060_000 => What::Special("a device"),
        0o040_000 => What::Folder,
        _ if file.name_raw().ends_with(b"/") => What::Folder,
        0 | 0o100_000 => What::File,
        _ => What::Special("something unknown"),
    }
}

fn problem(error: &ZipError, place: &str) -> Blame {
    Blame::Limit(match error {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => refusals::encrypted(place),
        ZipError::CompressionMethodNotSupported(_) | ZipError::UnsupportedArchive(_) => {
            refusals::packed_oddly(place)
        }
        _ => refusals::damaged(place),
    })
}
