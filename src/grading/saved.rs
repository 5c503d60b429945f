//! The files that a program saved in the folder that the exercise gave it: names, sizes and digests.
//!
//! The folder is beside that of the data, which has a link to it. So the data cannot be written, what was saved cannot
//! be executed, and no saved file counts as data. Never compares anything.

use std::{os::unix::fs::symlink, path::Path};

use super::tree::{Bounds, walk};
use crate::fault::Fault;
use ids::Digest;
use judge::evidence::{SavedFile, SavedFiles};

/// Make a link of this name among the data to the folder in which a program saves.
pub(super) fn link(saved: &Path, data: &Path, name: &str) -> Result<(), Fault> {
    let link = data.join(name);
    symlink(saved, &link).map_err(|error| Fault::temporary("make", &link, &error))
}

/// What is in the folder. Files beyond so many bytes together are not read.
pub(super) fn look(saved: &Path, most_bytes: u64) -> Result<SavedFiles, Fault> {
    let bounds = Bounds {
        files: SavedFiles::MOST,
        bytes: most_bytes,
    };
    let mut found = SavedFiles::default();
    let others = walk(saved, bounds, &mut |path, file, bytes| {
        let digest = Digest::of_all(file)?;
        found.files.insert(path, SavedFile { bytes, digest });
        Ok(())
    });
    found.others = others.map_err(|error| Fault::temporary("read", saved, &error))?;
    Ok(found)
}
