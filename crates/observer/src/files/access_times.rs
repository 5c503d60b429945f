//! Tell from file times which files were read, and which were touched otherwise.
//!
//! # Theory of operation
//!
//! Before a run every file's access and modification time is set to a moment long past, and then its
//! status is queried. A read moves the access time away from that past and changes nothing else.
//! Everything that could set the access time by other means (`utimensat`, writing, replacing, renaming)
//! also moves the time of the status change, and that time cannot be set. The query in between is
//! needed: since Linux 6.13 the kernel gives the next change a stamp of full resolution only where the
//! last one has been looked at. Elsewhere stamps have the width of a timer tick, so [`AccessTimes::arm`] lets
//! one pass; which of the two it is, a trial on the file system itself tells ([`Stamps`]).
//!
//! Comparing access time with time of birth does not work: a read right after creation has the same
//! stamp. Access times say nothing of order, and nothing of how much was read.

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

/// 2000-01-01, in seconds since 1970: a past in which no file of ours was read.
const PAST: i64 = 946_684_800;

/// Longer than the longest timer tick of a Linux kernel, 10 ms.
const TICK: Duration = Duration::from_millis(11);

/// An operation on a file or folder that failed.
#[derive(Debug, thiserror::Error)]
#[error("failed to {verb} `{}`", path.display())]
pub struct AccessTimesError {
    /// What was to be done.
    pub verb: &'static str,
    /// With which file or folder.
    pub path: PathBuf,
    /// Why it failed.
    #[source]
    pub source: io::Error,
}

/// How finely a file system stamps changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stamps {
    /// Two changes with a query between them have different stamps.
    Fine,
    /// Two changes within a tick may have the same stamp.
    Tick,
}

/// The files of one folder, armed.
#[derive(Debug)]
pub struct AccessTimes {
    folder: OwnedFd,
    /// Name and status of each file, in byte order of the names.
    before: Vec<(String, Statx)>,
}

impl AccessTimes {
    /// Arm every file in `folder` whose name is given.
    ///
    /// # Errors
    /// A file is not there, or its times cannot be set.
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

    /// What became of the files since.
    ///
    /// # Errors
    /// A file that is there cannot be queried.
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

/// What was done to a file besides reading it. The coarsest change is named, not the side effects.
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
    /// Find out on the file system itself whether reads are recorded and fakes noticed, in an empty folder.
    ///
    /// `None` if they are not: mounted `noatime`, or a file system without these times.
    ///
    /// # Errors
    /// The folder cannot be written to.
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
            // Eight fakes, each right after its arming: a tick wide stamp hides all but one or two.
            let mut noticed = 0;
            for _ in 0..8 {
                let watch = AccessTimes::arm(folder, std::iter::once(name), Stamps::Fine)?;
                fake(&watch, name)?;
                noticed += watch.compare()?.tampered.len();
            }
            if noticed == 8 {
                return Ok(Some(Stamps::Fine));
            }
            let watch = AccessTimes::arm(folder, std::iter::once(name), Stamps::Tick)?;
            fake(&watch, name)?;
            Ok((watch.compare()?.tampered.len() == 1).then_some(Stamps::Tick))
        };
        let width = trial();
        std::fs::remove_file(&path).map_err(io("remove from"))?;
        width
    }
}

/// Do what a cheat would: set the times without reading.
fn fake(watch: &AccessTimes, name: &str) -> Result<(), AccessTimesError> {
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

    /// A folder with one file of three bytes, armed.
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
    fn nothing_done_is_seen_as_unread() {
        let (_dir, file, watch) = armed();
        fs::metadata(&file).unwrap();
        File::open(&file).unwrap();
        assert_eq!(seen(&watch), (0, 1, vec![]));
    }

    #[test]
    fn a_read_is_seen_and_looks_like_nothing_else() {
        let (_dir, file, watch) = armed();
        fs::read(&file).unwrap();
        assert_eq!(seen(&watch), (1, 0, vec![]));
    }

    #[test]
    fn set_times_are_seen_whatever_they_are_set_to() {
        let past = SystemTime::UNIX_EPOCH + Duration::from_secs(PAST.unsigned_abs());
        #[expect(clippy::disallowed_methods, reason = "the cheat sets the times to now")]
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
