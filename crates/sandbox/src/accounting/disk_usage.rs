//! Adds up how much a job has written, because no quota of the file system does.
//!
//! A hostile job changes the folders meanwhile. So every step goes from an open folder to an entry of it, no
//! link is followed, and an entry that vanishes is no error. Deleted files that are still open are not seen;
//! the limits on open files and on the size of one file bound them.

use std::{
    ffi::{CStr, CString},
    io,
    os::{
        fd::{AsFd, AsRawFd as _, OwnedFd},
        unix::ffi::OsStrExt as _,
    },
    path::Path,
};

use rustix::{
    fs::{AtFlags, Dir, FileType, Mode, OFlags},
    io::Errno,
};

/// How many levels deep folders may be nested. Deeper ones count as over any limit, because to count what is in
/// them takes a descriptor for each level, and programs have no use for them.
const DEEPEST: usize = 128;

/// How much is in some folders.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct DiskUsage {
    /// The space that their files take.
    pub(crate) bytes: u64,
    /// The number of files, folders and links. `u64::MAX` where folders are nested too deeply to count.
    pub(crate) entries: u64,
    /// The length of the longest file.
    pub(crate) longest: u64,
}

/// Add up what is below `folder`; stop early once it is over a limit.
pub(crate) fn usage(folder: &Path, limit: DiskUsage) -> io::Result<DiskUsage> {
    let folder = CString::new(folder.as_os_str().as_bytes())?;
    let opened = open(rustix::fs::CWD, folder.as_c_str())
        .or_else(|error| open_locked(rustix::fs::CWD, &folder, error));
    match opened {
        Ok(top) => Ok(usage_below(&top, limit)),
        Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::ACCESS) => Ok(DiskUsage::default()),
        Err(error) => Err(error.into()),
    }
}

/// As [`usage`], of an open folder.
fn usage_below(top: &OwnedFd, limit: DiskUsage) -> DiskUsage {
    let mut disk = DiskUsage::default();
    add(top, &mut disk, limit, 0);
    disk
}

/// As [`usage`], of the file system in memory whose root is open as `tmpfs`. No path here leads to it.
pub(crate) fn usage_of_tmpfs(tmpfs: &OwnedFd, limit: DiskUsage) -> io::Result<DiskUsage> {
    let path = proc_path(tmpfs);
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let open = || rustix::fs::open(&path, flags, Mode::empty());
    let opened = open().or_else(|error| {
        if error != Errno::ACCESS {
            return Err(error);
        }
        rustix::fs::chmod(&path, Mode::RWXU)?;
        open()
    });
    Ok(usage_below(&opened?, limit))
}

/// A path to an open file, which works whatever its name is and even if it has none.
fn proc_path(fd: &OwnedFd) -> String {
    format!("/proc/self/fd/{}", fd.as_raw_fd())
}

fn open(parent: impl AsFd, name: impl rustix::path::Arg) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(parent, name, flags, Mode::empty())
}

fn add(folder: &OwnedFd, disk: &mut DiskUsage, limit: DiskUsage, depth: usize) {
    let Ok(entries) = Dir::read_from(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        let Ok(status) = rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) else {
            continue;
        };
        disk.entries += 1;
        // Blocks, not length: a hole takes no space, and the limit on the size of one file bounds the length.
        disk.bytes = disk
            .bytes
            .saturating_add(u64::try_from(status.st_blocks).unwrap_or(0) * 512);
        if disk.bytes > limit.bytes || disk.entries > limit.entries {
            return;
        }
        let kind = FileType::from_raw_mode(status.st_mode);
        if kind == FileType::RegularFile {
            let length = u64::try_from(status.st_size).unwrap_or(0);
            disk.longest = disk.longest.max(length);
        }
        if kind != FileType::Directory {
            continue;
        }
        if depth == DEEPEST {
            disk.entries = u64::MAX;
            return;
        }
        if let Ok(inner) = open(folder, name).or_else(|error| open_locked(folder, name, error)) {
            add(&inner, disk, limit, depth + 1);
            if disk.entries == u64::MAX {
                return;
            }
        }
    }
}

/// Open a folder whose mode does not let us list it. The job may have set that mode to hide what is in the
/// folder, but the owner can change it. The mode is changed by descriptor, so no link can take the folder's
/// place meanwhile.
fn open_locked(parent: impl AsFd, name: &CStr, error: Errno) -> Result<OwnedFd, Errno> {
    if error != Errno::ACCESS {
        return Err(error);
    }
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let folder = rustix::fs::openat(&parent, name, flags, Mode::empty())?;
    rustix::fs::chmod(proc_path(&folder), Mode::RWXU)?;
    open(parent, name)
}

/// Make `user` the owner of `folder` and of everything below it. The client made the folder, and the job is to
/// write to it.
pub(crate) fn chown_tree(folder: &Path, user: u32) -> io::Result<()> {
    let top = open(rustix::fs::CWD, folder)?;
    chown_below(&top, user, 0)
}

fn chown_below(folder: &OwnedFd, user: u32, depth: usize) -> io::Result<()> {
    let owner = Some(rustix::process::Uid::from_raw(user));
    let group = Some(rustix::process::Gid::from_raw(user));
    if depth > DEEPEST {
        return Err(io::Error::other(
            "the folders to write to are nested too deeply",
        ));
    }
    rustix::fs::fchown(folder, owner, group)?;
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        if entry.file_type() == FileType::Directory {
            chown_below(&open(folder, name)?, user, depth + 1)?;
        } else {
            rustix::fs::chownat(folder, name, owner, group, AtFlags::SYMLINK_NOFOLLOW)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const NO_LIMIT: DiskUsage = DiskUsage {
        bytes: u64::MAX,
        entries: u64::MAX - 1,
        longest: u64::MAX,
    };

    #[test]
    fn everything_below_is_counted_once_and_links_are_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("a/b")).unwrap();
        fs::write(dir.path().join("a/b/f"), vec![1; 100_000]).unwrap();
        std::os::unix::fs::symlink("/", dir.path().join("link")).unwrap();
        let disk = usage(dir.path(), NO_LIMIT).unwrap();
        assert_eq!(disk.entries, 4);
        assert!((100_000..200_000).contains(&disk.bytes), "{disk:?}");
        assert_eq!(disk.longest, 100_000);
    }

    #[test]
    fn folders_too_deep_to_count_are_over_every_limit() {
        let dir = tempfile::tempdir().unwrap();
        let mut deep = dir.path().to_path_buf();
        for _ in 0..DEEPEST {
            deep.push("d");
        }
        fs::create_dir_all(&deep).unwrap();
        fs::write(deep.join("f"), "").unwrap();
        let disk = usage(dir.path(), NO_LIMIT).unwrap();
        assert_eq!(disk.entries, DEEPEST as u64 + 1);
        fs::create_dir(deep.join("d")).unwrap();
        fs::create_dir(dir.path().join("e")).unwrap();
        let disk = usage(dir.path(), NO_LIMIT).unwrap();
        assert!(disk.entries > NO_LIMIT.entries);
    }

    #[test]
    fn a_folder_that_cannot_be_listed_hides_nothing() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let locked = dir.path().join("locked");
        fs::create_dir(&locked).unwrap();
        fs::write(locked.join("f"), vec![1; 100_000]).unwrap();
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o300)).unwrap();
        assert!(usage(dir.path(), NO_LIMIT).unwrap().bytes >= 100_000);
    }

    #[test]
    fn counting_stops_once_it_is_too_much() {
        let dir = tempfile::tempdir().unwrap();
        for i in 0..50 {
            fs::write(dir.path().join(i.to_string()), "").unwrap();
        }
        let limit = DiskUsage {
            entries: 10,
            ..NO_LIMIT
        };
        assert_eq!(usage(dir.path(), limit).unwrap().entries, 11);
    }
}
