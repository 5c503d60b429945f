//! Which file a descriptor is, whatever it was called when it was opened.
//!
//! A data file is known by device and inode, looked up through the descriptor at the moment of the
//! access. Names count only for what is told of opens and of attempts, never for what is charged.

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
use crate::{memory, seccomp::syscall_table};

/// The data files as they were at the start.
#[derive(Debug, Default)]
pub(crate) struct DataFiles {
    by_inode: FxHashMap<(u64, u64), u32>,
    by_name: FxHashMap<Vec<u8>, u32>,
    descriptors: Descriptors,
}

/// What a descriptor or a path leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// A data file, its size now, and where the descriptor stands if that was seen as well.
    Data {
        file: u32,
        size: u64,
        position: Option<u64>,
    },
    /// Something else, or nothing.
    Other,
    /// We may not look.
    Hidden,
}

impl DataFiles {
    /// Every regular file that stands in the folder, in byte order of the names.
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

    /// What a thread's descriptor is.
    pub(crate) fn behind(&mut self, tid: i32, fd: i32) -> Target {
        if fd < 0 {
            return Target::Other;
        }
        let files = &self.by_inode;
        let is_data = |stat: &Stat| files.contains_key(&(stat.st_dev, stat.st_ino));
        match self.descriptors.look(tid, fd, is_data) {
            Ok((stat, position)) => {
                let size = stat.st_size.unsigned_abs();
                self.known(stat.st_dev, stat.st_ino, size, position)
            }
            Err(Errno::BADF) => Target::Other,
            Err(_) => self.at(Path::new(&format!("/proc/{tid}/fd/{fd}"))),
        }
    }

    /// On which device a thread's descriptor is, if that can be seen.
    pub(crate) fn device(&mut self, tid: i32, fd: i32) -> Option<u64> {
        let (stat, _) = self.descriptors.look(tid, fd, |_| false).ok()?;
        Some(stat.st_dev)
    }

    /// The data file of this name, if the last part of the path is one.
    pub(crate) fn named(&self, path: &[u8]) -> Option<u32> {
        let name = path.rsplit(|&byte| byte == b'/').next()?;
        self.by_name.get(name).copied()
    }

    /// What a path leads to that a thread gave to a call. As the thread sees it, where it differs.
    pub(crate) fn named_by(
        &mut self,
        tid: i32,
        at: syscall_table::Path,
        arguments: [u64; 6],
    ) -> Target {
        const CWD: i32 = libc::AT_FDCWD;
        let (directory, address) = match at {
            syscall_table::Path::Plain(i) => (CWD, arguments[i]),
            syscall_table::Path::At(i) => (descriptor(arguments[i]), arguments[i + 1]),
            syscall_table::Path::Descriptor(i) => (descriptor(arguments[i]), 0),
        };
        if address == 0 {
            return self.behind(tid, directory);
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
        self.at(&full)
    }

    /// A thread ends.
    pub(crate) fn forget(&mut self, tid: i32) {
        self.descriptors.forget(tid);
    }

    fn known(&self, device: u64, inode: u64, size: u64, position: Option<u64>) -> Target {
        match self.by_inode.get(&(device, inode)) {
            Some(&file) => Target::Data {
                file,
                size,
                position,
            },
            None => Target::Other,
        }
    }

    fn at(&self, path: &Path) -> Target {
        match fs::metadata(path) {
            Ok(metadata) => self.known(metadata.dev(), metadata.ino(), metadata.size(), None),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Target::Hidden,
            Err(_) => Target::Other,
        }
    }
}

/// Whether a folder's list gives each file the number that `stat` gives it. Those that are laid over others
/// need not, and to ask for each of a thousand files takes as long as starting the program.
fn lists_inodes(folder: &fs::File) -> io::Result<bool> {
    const TMPFS: i64 = 0x0102_1994;
    const EXT: i64 = 0xEF53;
    Ok(matches!(rustix::fs::fstatfs(folder)?.f_type, TMPFS | EXT))
}

/// The low half of an argument, as the kernel takes a descriptor.
#[expect(clippy::cast_possible_truncation, reason = "what the kernel does")]
pub(crate) fn descriptor(argument: u64) -> i32 {
    (argument as u32).cast_signed()
}

/// A descriptor's position in its file.
pub(crate) fn position(tid: i32, fd: i32) -> Option<u64> {
    let mut info = [0; 64];
    let length = fs::File::open(format!("/proc/{tid}/fdinfo/{fd}"))
        .and_then(|mut file| file.read(&mut info))
        .ok()?;
    let line = info[..length].split(|&byte| byte == b'\n').next()?;
    let value = line.strip_prefix(b"pos:")?;
    std::str::from_utf8(value).ok()?.trim().parse().ok()
}
