//! Which data file a descriptor or a path leads to.
//!
//! A data file is identified by device and inode, which are looked up through the descriptor at each access. So a
//! program can open it by any name. Names count only for the statistics of opens, never for a charge.
//!
//! The data files are found before the program starts. So what the program makes itself is none, even in the same folder.

use std::{
    ffi::OsStr,
    fs,
    io::{self, Read},
    os::{
        fd::OwnedFd,
        unix::{ffi::OsStrExt, fs::MetadataExt},
    },
    path::{Path, PathBuf},
};

use rustc_hash::FxHashMap;
use rustix::{
    fs::{AtFlags, FileType, Mode, OFlags, Stat, statat},
    io::Errno,
};

use super::descriptors::Descriptors;
use crate::{
    memory,
    seccomp::{notify::Notification, syscall_table},
};

/// The number of levels of subfolders in which data files are looked for.
const MAX_DEPTH: usize = 8;

/// The data files that existed when the program was started. Each has an index, in byte order of their names.
#[derive(Debug, Default)]
pub(crate) struct DataFiles {
    /// The index by device and inode.
    by_inode: FxHashMap<(u64, u64), u32>,
    /// The index by name.
    by_name: FxHashMap<Vec<u8>, u32>,
    /// The number of files.
    count: usize,
    descriptors: Descriptors,
}

/// What a descriptor or a path leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// A data file. `size` is its present size, and `position` that of the descriptor, if it was looked up as well.
    Data {
        file: u32,
        size: u64,
        position: Option<u64>,
    },
    /// Another file, or none.
    Other,
    /// The observer has no permission to look.
    Hidden,
}

impl DataFiles {
    /// Find every regular file in a folder and in its subfolders.
    pub(crate) fn scan(folder: &Path) -> io::Result<Self> {
        let mut found = Vec::new();
        list(&fs::File::open(folder)?, b"", MAX_DEPTH, &mut found)?;
        found.sort_unstable();
        let mut files = Self::default();
        for (index, (name, inode)) in (0..).zip(found) {
            files.count += 1;
            files.add(index, name, inode);
        }
        Ok(files)
    }

    /// Find the files in a folder that have these names, in this order. A file without a name does not lie in the
    /// folder, and has an index all the same.
    pub(crate) fn find<'a>(
        folder: &Path,
        names: impl Iterator<Item = Option<&'a str>>,
    ) -> io::Result<Self> {
        let mut files = Self::default();
        for (index, name) in (0..).zip(names) {
            files.count += 1;
            let Some(name) = name else { continue };
            let path = folder.join(name);
            let status = fs::symlink_metadata(&path).map_err(|error| {
                io::Error::new(error.kind(), format!("{}: {error}", path.display()))
            })?;
            let inode = (status.dev(), status.ino());
            files.add(index, name.as_bytes().to_vec(), inode);
        }
        Ok(files)
    }

    fn add(&mut self, index: u32, name: Vec<u8>, inode: (u64, u64)) {
        self.by_inode.insert(inode, index);
        self.by_name.insert(name, index);
    }

    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// What a descriptor of a thread leads to.
    pub(crate) fn target_of_descriptor(&mut self, tid: i32, fd: i32) -> Target {
        if fd < 0 {
            return Target::Other;
        }
        let files = &self.by_inode;
        let is_data = |stat: &Stat| files.contains_key(&(stat.st_dev, stat.st_ino));
        match self.descriptors.query(tid, fd, is_data) {
            Ok((stat, position)) => {
                let size = stat.st_size.unsigned_abs();
                self.target_of_inode(stat.st_dev, stat.st_ino, size, position)
            }
            Err(Errno::BADF) => Target::Other,
            Err(_) => self.target_at(Path::new(&format!("/proc/{tid}/fd/{fd}"))),
        }
    }

    /// The device of the file behind a descriptor of a thread. `None` if it cannot be looked up.
    pub(crate) fn device(&mut self, tid: i32, fd: i32) -> Option<u64> {
        let (stat, _) = self.descriptors.query(tid, fd, |_| false).ok()?;
        Some(stat.st_dev)
    }

    /// The data file whose name a path ends with, if there is one. Of several, the one with the longest name.
    pub(crate) fn named(&self, path: &[u8]) -> Option<u32> {
        let (mut found, mut end) = (None, path.len());
        for _ in 0..=MAX_DEPTH {
            let slash = path[..end].iter().rposition(|&byte| byte == b'/');
            let name = &path[slash.map_or(0, |slash| slash + 1)..];
            found = self.by_name.get(name).copied().or(found);
            let Some(slash) = slash else { break };
            end = slash;
        }
        found
    }

    /// A copy of a thread's descriptor.
    pub(crate) fn copy(&mut self, tid: i32, fd: i32) -> Result<OwnedFd, Errno> {
        self.descriptors.copy(tid, fd)
    }

    /// Whether there is something to read at a descriptor of a thread.
    pub(crate) fn is_ready(&mut self, tid: i32, fd: i32) -> Result<bool, Errno> {
        self.descriptors.is_ready(tid, fd)
    }

    /// What a path in the arguments of a call leads to, resolved in the folders that the calling thread sees.
    pub(crate) fn target_of_path(
        &mut self,
        notification: Notification,
        at: syscall_table::Path,
    ) -> Target {
        const CWD: i32 = libc::AT_FDCWD;
        let Notification { tid, arguments, .. } = notification;
        let (directory, address) = match at {
            syscall_table::Path::Plain(i) => (CWD, arguments[i]),
            syscall_table::Path::At(i) => (descriptor(arguments[i]), arguments[i + 1]),
            syscall_table::Path::Descriptor(i) => (descriptor(arguments[i]), 0),
        };
        if address == 0 {
            return self.target_of_descriptor(tid, directory);
        }
        let Ok(path) = memory::read_path(tid, address) else {
            return Target::Hidden;
        };
        let base = if path.starts_with(b"/") {
            format!("/proc/{tid}/root")
        } else if directory == CWD {
            format!("/proc/{tid}/cwd")
        } else {
            format!("/proc/{tid}/fd/{directory}")
        };
        let relative = path.iter().position(|&byte| byte != b'/');
        let relative = relative.map_or(&[][..], |start| &path[start..]);
        let full = PathBuf::from(base).join(OsStr::from_bytes(relative));
        self.target_at(&full)
    }

    /// A thread exits.
    pub(crate) fn forget(&mut self, tid: i32) {
        self.descriptors.forget(tid);
    }

    fn target_of_inode(&self, device: u64, inode: u64, size: u64, position: Option<u64>) -> Target {
        match self.by_inode.get(&(device, inode)) {
            Some(&file) => Target::Data {
                file,
                size,
                position,
            },
            None => Target::Other,
        }
    }

    fn target_at(&self, path: &Path) -> Target {
        match fs::metadata(path) {
            Ok(metadata) => {
                self.target_of_inode(metadata.dev(), metadata.ino(), metadata.size(), None)
            }
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Target::Hidden,
            Err(_) => Target::Other,
        }
    }
}

/// Add each regular file below a folder with its inode. `prefix` is the folder's own name with a slash behind it, and
/// `depth` is the number of levels of subfolders that are looked at.
fn list(
    folder: &fs::File,
    prefix: &[u8],
    depth: usize,
    found: &mut Vec<(Vec<u8>, (u64, u64))>,
) -> io::Result<()> {
    let device = rustix::fs::fstat(folder)?.st_dev;
    let lists_inodes = lists_inodes(folder)?;
    for entry in rustix::fs::Dir::read_from(folder)? {
        let entry = entry?;
        let (kind, inode) = if lists_inodes && entry.file_type() != FileType::Unknown {
            (entry.file_type(), (device, entry.ino()))
        } else {
            let stat = statat(folder, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW)?;
            (
                FileType::from_raw_mode(stat.st_mode),
                (stat.st_dev, stat.st_ino),
            )
        };
        let own_name = entry.file_name().to_bytes();
        let name = [prefix, own_name].concat();
        match kind {
            FileType::RegularFile => found.push((name, inode)),
            FileType::Directory if depth > 0 && !matches!(own_name, b"." | b"..") => {
                let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                let subfolder =
                    rustix::fs::openat(folder, entry.file_name(), flags, Mode::empty())?;
                let prefix = [&name[..], b"/"].concat();
                list(&subfolder.into(), &prefix, depth - 1, found)?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether the list of a folder names the same inodes as `stat` does. It may not on file systems that combine
/// others, such as overlayfs. To call `stat` for a thousand files takes as long as starting the program, so it is
/// left out where possible.
fn lists_inodes(folder: &fs::File) -> io::Result<bool> {
    const TMPFS: i64 = 0x0102_1994;
    const EXT: i64 = 0xEF53;
    Ok(matches!(rustix::fs::fstatfs(folder)?.f_type, TMPFS | EXT))
}

/// The descriptor, or the number of a thread, in an argument: the kernel uses the low 32 bits.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the kernel ignores the upper half"
)]
pub(crate) fn descriptor(argument: u64) -> i32 {
    (argument as u32).cast_signed()
}

/// The position of a thread's descriptor in its file, as the kernel's file about the descriptor shows it.
pub(crate) fn position(tid: i32, fd: i32) -> Option<u64> {
    let mut info = [0; 64];
    let length = fs::File::open(format!("/proc/{tid}/fdinfo/{fd}"))
        .and_then(|mut file| file.read(&mut info))
        .ok()?;
    let line = info[..length].split(|&byte| byte == b'\n').next()?;
    let value = line.strip_prefix(b"pos:")?;
    std::str::from_utf8(value).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("logs/old")).unwrap();
        for name in ["b.txt", "logs/a.txt", "logs/old/a.txt", "logs.txt"] {
            fs::write(folder.path().join(name), name).unwrap();
        }
        std::os::unix::fs::symlink("b.txt", folder.path().join("link")).unwrap();
        folder
    }

    #[test]
    fn files_of_subfolders_are_counted_in_byte_order_of_their_names() {
        let folder = folder();
        let files = DataFiles::scan(folder.path()).unwrap();
        assert_eq!(files.len(), 4);
        for (path, index) in [
            ("b.txt", Some(0)),
            ("/data/logs.txt", Some(1)),
            ("logs/a.txt", Some(2)),
            ("./logs/old/a.txt", Some(3)),
            // None of these names ends such a path.
            ("old/a.txt", None),
            ("a.txt", None),
            ("link", None),
            ("", None),
        ] {
            assert_eq!(files.named(path.as_bytes()), index, "{path}");
        }
        let long = format!("{}b.txt", "x/".repeat(300));
        assert_eq!(files.named(long.as_bytes()), Some(0));
    }

    #[test]
    fn only_what_is_named_counts_as_data() {
        let folder = folder();
        let names = ["b.txt", "logs/a.txt"];
        let names = names.map(Some).into_iter().chain([None]);
        let files = DataFiles::find(folder.path(), names).unwrap();
        assert_eq!((files.len(), files.named(b"logs/a.txt")), (3, Some(1)));
        assert_eq!(files.named(b"logs.txt"), None);
        let missing = DataFiles::find(folder.path(), [Some("none.txt")].into_iter());
        assert!(missing.unwrap_err().to_string().contains("none.txt"));
    }
}
