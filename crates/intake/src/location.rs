//! Where something of a class is, and the way to it.
//!
//! Hides that the way is gone name by name from the instructor's folder, as it was when the class was found.
//! Never follows a link below that folder: one student's folder that became a link to another's is a change.

use std::{
    ffi::{CString, OsStr},
    os::{
        fd::AsFd as _,
        unix::ffi::{OsStrExt as _, OsStringExt as _},
    },
    path::{Path, PathBuf},
};

use crate::{
    blame::ReadError,
    open::{self, Opened},
    root,
};

/// A place in the instructor's folder of a class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    class: PathBuf,
    below: PathBuf,
}

impl Location {
    /// What is `below` the folder `class`. Links to that folder are followed, and none in it.
    #[must_use]
    pub fn new(class: &Path, below: impl Into<PathBuf>) -> Self {
        Self {
            class: class.to_path_buf(),
            below: below.into(),
        }
    }

    /// The path, to be shown.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.class.join(&self.below)
    }

    /// What has this name in the folder that is here.
    pub(crate) fn join(&self, name: &OsStr) -> Self {
        Self::new(&self.class, self.below.join(name))
    }

    /// Open what is here.
    pub(crate) fn open(&self) -> Result<Opened, ReadError> {
        // That the class is gone is no submission's doing.
        let class = open::named(&self.class).map_err(|errno| ReadError::Machine(errno.into()))?;
        let folders = self.below.parent().unwrap_or(Path::new(""));
        let folder = root::descend(class, folders.as_os_str().as_bytes())?;
        let name = self.below.file_name().unwrap_or_default().to_owned();
        let name = CString::new(name.into_vec()).map_err(|_| ReadError::Changed)?;
        open::open(folder.as_fd(), &name)
    }
}
