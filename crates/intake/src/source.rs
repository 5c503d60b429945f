//! What a submission of a class came as, and where it is.
//!
//! Never opens anything.

use std::path::PathBuf;

use crate::{archive_kind::ArchiveKind, location::Location, typed::Typed};

/// What a submission came as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A folder, with the crate in it or one or two folders down.
    Folder(Location),
    /// An archive, with the crate in it or one or two folders down.
    Archive(Location, ArchiveKind),
    /// Something else that was handed in; it will be refused.
    File(Location),
    /// What was typed into the system in place of a file; it will be refused.
    Typed(Location, Typed),
}

/// Makes a source of one kind.
type Make = fn(Location) -> Source;

/// What a submission is, by a name that a file can keep.
const KINDS: [(&str, Make); 10] = [
    ("folder", Source::Folder),
    ("zip", |at| Source::Archive(at, ArchiveKind::Zip)),
    ("tar", |at| Source::Archive(at, ArchiveKind::Tar)),
    ("tar.gz", |at| Source::Archive(at, ArchiveKind::TarGz)),
    ("tar.xz", |at| Source::Archive(at, ArchiveKind::TarXz)),
    ("tar.zst", |at| Source::Archive(at, ArchiveKind::TarZst)),
    ("tar.bz2", |at| Source::Archive(at, ArchiveKind::TarBz2)),
    ("file", Source::File),
    ("typed-text", |at| Source::Typed(at, Typed::Text)),
    ("typed-link", |at| Source::Typed(at, Typed::Link)),
];

impl Source {
    /// What was handed in at a location, of the kind with this name; none if there is no such kind.
    #[must_use]
    pub fn of_kind(kind: &str, at: Location) -> Option<Self> {
        let (_, make) = KINDS.iter().find(|(name, _)| *name == kind)?;
        Some(make(at))
    }

    /// The name of its kind, which [`Source::of_kind`] takes.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        let kinds = KINDS.iter();
        let same = kinds.filter(|(_, make)| make(self.location().clone()) == *self);
        same.map(|(name, _)| *name).next().unwrap_or("file")
    }

    /// Where it is, in the class's folder.
    #[must_use]
    pub fn location(&self) -> &Location {
        match self {
            Self::Folder(location)
            | Self::Archive(location, _)
            | Self::File(location)
            | Self::Typed(location, _) => location,
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.location().path()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_kind_has_a_name_that_leads_back_to_it() {
        for (name, make) in KINDS {
            let source = make(Location::new(Path::new("class"), "alice"));
            assert_eq!(source.kind(), name);
            let again = Source::of_kind(name, source.location().clone());
            assert_eq!(again, Some(source));
        }
        assert_eq!(
            Source::of_kind("rar", Location::new(Path::new("class"), "alice")),
            None
        );
    }
}
