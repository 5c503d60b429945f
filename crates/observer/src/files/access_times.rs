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

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::{
    fd::{AsFd, OwnedFd},
    fs::{AtFlags, Mode, OFlags, Statx, StatxFlags, StatxTimestamp, Timespec, Timestamps},
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

/// The files of one folder, whose times were set so that a read shows.
#[derive(Debug)]
pub struct AccessTimes {
    folder: OwnedFd,
    /// The name and the status of each file, in the order given to [`AccessTimes::arm`].
    before: Vec<(String, Statx)>,
}

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
        let failed = |verb, path: &Path, error: Errno| AccessTimesError {
            verb,
            path: path.to_path_buf(),
            source: error.into(),
        };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = rustix::fs::open(folder, flags, Mode::empty())
            .map_err(|error| failed("open", folder, error))?;
        let past = Timespec {
            tv_sec: PAST,
            tv_nsec: 0,
        };
        let times = Timestamps {
            last_access: past,
            last_modification: past,
        };
        let mut before = Vec::new();
        for name in names {
            rustix::fs::utimensat(&fd, name, &times, AtFlags::SYMLINK_NOFOLLOW)
                .map_err(|error| failed("set the times of", &folder.join(name), error))?;
            let status =
                query(&fd, name).map_err(|error| failed("query", &folder.join(name), error))?;
            before.push((name.to_owned(), status));
        }
        if width == Stamps::Tick {
            std::thread::sleep(TICK);
        }
        Ok(Self { folder: fd, before })
    }

    /// Find out which files were read or changed since their times were set.
    ///
    /// # Errors
    /// Fails if a file exists and cannot be queried.
    pub fn compare(&self) -> Result<FilesWitness, AccessTimesError> {
        let mut witness = FilesWitness {
            expected: self.before.len(),
            ..FilesWitness::default()
        };
        for (name, before) in &self.before {
            let trace = match query(&self.folder, name) {
                Ok(after) => match trace(before, &after) {
                    None => {
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
                Err(error) => {
                    return Err(AccessTimesError {
                        verb: "query the data file",
                        path: name.into(),
                        source: error.into(),
                    });
                }
            };
            witness.tampered.push(Tampering {
                file: name.clone(),
                trace,
            });
        }
        Ok(witness)
    }
}

fn query(folder: impl AsFd, name: &str) -> Result<Statx, Errno> {
    let wanted = StatxFlags::BASIC_STATS | StatxFlags::BTIME;
    rustix::fs::statx(folder, name, AtFlags::SYMLINK_NOFOLLOW, wanted)
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
mod tests {
    use std::{
        fs::{self, File, FileTimes},
        io::Write as _,
        time::SystemTime,
    };

    use super::*;

    /// A folder with one file of three bytes, whose times are set.
    fn armed() -> (tempfile::TempDir, std::path::PathBuf, AccessTimes) {
        let dir = tempfile::tempdir().unwrap();
        let width = Stamps::probe(dir.path())
            .unwrap()
            .expect("this file system records reads");
        let file = dir.path().join("f");
        fs::write(&file, "12\n").unwrap();
        let watch = AccessTimes::arm(dir.path(), ["f"].into_iter(), width).unwrap();
        (dir, file, watch)
    }

    fn seen(watch: &AccessTimes) -> (usize, usize, Vec<Trace>) {
        let witness = watch.compare().unwrap();
        assert_eq!(witness.expected, 1);
        let traces = witness.tampered.iter().map(|t| t.trace).collect();
        (witness.read, witness.unread.len(), traces)
    }

    #[test]
    fn a_file_that_is_only_opened_is_unread() {
        let (_dir, file, watch) = armed();
        fs::metadata(&file).unwrap();
        File::open(&file).unwrap();
        assert_eq!(seen(&watch), (0, 1, vec![]));
    }

    #[test]
    fn a_read_shows_and_looks_like_no_change() {
        let (_dir, file, watch) = armed();
        fs::read(&file).unwrap();
        assert_eq!(seen(&watch), (1, 0, vec![]));
    }

    #[test]
    fn set_times_show_whatever_they_are_set_to() {
        let past = SystemTime::UNIX_EPOCH + Duration::from_secs(PAST.unsigned_abs());
        #[expect(
            clippy::disallowed_methods,
            reason = "a program that forges a read sets the times to now"
        )]
        let now = SystemTime::now();
        for (read_first, accessed) in [(false, now), (true, past), (true, now)] {
            let (_dir, file, watch) = armed();
            if read_first {
                fs::read(&file).unwrap();
            }
            let times = FileTimes::new().set_accessed(accessed).set_modified(past);
            File::options()
                .write(true)
                .open(&file)
                .unwrap()
                .set_times(times)
                .unwrap();
            assert_eq!(seen(&watch), (0, 0, vec![Trace::StatusChanged]));
        }
    }

    #[test]
    fn writing_replacing_renaming_and_removing_are_told_apart() {
        let (_dir, file, watch) = armed();
        fs::write(&file, "34\n").unwrap();
        assert_eq!(seen(&watch), (0, 0, vec![Trace::Written]));

        let (_dir, file, watch) = armed();
        File::options()
            .append(true)
            .open(&file)
            .unwrap()
            .write_all(b"x")
            .unwrap();
        assert_eq!(seen(&watch), (0, 0, vec![Trace::Written]));

        let (dir, file, watch) = armed();
        let other = dir.path().join("other");
        fs::write(&other, "12\n").unwrap();
        fs::rename(&other, &file).unwrap();
        assert_eq!(seen(&watch), (0, 0, vec![Trace::Replaced]));

        let (dir, file, watch) = armed();
        let away = dir.path().join("away");
        fs::rename(&file, &away).unwrap();
        fs::rename(&away, &file).unwrap();
        assert_eq!(seen(&watch), (0, 0, vec![Trace::StatusChanged]));

        let (_dir, file, watch) = armed();
        fs::remove_file(&file).unwrap();
        assert_eq!(seen(&watch), (0, 0, vec![Trace::Removed]));
    }
}
