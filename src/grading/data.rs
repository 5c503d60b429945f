//! The data files of runs: on disk, and never read so far when a run begins.
//!
//! # Theory of operation
//!
//! To write a thousand files and to remove them takes longer than to run an honest program on them. So the folder of a
//! run is kept for the next run on the same dataset, most often that of another submission, and only the files' times
//! are set again. Nothing of a submission may reach the next one, so a folder is kept only if all of this holds:
//!
//! - At the tier of the run no program can write there ([`Tier::Confined`] and [`Tier::Full`]): the kernel refuses
//!   to open a data file for writing, to cut, remove, replace or link it, to make another file beside it, and to set
//!   modes, owners, times and attributes. The self-test attacks the sandbox in these ways.
//! - The program exited with success, and left no process behind. No process of a run is alive when it has been
//!   evaluated, whatever its end, so no descriptor, mapping or lock is left. This condition spares the proof that it is
//!   so after every kind of violent end.
//! - Folder and files are as they were before the run, in everything but the times of access
//!   ([`AccessTimes::finish`]). Contents cannot change without the time of the last change of status, but through a
//!   mapping that can be written, which needs what the first condition excludes.
//!
//! In every other case the folder is removed, and the next run gets a new one.
//!
//! At most as many folders are kept of a dataset as were in use at the same time, and none of a large dataset, because
//! they may be in memory. Never judges what the times show.

use std::{
    fs,
    path::Path,
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
};

use crate::fault::Fault;
use dataset::Dataset;
use evidence::{Execution, FilesWitness};
use fs_scratch::Subfolder;
use observer::{AccessTimes, Stamps, Unchanged};
use sandbox::Tier;

/// A folder of more bytes is not kept.
const LARGEST_KEPT: usize = 32 << 20;

/// What a file takes beside its contents, at most: the rest of its last page.
const PAGE: usize = 4096;

/// The files of one dataset on disk, never read so far.
#[derive(Debug)]
pub(super) struct DataFolder {
    folder: Subfolder,
    watch: AccessTimes,
}

impl DataFolder {
    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// The folders of one dataset that are kept.
#[derive(Debug, Default)]
pub(super) struct KeptFolders {
    kept: Mutex<Vec<KeptFolder>>,
    /// The names in the order in which the first folder listed them. All are made in the same way.
    listing: OnceLock<Vec<String>>,
}

/// A folder after a run that only read its files.
#[derive(Debug)]
struct KeptFolder {
    folder: Subfolder,
    unchanged: Unchanged,
}

impl KeptFolders {
    /// The files of `dataset`: in a folder that was kept, or in one that `make` makes.
    pub(super) fn take(
        &self,
        dataset: &Dataset,
        stamps: Stamps,
        make: impl FnOnce() -> Result<Subfolder, Fault>,
    ) -> Result<DataFolder, Fault> {
        let kept = self.kept().pop();
        if let Some(KeptFolder { folder, unchanged }) = kept {
            match unchanged.arm(stamps)? {
                Some(watch) => return Ok(DataFolder { folder, watch }),
                None => remove(folder.path())?,
            }
        }
        let folder = make()?;
        let path = folder.path();
        dataset
            .write(path)
            .map_err(|error| Fault::temporary("write the data files into", path, &error))?;
        self.listing.get_or_init(|| list(path));
        let watch = AccessTimes::arm(path, dataset.names(), stamps)?;
        Ok(DataFolder { folder, watch })
    }

    /// What the files of a run at `tier` show after its end. Then they are kept or removed; removed in any case if
    /// something else was put beside them.
    pub(super) fn finish(
        &self,
        data: DataFolder,
        dataset: &Dataset,
        tier: Tier,
        execution: &Execution,
        is_reusable: bool,
    ) -> Result<FilesWitness, Fault> {
        let DataFolder { folder, watch } = data;
        let (files, unchanged) = watch.finish()?;
        match unchanged {
            Some(unchanged)
                if is_reusable
                    && tier >= Tier::Confined
                    && ended_well(execution)
                    && is_small(dataset) =>
            {
                self.kept().push(KeptFolder { folder, unchanged });
            }
            _ => remove(folder.path())?,
        }
        Ok(files)
    }

    /// The names of the files, in the order in which a program finds them that lists the folder. Empty where that is
    /// not known.
    pub(super) fn listing(&self) -> &[String] {
        self.listing.get().map_or(&[], Vec::as_slice)
    }

    fn kept(&self) -> MutexGuard<'_, Vec<KeptFolder>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The names in a folder, in the system's order. It only serves an explanation, so a folder that cannot be listed is none.
fn list(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect()
}

/// Whether a program ended by itself and with all its processes.
fn ended_well(execution: &Execution) -> bool {
    execution.termination.is_success() && execution.left_behind == 0
}

fn is_small(dataset: &Dataset) -> bool {
    let bytes: usize = dataset
        .files()
        .map(|(_, contents)| contents.len().next_multiple_of(PAGE))
        .sum();
    bytes <= LARGEST_KEPT
}

/// Remove a folder with all in it.
pub(super) fn remove(folder: &Path) -> Result<(), Fault> {
    fs_scratch::remove_tree(folder).map_err(|error| Fault::temporary("remove", folder, &error))
}
