//! The kinds of archives that are read, by name and by their first bytes.
//!
//! Never reads an archive.

/// The archives that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArchiveKind {
    /// `.zip`.
    Zip,
    /// `.tar.gz` or `.tgz`.
    TarGz,
}

impl ArchiveKind {
    /// The kind that a file's name promises.
    pub(crate) fn of_name(name: &[u8]) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        if name.ends_with(b".zip") {
            Some(Self::Zip)
        } else if name.ends_with(b".tar.gz") || name.ends_with(b".tgz") {
            Some(Self::TarGz)
        } else {
            None
        }
    }

    /// Whether a file that starts like this can be of this kind.
    pub(crate) fn starts_with(self, head: &[u8]) -> bool {
        match self {
            // A local header, or the end record of an empty archive (APPNOTE.TXT 4.3.7 and 4.3.16). A program
            // with an archive behind it is refused: it is unclear which of the two is handed in.
            Self::Zip => head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06"),
            // RFC 1952, 2.3.1: two bytes, and deflate as the only method.
            Self::TarGz => head.starts_with(b"\x1f\x8b\x08"),
        }
    }

    /// Its name in messages.
    pub(crate) const fn description(self) -> &'static str {
        match self {
            Self::Zip => "zip archive",
            Self::TarGz => "gzip-compressed tar archive",
        }
    }
}
