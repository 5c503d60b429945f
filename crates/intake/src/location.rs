//! The path of an entry of a class, and how it is opened.
//!
//! Hides that it is opened name by name, from the instructor's folder on. Never follows a link below that
//! folder: one student's folder that became a link to another's is a change.

use std::{
    ffi::{CString, OsStr},
    os::{
        fd::AsFd as _,
        unix::ffi::{OsStrExt as _, OsStringExt as _},
    },
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    cause::ReadError,
    open::{self, Opened},
    root,
};

/// A path in the instructor's folder of a class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// Shared by all entries of a class.
    class: Arc<Path>,
    below: PathBuf,
}

impl Location {
    /// What is `below` the folder `class`. Links to that folder are followed, and none in it.
    #[must_use]
    pub fn new(class: &Path, below: impl Into<PathBuf>) -> Self {
        Self {
            class: Arc::from(class),
            below: below.into(),
        }
    }

    /// What comes after the class's folder.
    #[must_use]
    pub fn below(&self) -> &Path {
        &self.below
    }

    /// The path, to be shown.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.class.join(&self.below)
    }

    /// The entry `name` of the folder at this location.
    pub(crate) fn join(&self, name: &OsStr) -> Self {
        Self {
            class: Arc::clone(&self.class),
            below: self.below.join(name),
        }
    }

    /// Open the file or folder at this location.
    pub(crate) fn open(&self) -> Result<Opened, ReadError> {
        // If the class's folder is gone, no submission caused that.
        let class = open::named(&self.class).map_err(|errno| ReadError::Machine(errno.into()))?;
        let folders = self.below.parent().unwrap_or(Path::new(""));
        let folder = root::descend(class, folders.as_os_str().as_bytes())?;
        let name = self.below.file_name().unwrap_or_default().to_owned();
        let name = CString::new(name.into_vec()).map_err(|_| ReadError::Changed)?;
        open::open(folder.as_fd(), &name)
    }
}
