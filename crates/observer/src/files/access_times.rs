//! The second witness: find out from the times of files which of them were read, and which were changed.
//!
//! # Theory of operation
//!
//! Before a run the access time and the modification time of each file are set far into the past, and then its status
//! is queried. A read changes the access time and nothing else. Everything else that changes the access time
//! (`utimensat`, or to write, replace or rename the file) also changes the time of the status change, which no
//! program can set.
//!
//! The query is needed: since Linux 6.13 the kernel gives a change a time of full resolution only if the previous
//! time of the file was queried. On other kernels and file systems two changes within a timer tick have the same
//! time, so [`AccessTimes::arm`] waits for one tick. A trial on the file system shows which of the two it is
//! ([`Stamps`]).
//!
//! It is not enough to compare the access time with the time of creation: a read right after the creation has the
//! same time. Access times never show in which order files were read, nor how much of them.
//!
//! The same comparison tells whether the folder may serve another run: [`AccessTimes::finish`]. It may if it has the
//! same entries as before and each of them is the same in everything but its access time. Whoever writes, cuts,
//! replaces, links, moves or marks a file, or sets its mode, owner, times or attributes, changes the time of its status
//! change. One thing does not: on a file system in memory, a write through a mapping may leave all times as they are.
//! A mapping that can be written needs a descriptor that can be written. So the folder may serve another run only where
//! no program could open a file in it for writing; the caller knows that, and this module does not.
//!
//! A name may have folders in it, as in `logs/a.txt`. Then the same holds for each of these folders as for the folder
//! itself.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::{
    fd::{AsFd, OwnedFd},
    fs::{AtFlags, Dir, Mode, OFlags, Statx, StatxFlags, StatxTimestamp, Timespec, Timestamps},
    io::Errno,
};

use evidence::{FilesWitness, Tampering, Trace};

/// The access time of a file that was not read: the year 2000, in seconds since 1970.
const PAST: i64 = 946_684_800;

/// A real time that is longer than the longest timer tick of a Linux kernel, which is 10 ms.
const TICK: Duration = Duration::from_millis(11);

/// An operation on a file or folder that failed.
#[derive(Debug, thiserror::Error)]
#[error("failed to {verb} `{}`", path.display())]
#[non_exhaustive]
pub struct AccessTimesError {
    /// What the operation does, as a verb.
    pub verb: &'static str,
    /// The file or folder.
    pub path: PathBuf,
    /// Why the operation failed.
    #[source]
    pub source: io::Error,
}

/// The resolution of the times that a file system gives to changes. There are only these two kinds: a file system
/// with neither cannot be used ([`Stamps::probe`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stamps {
    /// Two changes with a query between them have different times.
    Fine,
    /// Two changes within a timer tick may have the same time.
    Tick,
}

/// A folder in which files lie whose times were set.
#[derive(Debug)]
struct Folder {
    /// Its name in the folder of the data files, or `.` for that folder itself.
    name: String,
    /// Its status.
    before: Statx,
    /// How many entries it has.
    entries: usize,
}

/// The files of one folder, whose times were set so that a read shows.
#[derive(Debug)]
pub struct AccessTimes {
    folder: OwnedFd,
    /// The folder itself, and the folders in it that hold files.
    folders: Vec<Folder>,
    /// The name and the status of each file, in the order given to [`AccessTimes::arm`].
    before: Vec<(String, Statx)>,
}

/// The files of one folder, to which nothing happened but reads.
#[derive(Debug)]
pub struct Unchanged(AccessTimes);

impl AccessTimes {
    /// Set the times of the files in `folder` with these names.
    ///
    /// # Errors
    /// Fails if a file does not exist, or if its times cannot be set.
    pub fn arm<'a>(
        folder: &Path,
        names: impl Iterator<Item = &'a str>,
        width: Stamps,
    ) -> Result<Self, AccessTimesError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = rustix::fs::open(folder, flags, Mode::empty()).map_err(failed("open", folder))?;
        let mut before = Vec::new();
        for name in names {
            let status = arm_file(&fd, name)?;
            before.push((name.to_owned(), status));
        }
        let folders = folders_of(&before)
            .into_iter()
            .map(|(name, entries)| {
                Ok(Folder {
                    before: query_folder(&fd, &name)?,
                    name,
                    entries,
                })
            })
            .collect::<Result<_, AccessTimesError>>()?;
        if width == Stamps::Tick {
            std::thread::sleep(TICK);
        }
        Ok(Self {
            folder: fd,
            folders,
            before,
        })
    }

    /// Find out which files were read or changed since their times were set.
    ///
    /// # Errors
    /// Fails if a file exists and cannot be queried.
    pub fn compare(&self) -> Result<FilesWitness, AccessTimesError> {
        Ok(self.look()?.0)
    }

    /// As [`AccessTimes::compare`], and whether nothing happened to folder and files but reads. Then they may serve
    /// another run, if no program could open a file for writing.
    ///
    /// # Errors
    /// Fails if the folder cannot be listed, or if a file exists and cannot be queried.
    pub fn finish(self) -> Result<(FilesWitness, Option<Unchanged>), AccessTimesError> {
        let (witness, are_same) = self.look()?;
        let is_unchanged = are_same && self.folders_are_same()?;
        Ok((witness, is_unchanged.then_some(Unchanged(self))))
    }

    /// What the files' times show, and whether all files are the same in everything but the access time.
    fn look(&self) -> Result<(FilesWitness, bool), AccessTimesError> {
        let mut witness = FilesWitness {
            expected: self.before.len(),
            ..FilesWitness::default()
        };
        let mut are_same = true;
        for (name, before) in &self.before {
            let trace = match query(&self.folder, name) {
                Ok(after) => match trace(before, &after) {
                    None => {
                        are_same &= is_same(before, &after);
                        if is_past(after.stx_atime) {
                            witness.unread.push(name.clone());
                        } else {
                            witness.read += 1;
                        }
                        continue;
                    }
                    Some(trace) => trace,
                },
                Err(Errno::NOENT | Errno::NOTDIR) => Trace::Removed,
                Err(error) => return Err(failed("query the data file", name.as_ref())(error)),
            };
            are_same = false;
            witness.tampered.push(Tampering {
                file: name.clone(),
                trace,
            });
        }
        Ok((witness, are_same))
    }

    /// Whether nothing happened to the folders. All files are there.
    fn folders_are_same(&self) -> Result<bool, AccessTimesError> {
        for folder in &self.folders {
            let name = &folder.name;
            // All files and folders are there, so with as many entries there is nothing else.
            if !is_same(&folder.before, &query_folder(&self.folder, name)?)
                || count_entries(&self.folder, name)? != folder.entries
            {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// The folders in which these files lie, each with the number of its entries. The first is the folder of all of them.
fn folders_of(files: &[(String, Statx)]) -> BTreeMap<String, usize> {
    let mut known = BTreeSet::new();
    let (nested, plain): (Vec<&str>, Vec<&str>) = files
        .iter()
        .map(|(name, _)| name.as_str())
        .partition(|name| name.contains('/'));
    let mut entries = BTreeMap::from([(".".to_owned(), plain.len())]);
    for mut path in nested {
        loop {
            let parent = path.rsplit_once('/').map(|(parent, _)| parent);
            *entries.entry(parent.unwrap_or(".").to_owned()).or_default() += 1;
            // A folder is an entry itself, once.
            match parent {
                Some(parent) if known.insert(parent) => path = parent,
                _ => break,
            }
        }
    }
    entries
}

/// How many entries a folder has.
fn count_entries(folder: &OwnedFd, name: &str) -> Result<usize, AccessTimesError> {
    let count = || -> Result<usize, Errno> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let opened = rustix::fs::openat(folder, name, flags, Mode::empty())?;
        let mut count = 0;
        for entry in Dir::read_from(opened)? {
            let entry = entry?;
            count += usize::from(!matches!(entry.file_name().to_bytes(), b"." | b".."));
        }
        Ok(count)
    };
    count().map_err(failed("list the folder of the data files", name.as_ref()))
}

impl Unchanged {
    /// Set the times of the files again, for another run.
    ///
    /// `None` if a file differs from what was found at the end of the last run.
    ///
    /// # Errors
    /// Fails if the times of a file cannot be set.
    pub fn arm(self, width: Stamps) -> Result<Option<AccessTimes>, AccessTimesError> {
        let Self(mut watch) = self;
        for (name, before) in &mut watch.before {
            let mut armed = arm_file(&watch.folder, name)?;
            // Setting the times has changed the status, and nothing else may have.
            let changed = std::mem::replace(&mut armed.stx_ctime, before.stx_ctime);
            if !is_same(before, &armed) {
                return Ok(None);
            }
            before.stx_ctime = changed;
        }
        if width == Stamps::Tick {
            std::thread::sleep(TICK);
        }
        Ok(Some(watch))
    }
}

fn failed<'a>(verb: &'static str, path: &'a Path) -> impl Fn(Errno) -> AccessTimesError + 'a {
    move |error| AccessTimesError {
        verb,
        path: path.to_path_buf(),
        source: error.into(),
    }
}

/// Set the times of a file into the past. Its status afterwards.
fn arm_file(folder: impl AsFd, name: &str) -> Result<Statx, AccessTimesError> {
    let past = Timespec {
        tv_sec: PAST,
        tv_nsec: 0,
    };
    let times = Timestamps {
        last_access: past,
        last_modification: past,
    };
    rustix::fs::utimensat(&folder, name, &times, AtFlags::SYMLINK_NOFOLLOW)
        .map_err(failed("set the times of", name.as_ref()))?;
    query(folder, name).map_err(failed("query", name.as_ref()))
}

fn query(folder: impl AsFd, name: &str) -> Result<Statx, Errno> {
    let wanted = StatxFlags::BASIC_STATS | StatxFlags::BTIME;
    rustix::fs::statx(folder, name, AtFlags::SYMLINK_NOFOLLOW, wanted)
}

fn query_folder(folder: impl AsFd, name: &str) -> Result<Statx, AccessTimesError> {
    query(folder, name).map_err(failed("query the folder of the data files", name.as_ref()))
}

/// Whether a file or folder is the same in everything but its access time. How many blocks it has on the disk does not
/// count: some file systems decide that later.
fn is_same(before: &Statx, after: &Statx) -> bool {
    let times =
        |s: &Statx| [s.stx_mtime, s.stx_ctime, s.stx_btime].map(|time| (time.tv_sec, time.tv_nsec));
    let owner = |s: &Statx| (s.stx_mode, s.stx_uid, s.stx_gid, s.stx_attributes);
    let place = |s: &Statx| (s.stx_dev_major, s.stx_dev_minor, s.stx_ino, s.stx_nlink);
    before.stx_size == after.stx_size
        && times(before) == times(after)
        && owner(before) == owner(after)
        && place(before) == place(after)
}

/// What happened to a file besides reads. If several changes show, the first of this order is returned: replaced,
/// written, status changed.
fn trace(before: &Statx, after: &Statx) -> Option<Trace> {
    let stamp = |t: StatxTimestamp| (t.tv_sec, t.tv_nsec);
    if before.stx_ino != after.stx_ino || stamp(before.stx_btime) != stamp(after.stx_btime) {
        Some(Trace::Replaced)
    } else if before.stx_size != after.stx_size || !is_past(after.stx_mtime) {
        Some(Trace::Written)
    } else if stamp(before.stx_ctime) != stamp(after.stx_ctime) {
        Some(Trace::StatusChanged)
    } else {
        None
    }
}

fn is_past(time: StatxTimestamp) -> bool {
    time.tv_sec == PAST && time.tv_nsec == 0
}

impl Stamps {
    /// Find out in an empty folder whether its file system records reads, and which resolution its times have.
    ///
    /// `None` if it does not record reads (it is mounted with `noatime`, or has no access times), or if it does not
    /// show that times were set.
    ///
    /// # Errors
    /// Fails if a file cannot be made in the folder, read, or removed.
    pub fn probe(folder: &Path) -> Result<Option<Stamps>, AccessTimesError> {
        let io = |verb| {
            move |source: std::io::Error| AccessTimesError {
                verb,
                path: folder.to_path_buf(),
                source,
            }
        };
        let name = "trial";
        let path = folder.join(name);
        std::fs::write(&path, "a trial\n").map_err(io("write into"))?;
        let trial = || -> Result<Option<Stamps>, AccessTimesError> {
            let watch = AccessTimes::arm(folder, std::iter::once(name), Stamps::Fine)?;
            std::fs::read(&path).map_err(io("read from"))?;
            if watch.compare()?.read != 1 {
                return Ok(None);
            }
            // Each of these eight forged reads follows right after the query. Where times have the resolution of a
            // tick, one or two of them show at most.
            let mut shown = 0;
            for _ in 0..8 {
                let watch = AccessTimes::arm(folder, std::iter::once(name), Stamps::Fine)?;
                forge_read(&watch, name)?;
                shown += watch.compare()?.tampered.len();
            }
            if shown == 8 {
                return Ok(Some(Stamps::Fine));
            }
            let watch = AccessTimes::arm(folder, std::iter::once(name), Stamps::Tick)?;
            forge_read(&watch, name)?;
            Ok((watch.compare()?.tampered.len() == 1).then_some(Stamps::Tick))
        };
        let width = trial();
        std::fs::remove_file(&path).map_err(io("remove from"))?;
        width
    }
}

/// Forge a read: set the access time without reading.
fn forge_read(watch: &AccessTimes, name: &str) -> Result<(), AccessTimesError> {
    let past = Timespec {
        tv_sec: PAST,
        tv_nsec: 0,
    };
    let read = Timespec {
        tv_sec: PAST + 1,
        tv_nsec: 0,
    };
    let times = Timestamps {
        last_access: read,
        last_modification: past,
    };
    rustix::fs::utimensat(&watch.folder, name, &times, AtFlags::SYMLINK_NOFOLLOW).map_err(|error| {
        AccessTimesError {
            verb: "set the times of",
            path: name.into(),
            source: error.into(),
        }
    })
}

#[cfg(test)]
mod tests;
