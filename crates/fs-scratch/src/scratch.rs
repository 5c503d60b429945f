//! A temporary folder that records reads, and is gone afterwards whatever was put into it.
//!
//! # Where
//!
//! What the user names (`--temp-dir` and so on) is used or refused. Otherwise the first of these that
//! works: the folder of the user's session, `/dev/shm`, the system's temporary folder. The first two are
//! in memory, where a thousand files take three milliseconds. *Works* is found out, not looked up: a
//! file is written and read there, and its times are faked.
//!
//! # Afterwards
//!
//! Dropping removes it, also when a panic unwinds. For the times when nothing can be dropped (SIGKILL, a
//! power cut) every scratch folder is locked for as long as its process lives, and whoever makes the next
//! one removes those that nobody holds.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use rustix::{
    fd::OwnedFd,
    fs::{FlockOperation, Mode, OFlags, StatVfsMountFlags},
};

use super::{
    Watch,
    file_times::{Stamps, try_out},
    remove_tree,
};
use crate::fault::{Fault, FaultKind};

/// A private temporary folder, removed when dropped.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
    width: Stamps,
    /// Held until the end, so that nobody takes the folder for abandoned.
    _lock: OwnedFd,
}

impl Scratch {
    /// Make one in `base`, or where it works best.
    ///
    /// # Errors
    /// No place can be written to, or none records reads; the reason for each is in the message.
    pub fn create(base: Option<&Path>) -> Result<Self, Fault> {
        let candidates = match base {
            Some(base) => vec![base.to_path_buf()],
            None => usual_places(),
        };
        let mut refusals = Vec::new();
        for candidate in &candidates {
            match Self::create_in(candidate) {
                Ok(scratch) => return Ok(scratch),
                Err(why) => refusals.push(format!("`{}`: {why}", candidate.display())),
            }
        }
        Err(
            Fault::new(FaultKind::Disk, "failed to make a temporary folder")
                .because(refusals.join("\n             "))
                .hint(
                    "free some space, or choose another place with `--temp-dir DIR`, best on tmpfs",
                ),
        )
    }

    fn create_in(base: &Path) -> Result<Self, String> {
        let words = |error: io::Error| error.to_string();
        let base = std::path::absolute(base).map_err(words)?;
        let mount = rustix::fs::statvfs(&base).map_err(|error| words(error.into()))?;
        if mount.f_flag.contains(StatVfsMountFlags::NOEXEC) {
            return Err("programs cannot be started from it (mounted noexec)".into());
        }
        remove_abandoned(&base);
        let (path, lock) = make(&base).map_err(words)?;
        // From here on, dropping removes it.
        let mut scratch = Self {
            path,
            width: Stamps::Tick,
            _lock: lock,
        };
        match try_out(&scratch.path) {
            Ok(Some(width)) => scratch.width = width,
            Ok(None) => {
                return Err(
                    "its file system does not record when files are read (noatime?)".into(),
                );
            }
            Err(fault) => return Err(fault.to_string()),
        }
        Ok(scratch)
    }

    /// The folder, absolute.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How finely changes are stamped here.
    #[must_use]
    pub fn stamps(&self) -> Stamps {
        self.width
    }

    /// Make an empty folder inside, removed before the rest if it is dropped before.
    ///
    /// # Errors
    /// The disk is full or the name is taken.
    pub fn place(&self, name: &str) -> Result<Place, Fault> {
        let path = self.path.join(name);
        fs::create_dir(&path).map_err(|error| {
            Fault::io(FaultKind::Disk, "create", &path, &error)
                .hint("free some space, or choose another place with `--temp-dir DIR`")
        })?;
        Ok(Place(path))
    }

    /// Watch over files in a folder inside.
    ///
    /// # Errors
    /// A file is not there or its times cannot be set.
    pub fn watch<'a>(
        &self,
        folder: &Path,
        names: impl Iterator<Item = &'a str>,
    ) -> Result<Watch, Fault> {
        Watch::arm(folder, names, self.width)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left over is removed by the next one that is made here.
        let _ = remove_tree(&self.path);
    }
}

/// A folder in a [`Scratch`], removed when dropped whatever was put into it.
#[derive(Debug)]
pub struct Place(PathBuf);

impl Place {
    /// The folder, absolute.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // What is left over goes with the scratch folder.
        let _ = remove_tree(&self.0);
    }
}

fn usual_places() -> Vec<PathBuf> {
    if let Some(named) = env::var_os("TMPDIR").filter(|dir| !dir.is_empty()) {
        return vec![named.into()];
    }
    let session = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    session
        .into_iter()
        .chain(["/dev/shm".into(), "/tmp".into(), "/var/tmp".into()])
        .filter(|place: &PathBuf| place.is_dir())
        .collect()
}

/// How the folders of this user are called, so that one can tell what may be abandoned.
fn prefix() -> String {
    format!("grade-{}-", rustix::process::getuid().as_raw())
}

/// Make a folder and lock it.
fn make(base: &Path) -> io::Result<(PathBuf, OwnedFd)> {
    // Root's jobs run as users of their own, who have to get through; its name is not to be guessed.
    let mode = if rustix::process::geteuid().is_root() {
        0o711
    } else {
        0o700
    };
    for _ in 0..16 {
        let path = tempfile::Builder::new()
            .prefix(&prefix())
            .rand_bytes(8)
            .permissions(std::os::unix::fs::PermissionsExt::from_mode(mode))
            .tempdir_in(base)?
            .keep();
        let lock = open(&path)?;
        rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive)?;
        // Between making and locking, another process may have taken it for abandoned.
        if path.is_dir() {
            return Ok((path, lock));
        }
    }
    Err(io::Error::other("other processes keep removing it"))
}

/// Remove this user's folders in `base` that no living process holds. Best effort: what cannot be
/// removed now is in nobody's way.
fn remove_abandoned(base: &Path) {
    let Ok(entries) = fs::read_dir(base) else {
        return;
    };
    let prefix = prefix();
    for entry in entries.flatten() {
        if !entry.file_name().to_string_lossy().starts_with(&prefix) {
            continue;
        }
        let path = entry.path();
        let Ok(lock) = open(&path) else { continue };
        if rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive).is_ok() {
            let _ = remove_tree(&path);
        }
    }
}

fn open(path: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(rustix::fs::open(path, flags, Mode::empty())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_gone_when_dropped_with_all_that_is_in_it() {
        let base = tempfile::tempdir().unwrap();
        let scratch = Scratch::create(Some(base.path())).unwrap();
        let place = scratch.place("a").unwrap();
        fs::write(place.path().join("f"), "x").unwrap();
        fs::write(scratch.path().join("g"), "x").unwrap();
        drop(place);
        assert!(!scratch.path().join("a").exists());
        assert!(scratch.path().starts_with(base.path()));
        drop(scratch);
        assert_eq!(fs::read_dir(base.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_a_killed_process_left_is_removed_and_what_a_living_one_holds_is_kept() {
        let base = tempfile::tempdir().unwrap();
        let abandoned = base.path().join(format!("{}gone", prefix()));
        fs::create_dir(&abandoned).unwrap();
        fs::write(abandoned.join("f"), "x").unwrap();
        let stranger = base.path().join("not-ours");
        fs::create_dir(&stranger).unwrap();
        let held = Scratch::create(Some(base.path())).unwrap();
        assert!(!abandoned.exists());
        let second = Scratch::create(Some(base.path())).unwrap();
        assert!(held.path().exists() && second.path().exists() && stranger.exists());
    }

    #[test]
    fn a_place_that_is_not_there_is_named() {
        let fault = Scratch::create(Some(Path::new("/nonexistent/place"))).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Disk);
        assert!(fault.cause.unwrap().contains("/nonexistent/place"));
        assert!(fault.hint.unwrap().contains("--temp-dir"));
    }
}
