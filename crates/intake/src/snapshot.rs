//! The private copy of a submission: the only form in which it leaves this crate.
//!
//! Hides where the copy came from. Its files have plain names and are all there is. Never reads the
//! submission; the digest is of the copy, so it names what will be built.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    time::SystemTime,
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
    newest: Option<Newest>,
    workspace: Option<Vec<u8>>,
}

/// The file of a submission that was changed last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Newest {
    /// Its path in the copy. Safe to print.
    pub path: String,
    /// When it was changed, in whole seconds, as its file system says.
    pub modified: SystemTime,
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
            newest: None,
            workspace: None,
        })
    }

    /// The same, with the manifest of the workspace of which the crate is a member. It counts in the digest.
    pub(crate) fn in_workspace(mut self, manifest: Option<Vec<u8>>) -> Self {
        if let Some(manifest) = &manifest {
            let mut hasher = Sha256::new();
            hasher.update(self.digest.to_string());
            hasher.update([0]);
            hasher.update(manifest);
            self.digest = Digest::finish(hasher);
        }
        self.workspace = manifest;
        self
    }

    /// The same with the file that was changed last.
    pub(crate) fn with_newest(self, newest: Option<Newest>) -> Self {
        Self { newest, ..self }
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

    /// The manifest of the workspace from which the crate may take values. It is no file of the copy.
    #[must_use]
    pub fn workspace_manifest(&self) -> Option<&[u8]> {
        self.workspace.as_deref()
    }

    /// The digest of path, NUL, length (eight bytes, the largest first) and contents of every file. If there
    /// is a manifest of a workspace, the digest of that digest, NUL and the manifest.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// What of the submission is not in the copy. It does not count in the digest.
    #[must_use]
    pub fn left_out(&self) -> &LeftOuts {
        &self.left_out
    }

    /// The file that was changed last, where times are known; an archive's are not. It does not count in the
    /// digest.
    #[must_use]
    pub fn newest(&self) -> Option<&Newest> {
        self.newest.as_ref()
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
