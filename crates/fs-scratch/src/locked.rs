//! Make a folder that is locked while its process lives, and remove those of processes that were killed.
//!
//! # Theory of operation
//!
//! Between making a folder and locking it, another process may take the lock, find the folder abandoned
//! and remove it. So a folder counts as made only if it is still there once it is locked; otherwise the
//! maker tries again under another name.
//!
//! A lock on a folder is seen by the processes of this machine only, also on network file systems that send locks
//! on files to their server. So where other machines may use the file system, the names say from which
//! machine a folder is, and [`Prefix::sweep`] leaves the folders of others alone until they are old.
//!
//! Only the prefix of a folder's name says that it belongs to the caller. This module never reads a folder's
//! contents.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::{fs::OFlags, io::Errno};

use crate::{
    mount::{Mount, neighbours},
    remove::remove_tree,
};

/// How often another process may remove a folder before it is locked. Once is rare.
const ATTEMPTS: u32 = 16;

/// A folder of another machine that was not changed for so long is abandoned: no work lasts that long.
const OLD: Duration = Duration::from_hours(7 * 24);

/// A folder that no other process can mistake for an abandoned one. Dropping it releases the lock and removes
/// nothing.
#[derive(Debug)]
pub struct LockedFolder {
    path: PathBuf,
    /// Held until the end.
    _lock: File,
}

impl LockedFolder {
    /// Make a folder in `parent`, with a name that begins with `prefix` and cannot be guessed, and with
    /// `mode` as far as the process's mask allows.
    ///
    /// # Errors
    /// The folder cannot be made or locked, or other processes keep removing it.
    pub fn make(parent: &Path, prefix: &str, mode: u32) -> io::Result<Self> {
        Self::make_with(parent, prefix, mode, |_| ())
    }

    /// As [`LockedFolder::make`], and call `before_lock` with each folder that is made and not yet locked.
    fn make_with(
        parent: &Path,
        prefix: &str,
        mode: u32,
        mut before_lock: impl FnMut(&Path),
    ) -> io::Result<Self> {
        for _ in 0..ATTEMPTS {
            let path = tempfile::Builder::new()
                .prefix(prefix)
                .rand_bytes(16)
                .permissions(fs::Permissions::from_mode(mode))
                .tempdir_in(parent)?
                .keep();
            let folder = match open(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                opened => opened?,
            };
            before_lock(&path);
            let is_locked = match try_lock(&folder) {
                // No sweep can lock it either, so none removes it.
                Err(error) if has_no_locks(&error) => true,
                tried => tried?,
            };
            if is_locked && path.is_dir() {
                return Ok(Self {
                    path,
                    _lock: folder,
                });
            }
        }
        Err(io::Error::other("other processes keep removing it"))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// How the names of a caller's folders in one place begin.
#[derive(Debug)]
pub(crate) struct Prefix {
    /// Those of all machines.
    all: String,
    /// Those of this machine.
    own: String,
}

impl Prefix {
    /// For folders in `parent` whose names begin with `prefix`.
    pub(crate) fn new(parent: &Path, prefix: &str) -> Self {
        match Mount::of(parent) {
            Some(mount) if mount.is_of_this_machine() => Self {
                all: prefix.to_owned(),
                own: prefix.to_owned(),
            },
            _ => Self::shared(parent, prefix),
        }
    }

    fn shared(parent: &Path, prefix: &str) -> Self {
        Self {
            all: prefix.to_owned(),
            own: format!("{prefix}{}-", neighbours(parent)),
        }
    }

    /// Make a folder of this machine in `parent`; as [`LockedFolder::make`].
    pub(crate) fn make(&self, parent: &Path, mode: u32) -> io::Result<LockedFolder> {
        LockedFolder::make(parent, &self.own, mode)
    }

    /// Remove the abandoned folders of this machine in `parent`, and the old ones of others.
    pub(crate) fn sweep(&self, parent: &Path) {
        sweep(parent, &self.all, |folder| {
            let name = folder.file_name().unwrap_or_default();
            let is_own = name.to_string_lossy().starts_with(&self.own);
            if is_own || is_old(folder) {
                return remove_tree(folder);
            }
            Ok(())
        });
    }
}

/// Whether nothing in a folder was made or removed for long.
fn is_old(folder: &Path) -> bool {
    let changed = fs::symlink_metadata(folder).and_then(|found| found.modified());
    changed.is_ok_and(|changed| changed.elapsed().is_ok_and(|age| age > OLD))
}

/// Whether a lock was not taken because the file system has no locks, or its server gives none.
#[must_use]
pub fn has_no_locks(error: &io::Error) -> bool {
    matches!(
        Errno::from_io_error(error),
        Some(Errno::NOLCK | Errno::NOSYS | Errno::OPNOTSUPP | Errno::INVAL)
    )
}

/// Call `remove` on each folder in `parent` whose name begins with `prefix` and that no living process
/// holds. Best effort: a folder that cannot be removed now is left for the next sweep.
///
/// `remove` is [`remove_tree`] for ordinary folders and [`fs::remove_dir`] where the
/// folders are control groups of the kernel.
pub fn sweep(parent: &Path, prefix: &str, remove: impl Fn(&Path) -> io::Result<()>) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        if !entry.file_name().to_string_lossy().starts_with(prefix) {
            continue;
        }
        let path = entry.path();
        let Ok(folder) = open(&path) else { continue };
        if matches!(try_lock(&folder), Ok(true)) {
            let _ = remove(&path);
        }
    }
}

/// Open a folder; never a link to one.
fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW;
    OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path)
}

/// Lock an open folder; false if another process or another open file holds it.
fn try_lock(folder: &File) -> io::Result<bool> {
    match folder.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sweep_removes_only_folders_that_no_process_holds() {
        let parent = tempfile::tempdir().unwrap();
        let abandoned = parent.path().join("a-left");
        fs::create_dir_all(abandoned.join("inside")).unwrap();
        let other = parent.path().join("b-left");
        fs::create_dir(&other).unwrap();
        let file = parent.path().join("a-file");
        fs::write(&file, "x").unwrap();
        let link = parent.path().join("a-link");
        std::os::unix::fs::symlink(&other, &link).unwrap();
        let held = LockedFolder::make(parent.path(), "a-", 0o700).unwrap();

        sweep(parent.path(), "a-", remove_tree);
        assert!(!abandoned.exists());
        assert!(held.path().is_dir() && other.is_dir() && file.is_file() && link.is_dir());

        let path = held.path().to_owned();
        drop(held);
        assert!(path.is_dir());
        sweep(parent.path(), "a-", remove_tree);
        assert!(!path.exists());
    }

    #[test]
    fn a_folder_that_is_full_stays_if_only_empty_ones_are_removed() {
        let parent = tempfile::tempdir().unwrap();
        fs::create_dir_all(parent.path().join("a-full/inside")).unwrap();
        fs::create_dir(parent.path().join("a-empty")).unwrap();
        sweep(parent.path(), "a-", |path| fs::remove_dir(path));
        assert!(parent.path().join("a-full/inside").is_dir());
        assert!(!parent.path().join("a-empty").exists());
    }

    #[test]
    fn folders_of_other_machines_stay_until_they_are_old() {
        let parent = tempfile::tempdir().unwrap();
        let path = |name: &str| parent.path().join(name);
        let shared = Prefix::shared(parent.path(), "a-");
        assert_ne!(shared.own, shared.all);
        let own = format!("{}left", shared.own);
        for name in [own.as_str(), "a-other-new", "a-other-old"] {
            fs::create_dir(path(name)).unwrap();
        }
        let old = File::open(path("a-other-old")).unwrap();
        let made = old.metadata().unwrap().modified().unwrap();
        old.set_modified(made - OLD - Duration::from_mins(1))
            .unwrap();
        drop(old);
        let held = shared.make(parent.path(), 0o700).unwrap();
        shared.sweep(parent.path());
        assert!(held.path().is_dir() && path("a-other-new").is_dir());
        assert!(!path(&own).exists() && !path("a-other-old").exists());

        // On a disk of this machine, every lock is seen.
        let disk = Prefix {
            own: shared.all.clone(),
            ..shared
        };
        disk.sweep(parent.path());
        assert!(held.path().is_dir() && !path("a-other-new").exists());
    }

    #[test]
    fn a_lock_that_cannot_be_had_is_told_from_one_that_is_held() {
        for errno in [Errno::NOLCK, Errno::NOSYS, Errno::OPNOTSUPP, Errno::INVAL] {
            assert!(has_no_locks(&errno.into()), "{errno}");
        }
        assert!(!has_no_locks(&Errno::IO.into()));
        assert!(!has_no_locks(&io::ErrorKind::WouldBlock.into()));
    }

    #[test]
    fn many_threads_at_once_keep_their_folders() {
        let parent = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        sweep(parent.path(), "a-", remove_tree);
                        let folder = LockedFolder::make(parent.path(), "a-", 0o700).unwrap();
                        fs::write(folder.path().join("file"), "x").unwrap();
                        assert!(folder.path().join("file").is_file());
                    }
                });
            }
        });
    }

    #[test]
    fn a_folder_that_is_taken_for_abandoned_before_it_is_locked_is_made_again() {
        let parent = tempfile::tempdir().unwrap();
        let mut made = 0;
        let folder = LockedFolder::make_with(parent.path(), "a-", 0o700, |_| {
            made += 1;
            if made < 3 {
                sweep(parent.path(), "a-", remove_tree);
            }
        });
        assert!(folder.unwrap().path().is_dir());
        assert_eq!(made, 3);
        let always = LockedFolder::make_with(parent.path(), "b-", 0o700, |path| {
            fs::remove_dir(path).unwrap();
        });
        assert!(always.unwrap_err().to_string().contains("keep removing it"));
    }

    #[test]
    fn a_mode_is_what_was_asked_for() {
        let parent = tempfile::tempdir().unwrap();
        for mode in [0o700, 0o711] {
            let folder = LockedFolder::make(parent.path(), "a-", mode).unwrap();
            let found = fs::metadata(folder.path()).unwrap().permissions().mode();
            assert_eq!(found & 0o777, mode);
        }
    }
}
