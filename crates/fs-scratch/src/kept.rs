//! Folders that are made once and kept under a key, as in a cache.
//!
//! # Theory of operation
//!
//! An entry is made in a [`Staging`] folder beside the others and renamed to its key when it is complete,
//! so that a reader sees a whole entry or none. The maker holds a lock on the key meanwhile; a second
//! process that wants the same entry waits, and then finds it. A staging folder is locked as well, so
//! that the next maker removes those of processes that were killed.
//!
//! This module never reads an entry: the caller knows what is in it, and verifies it.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use crate::{
    error::Error,
    locked::{LockedFolder, Prefix, has_no_locks},
    remove::remove_tree,
};

/// How the names of staging folders begin.
const STAGING: &str = "making-";

/// How the names of lock files end.
const LOCK: &str = ".lock";

/// How often another process may put an entry in the place from which one was moved away. Once is rare.
const ATTEMPTS: u32 = 100;

/// A folder of entries.
#[derive(Debug, Clone)]
pub struct Kept {
    folder: PathBuf,
}

impl Kept {
    /// Entries in `folder`, which is made when the first one is locked.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    /// Where all entries are.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the entry of a key is, if there is one. An entry is read without a lock.
    #[must_use]
    pub fn entry(&self, key: &str) -> PathBuf {
        self.folder.join(key)
    }

    /// Wait until no other process makes or removes the entry of this key. Afterwards, check again whether
    /// the entry exists: the other process may have made it.
    ///
    /// # Errors
    /// The folder cannot be made or written to, or the key is not a plain file name.
    pub fn lock(&self, key: &str) -> Result<KeyLock<'_>, Error> {
        let (file, path) = self.lock_file(key)?;
        match file.lock() {
            Err(error) if !has_no_locks(&error) => Err(Error::io("lock", &path)(error)),
            _ => Ok(self.locked(key, file)),
        }
    }

    /// As [`Kept::lock`], but `None` instead of a wait: for a caller that does something else meanwhile.
    ///
    /// # Errors
    /// As [`Kept::lock`].
    pub fn try_lock(&self, key: &str) -> Result<Option<KeyLock<'_>>, Error> {
        let (file, path) = self.lock_file(key)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(self.locked(key, file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) if has_no_locks(&error) => {
                Ok(Some(self.locked(key, file)))
            }
            Err(TryLockError::Error(error)) => Err(Error::io("lock", &path)(error)),
        }
    }

    fn lock_file(&self, key: &str) -> Result<(File, PathBuf), Error> {
        let is_plain = !key.is_empty()
            && !key.starts_with('.')
            && !key.contains(['/', '\0'])
            && !key.starts_with(STAGING)
            && !key.ends_with(LOCK);
        if !is_plain {
            return Err(Error::Key { key: key.into() });
        }
        fs::create_dir_all(&self.folder).map_err(Error::io("create", &self.folder))?;
        let path = self.folder.join(format!("{key}{LOCK}"));
        let file = File::create(&path).map_err(Error::io("create", &path))?;
        Ok((file, path))
    }

    fn locked(&self, key: &str, file: File) -> KeyLock<'_> {
        KeyLock {
            kept: self,
            key: key.to_owned(),
            _file: file,
        }
    }
}

/// The lock on the entry of one key; released when dropped. Its holder may make or remove the entry.
#[derive(Debug)]
pub struct KeyLock<'a> {
    kept: &'a Kept,
    key: String,
    _file: File,
}

impl KeyLock<'_> {
    /// Where the entry is, if there is one.
    #[must_use]
    pub fn entry(&self) -> PathBuf {
        self.kept.entry(&self.key)
    }

    /// Make an empty folder in which the entry is made, on the same file system.
    ///
    /// # Errors
    /// The disk is full or cannot be written to.
    pub fn stage(&self) -> Result<Staging, Error> {
        let prefix = Prefix::new(&self.kept.folder, STAGING);
        prefix.sweep(&self.kept.folder);
        prefix
            .make(&self.kept.folder, 0o700)
            .map(Staging)
            .map_err(Error::io("write into", &self.kept.folder))
    }

    /// Make a complete folder the entry: the [`Staging`] folder itself or one in it. It replaces the
    /// entry that was there.
    ///
    /// # Errors
    /// The entry that was there cannot be moved away, or the folder is on another file system.
    pub fn put(&self, complete: &Path) -> Result<PathBuf, Error> {
        let entry = self.entry();
        let mut attempts = ATTEMPTS;
        loop {
            self.set_aside(&entry)?;
            match fs::rename(complete, &entry) {
                Ok(()) => return Ok(entry),
                // Where locks are not seen by all, another process may have put its own entry there.
                Err(error) if attempts > 0 && is_taken(&error) => attempts -= 1,
                Err(error) => return Err(Error::io("create", &entry)(error)),
            }
        }
    }

    /// Move an entry away as a whole and remove it then, so that no reader sees a part of it.
    fn set_aside(&self, entry: &Path) -> Result<(), Error> {
        if !entry.exists() {
            return Ok(());
        }
        // It may not be possible to remove it now: a network file system keeps files that a process has open.
        let aside = self.stage()?;
        match fs::rename(entry, aside.path().join("old")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Error::io("replace", entry)(error))
            }
            _ => Ok(()),
        }
    }
}

/// Whether a folder was not renamed because there is another one of that name.
fn is_taken(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::AlreadyExists | io::ErrorKind::DirectoryNotEmpty
    )
}

/// A folder in which an entry is made; removed when dropped, unless it has become the entry.
#[derive(Debug)]
pub struct Staging(LockedFolder);

impl Staging {
    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // The next sweep removes what cannot be removed now. A folder that became the entry has moved away.
        let _ = remove_tree(self.0.path());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn an_entry_is_there_as_a_whole_and_replaces_the_one_before() {
        let dir = tempfile::tempdir().unwrap();
        let kept = Kept::new(dir.path().join("cache"));
        for text in ["one", "two"] {
            let lock = kept.lock("key").unwrap();
            let staging = lock.stage().unwrap();
            fs::write(staging.path().join(text), text).unwrap();
            let entry = lock.put(staging.path()).unwrap();
            assert_eq!(entry, kept.entry("key"));
            assert!(!staging.path().exists());
            drop(staging);
            let names: Vec<_> = fs::read_dir(&entry).unwrap().flatten().collect();
            assert_eq!(names.len(), 1);
            assert_eq!(fs::read_to_string(entry.join(text)).unwrap(), text);
        }
    }

    #[test]
    fn staging_folders_that_are_dropped_or_abandoned_are_removed() {
        let dir = tempfile::tempdir().unwrap();
        let kept = Kept::new(dir.path());
        let left = dir.path().join("making-left");
        fs::create_dir(&left).unwrap();
        let (lock, other) = (kept.lock("key").unwrap(), kept.lock("other").unwrap());
        let staging = lock.stage().unwrap();
        assert!(!left.exists());
        // Another maker's staging folder, for another key, is not taken for abandoned.
        let beside = other.stage().unwrap();
        assert!(staging.path().is_dir() && beside.path().is_dir());
        let path = staging.path().to_owned();
        drop(staging);
        assert!(!path.exists() && !lock.entry().exists());
    }

    #[test]
    fn a_second_maker_waits_and_finds_the_entry() {
        let dir = tempfile::tempdir().unwrap();
        let kept = Kept::new(dir.path());
        let made = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let lock = kept.lock("key").unwrap();
                    if !lock.entry().is_dir() {
                        // Long enough for all threads to come here, if the lock did not stop them.
                        std::thread::sleep(std::time::Duration::from_millis(20));
                        let staging = lock.stage().unwrap();
                        made.fetch_add(1, Ordering::Relaxed);
                        lock.put(staging.path()).unwrap();
                    }
                });
            }
        });
        assert_eq!(made.into_inner(), 1);
    }

    #[test]
    fn makers_that_do_not_see_each_others_locks_leave_one_whole_entry() {
        let dir = tempfile::tempdir().unwrap();
        let kept = Kept::new(dir.path());
        drop(kept.lock("key").unwrap());
        let kept = &kept;
        std::thread::scope(|scope| {
            for maker in 0..4 {
                scope.spawn(move || {
                    for _ in 0..50 {
                        // As on a file system without locks.
                        let lock = kept.locked("key", File::open(kept.folder()).unwrap());
                        let staging = lock.stage().unwrap();
                        for file in ["a", "b"] {
                            fs::write(staging.path().join(file), maker.to_string()).unwrap();
                        }
                        lock.put(staging.path()).unwrap();
                    }
                });
            }
        });
        let entry = kept.entry("key");
        let text = |name: &str| fs::read_to_string(entry.join(name)).unwrap();
        assert_eq!(text("a"), text("b"));
        let left: Vec<_> = fs::read_dir(dir.path()).unwrap().flatten().collect();
        assert_eq!(left.len(), 2, "{left:?}");
    }

    #[test]
    fn a_lock_that_another_holds_is_not_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let kept = Kept::new(dir.path());
        let held = kept.lock("key").unwrap();
        assert!(kept.try_lock("key").unwrap().is_none());
        assert!(kept.try_lock("other").unwrap().is_some());
        drop(held);
        assert!(kept.try_lock("key").unwrap().is_some());
        assert!(kept.try_lock("..").is_err());
    }

    #[test]
    fn a_key_is_one_plain_name() {
        let dir = tempfile::tempdir().unwrap();
        let kept = Kept::new(dir.path());
        for key in ["", ".", "..", "a/b", "/", "a\0", "making-a", "a.lock"] {
            assert!(matches!(kept.lock(key), Err(Error::Key { .. })), "{key:?}");
        }
    }
}
