//! The extensions of archives, also of kinds that are not read.
//!
//! Never touches the disk.

use crate::archive_kind::ArchiveKind;

/// Longer extensions first.
const EXTENSIONS: &[&str] = &[
    ".tar.gz", ".tar.xz", ".tar.bz2", ".tar.zst", ".tgz", ".txz", ".tbz2", ".zip", ".tar", ".7z",
    ".rar", ".gz", ".xz", ".bz2", ".zst",
];
/// Whether a file is an archive by its name, and one that is not read.
pub(super) fn is_other_archive(name: &[u8]) -> bool {
    let name = name.to_ascii_lowercase();
    let is_archive = EXTENSIONS
        .iter()
        .any(|extension| name.ends_with(extension.as_bytes()));
    is_archive && ArchiveKind::of_name(&name).is_none()
}

/// A name without an archive's extension.
pub(super) fn stem(name: &str) -> &str {
    let cut = |extension: &str| {
        let at = name.len().checked_sub(extension.len())?;
        let (stem, end) = name.split_at_checked(at)?;
        end.eq_ignore_ascii_case(extension).then_some(stem)
    };
    EXTENSIONS
        .iter()
        .find_map(|extension| cut(extension))
        .unwrap_or(name)
}
