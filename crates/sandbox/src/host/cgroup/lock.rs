//! Groups that carry our name: made locked, and removed when nobody holds them any more.

use std::{
    fs, io,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
};

use rustix::fs::{FlockOperation, Mode, OFlags};

/// How our groups are called, and no others.
pub(super) const PREFIX: &str = "sandbox-";

/// Make a group that nobody else has, and lock it.
pub(super) fn make_locked(parent: &Path) -> io::Result<(PathBuf, OwnedFd)> {
    let failed = |error: io::Error| {
        let what = format!("failed to make a group in `{}`: {error}", parent.display());
        io::Error::new(error.kind(), what)
    };
    for _ in 0..16 {
        let number = getrandom::u64().map_err(|error| failed(io::Error::other(error)))?;
        let folder = parent.join(format!("{PREFIX}{number:016x}"));
        fs::create_dir(&folder).map_err(failed)?;
        // Before it is locked, another process may take it for abandoned.
        match lock(&folder) {
            Ok(Some(lock)) if folder.is_dir() => return Ok((folder, lock)),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
    }
    Err(failed(io::Error::other("other processes keep removing it")))
}

/// Lock a group. `None` if somebody holds it.
fn lock(folder: &Path) -> io::Result<Option<OwnedFd>> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let fd = rustix::fs::open(folder, flags, Mode::empty())?;
    match rustix::fs::flock(&fd, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Some(fd)),
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Remove what killed processes of ours left in `parent`: empty groups that nobody holds.
pub(super) fn sweep(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        if let Ok(Some(_lock)) = lock(&entry.path()) {
            // The kernel refuses while anything is in it.
            let _ = fs::remove_dir(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_of_killed_supervisors_goes_and_what_a_living_one_holds_stays() {
        let parent = tempfile::tempdir().unwrap();
        let folder = |name: &str| {
            let folder = parent.path().join(name);
            fs::create_dir(&folder).unwrap();
            folder
        };
        // As a killed supervisor leaves it; one that still has a job; somebody else's.
        let (left, full, other) = (folder("sandbox-4711"), folder("sandbox-1"), folder("other"));
        fs::create_dir(full.join("job")).unwrap();
        let (held, lock) = make_locked(parent.path()).unwrap();
        let (second, _lock) = make_locked(parent.path()).unwrap();
        assert_ne!(held, second);
        sweep(parent.path());
        assert!(!left.exists());
        assert!(full.exists() && other.exists() && held.exists() && second.exists());
        drop(lock);
        sweep(parent.path());
        assert!(!held.exists() && second.exists());
    }
}
