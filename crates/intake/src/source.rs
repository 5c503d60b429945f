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

impl Source {
    /// Where it is.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        match self {
            Self::Folder(location)
            | Self::Archive(location, _)
            | Self::File(location)
            | Self::Typed(location, _) => location.path(),
        }
    }
}
