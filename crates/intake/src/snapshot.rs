//! The private copy of a submission: the only form in which it leaves this crate.
//!
//! Hides where the copy came from. Its files have plain names and are all there is. Never reads the
//! submission; the digest is of the copy, so it names what will be built.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

use ids::{Digest, feed};

use crate::{copy::copy_error, error::Error, left_out::LeftOuts};

/// A private copy of a submission, made of plain files only.
#[derive(Debug)]
pub struct Snapshot {
    root: PathBuf,
    files: Vec<SnapshotFile>,
    digest: Digest,
    left_out: LeftOuts,
}

/// One file of the copy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SnapshotFile {
    /// Relative to the copy's folder, with `/` between names. Safe to print.
    pub path: String,
    /// Its size.
    pub bytes: u64,
}

impl SnapshotFile {
    /// Its path and size.
    pub(crate) fn path_and_size(&self) -> (&str, u64) {
        (&self.path, self.bytes)
    }
}

impl Snapshot {
    /// The snapshot of the files that were copied below `root`.
    pub(crate) fn new(
        root: &Path,
        mut files: Vec<SnapshotFile>,
        left_out: LeftOuts,
    ) -> Result<Self, Error> {
        files.sort();
        let mut hasher = Sha256::new();
        for file in &files {
            hasher.update(file.path.as_bytes());
            hasher.update([0]);
            hasher.update(file.bytes.to_be_bytes());
            let path = root.join(&file.path);
            File::open(&path)
                .and_then(|file| feed(&mut hasher, file))
                .map_err(|error| copy_error("read", &path, error))?;
        }
        Ok(Self {
            root: root.to_path_buf(),
            files,
            digest: Digest::finish(hasher),
            left_out,
        })
    }

    /// The folder of the copy.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Every file, in byte order of the paths.
    #[must_use]
    pub fn files(&self) -> &[SnapshotFile] {
        &self.files
    }

    /// The digest of path, NUL, length (eight bytes, the largest first) and contents of every file.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// What of the submission is not in the copy. It does not count in the digest.
    #[must_use]
    pub fn left_out(&self) -> &LeftOuts {
        &self.left_out
    }

    /// Whether there is a file of this path.
    #[must_use]
    pub fn contains(&self, path: &str) -> bool {
        self.file(path).is_some()
    }

    /// All bytes of a file, or `None` if there is none of this path.
    ///
    /// # Errors
    /// The copy cannot be read any more.
    pub fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Error> {
        let Some(file) = self.file(path) else {
            return Ok(None);
        };
        let path = self.root.join(&file.path);
        fs::read(&path)
            .map(Some)
            .map_err(|error| copy_error("read", &path, error))
    }

    fn file(&self, path: &str) -> Option<&SnapshotFile> {
        let index = self
            .files
            .binary_search_by(|file| file.path.as_str().cmp(path));
        index.ok().map(|index| &self.files[index])
    }
}
