//! What a program wrote into a folder: its plain files, found from open folder to open folder.
//!
//! The program has ended, so nothing changes meanwhile. But names and kinds of what it left are its own choice: no link
//! is followed, nothing but a plain file is read, and there are bounds for depth, number and size. Never judges.

use std::{ffi::CStr, fs::File, io, path::Path};

use rustix::{
    fd::OwnedFd,
    fs::{CWD, Dir, FileType, Mode, OFlags},
    io::Errno,
};

/// How many levels deep folders may be nested.
const DEEPEST: usize = 8;

/// What is looked at, at most.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) files: usize,
    pub(super) bytes: u64,
}

/// Where the plain files go: path below the folder, the open file and its size.
type Take<'a> = &'a mut dyn FnMut(String, File, u64) -> io::Result<()>;

struct Walk<'a> {
    left: Bounds,
    /// What is none of the files: too much, too deep, or of another kind.
    others: usize,
    take: Take<'a>,
}

/// Give every plain file below `folder` to `take`. Returns the number of everything else: links, empty folders, what cannot
/// be opened, what has no name in UTF-8, and what is beyond the bounds.
pub(super) fn walk(folder: &Path, bounds: Bounds, take: Take<'_>) -> io::Result<usize> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let folder = rustix::fs::openat(CWD, folder, flags, Mode::empty())?;
    let mut walk = Walk {
        left: bounds,
        others: 0,
        take,
    };
    walk.folder(&folder, "", 0)?;
    Ok(walk.others)
}

impl Walk<'_> {
    /// Returns the number of entries.
    fn folder(&mut self, folder: &OwnedFd, above: &str, depth: usize) -> io::Result<usize> {
        let mut entries = 0;
        for entry in Dir::read_from(folder)? {
            let entry = entry?;
            let name = entry.file_name();
            if matches!(name.to_bytes(), b"." | b"..") {
                continue;
            }
            entries += 1;
            if !self.entry(folder, name, above, depth)? {
                self.others += 1;
            }
        }
        Ok(entries)
    }

    /// Whether the entry is a file that was taken, or a folder with something in it.
    fn entry(
        &mut self,
        folder: &OwnedFd,
        name: &CStr,
        above: &str,
        depth: usize,
    ) -> io::Result<bool> {
        let Ok(text) = name.to_str() else {
            return Ok(false);
        };
        // Not to block on a pipe, of which nobody writes to the other end.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let opened = match rustix::fs::openat(folder, name, flags, Mode::empty()) {
            Ok(opened) => opened,
            // A link, a socket, or what the program forbade to be read.
            Err(Errno::LOOP | Errno::NXIO | Errno::ACCESS | Errno::PERM) => return Ok(false),
            Err(error) => return Err(error.into()),
        };
        let status = rustix::fs::fstat(&opened)?;
        let path = format!("{above}{text}");
        match FileType::from_raw_mode(status.st_mode) {
            FileType::RegularFile => {
                let size = status.st_size.unsigned_abs();
                if self.left.files == 0 || self.left.bytes < size {
                    return Ok(false);
                }
                self.left.files -= 1;
                self.left.bytes -= size;
                (self.take)(path, File::from(opened), size)?;
                Ok(true)
            }
            FileType::Directory if depth < DEEPEST => {
                Ok(self.folder(&opened, &format!("{path}/"), depth + 1)? > 0)
            }
            _ => Ok(false),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    const ALL: Bounds = Bounds {
        files: 100,
        bytes: 1 << 20,
    };

    fn found(folder: &Path, bounds: Bounds) -> (Vec<(String, u64)>, usize) {
        let mut files = Vec::new();
        let others = walk(folder, bounds, &mut |path, _, size| {
            files.push((path, size));
            Ok(())
        });
        files.sort();
        (files, others.unwrap())
    }

    #[test]
    fn plain_files_are_found_and_everything_else_is_counted() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::create_dir_all(at("a/b")).unwrap();
        fs::create_dir(at("empty")).unwrap();
        fs::write(at("a/b/c"), "123").unwrap();
        fs::write(at("d"), "").unwrap();
        symlink("/etc/passwd", at("link")).unwrap();
        symlink("a", at("link-to-folder")).unwrap();
        rustix::fs::mkfifoat(CWD, at("pipe"), Mode::RUSR).unwrap();
        let expected = vec![("a/b/c".to_owned(), 3), ("d".to_owned(), 0)];
        assert_eq!(found(dir.path(), ALL), (expected, 4));
    }

    #[test]
    fn what_is_beyond_the_bounds_is_counted_and_not_taken() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["a", "b", "c"] {
            fs::write(dir.path().join(name), "1234").unwrap();
        }
        let (files, others) = found(dir.path(), Bounds { files: 2, ..ALL });
        assert_eq!((files.len(), others), (2, 1));
        let (files, others) = found(dir.path(), Bounds { bytes: 7, ..ALL });
        assert_eq!((files.len(), others), (1, 2));
        let deep = dir.path().join("1/2/3/4/5/6/7/8/9");
        fs::create_dir_all(&deep).unwrap();
        fs::write(deep.join("x"), "").unwrap();
        assert_eq!(found(dir.path(), ALL).1, 1);
    }
}
