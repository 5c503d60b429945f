//! Which file it is, by whatever name it is opened.
//!
//! Never touches the disk.

use std::{fs::Metadata, os::unix::fs::MetadataExt as _};

/// A file, by its device and its number there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileId {
    device: u64,
    number: u64,
}

impl FileId {
    pub(crate) fn new(device: u64, number: u64) -> Self {
        Self { device, number }
    }
}

impl From<&Metadata> for FileId {
    fn from(metadata: &Metadata) -> Self {
        Self::new(metadata.dev(), metadata.ino())
    }
}
