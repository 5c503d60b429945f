//! Which data file a descriptor or a path leads to.
//!
//! A data file is identified by device and inode, which are looked up through the descriptor at each access. So a
//! program can open it by any name. Names count only for the statistics of opens, never for a charge.

use std::{
    ffi::OsStr,
    fs,
    io::{self, Read},
    os::unix::{ffi::OsStrExt, fs::MetadataExt},
    path::{Path, PathBuf},
};

use rustc_hash::FxHashMap;
use rustix::{
    fs::{AtFlags, FileType, Stat, statat},
    io::Errno,
};

use super::descriptors::Descriptors;
use crate::{
    memory,
    seccomp::{notify::Notification, syscall_table},
};

/// The data files that existed when the program was started. Each has an index, in byte order of their names.
#[derive(Debug, Default)]
pub(crate) struct DataFiles {
    /// The index by device and inode.
    by_inode: FxHashMap<(u64, u64), u32>,
    /// The index by name.
    by_name: FxHashMap<Vec<u8>, u32>,
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
    /// Find every regular file in a folder, without those in its subfolders.
    pub(crate) fn scan(folder: &Path) -> io::Result<Self> {
        let folder = fs::File::open(folder)?;
        let device = rustix::fs::fstat(&folder)?.st_dev;
        let lists_inodes = lists_inodes(&folder)?;
        let mut found = Vec::new();
        for entry in rustix::fs::Dir::read_from(&folder)? {
            let entry = entry?;
            let inode = if lists_inodes && entry.file_type() != FileType::Unknown {
                (entry.file_type(), (device, entry.ino()))
            } else {
                let stat = statat(&folder, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW)?;
                (
                    FileType::from_raw_mode(stat.st_mode),
                    (stat.st_dev, stat.st_ino),
                )
            };
            if let (FileType::RegularFile, inode) = inode {
                found.push((entry.file_name().to_bytes().to_vec(), inode));
            }
        }
        found.sort_unstable();
        let mut files = Self::default();
        for (index, (name, inode)) in (0..).zip(found) {
            files.by_inode.insert(inode, index);
            files.by_name.insert(name, index);
        }
        Ok(files)
    }

    pub(crate) fn len(&self) -> usize {
        self.by_name.len()
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

    /// The data file whose name is the last part of a path, if there is one.
    pub(crate) fn named(&self, path: &[u8]) -> Option<u32> {
        let name = path.rsplit(|&byte| byte == b'/').next()?;
        self.by_name.get(name).copied()
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
