//! Open what is inside a submission: files and folders, and nothing else.
//!
//! Hides the flags of `open`, and how a folder that a tool has made is recognised. Never follows a link, never
//! waits for another process, and never relies on the type that an entry had before it was opened.

use std::{
    ffi::CStr,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::Path,
    time::{Duration, SystemTime},
};

use rustix::{
    fs::{AtFlags, FileType, Mode, OFlags, Stat, fstat, openat, statat},
    io::Errno,
    process::geteuid,
};

use crate::{cause::ReadError, error::Error, file_id::FileId, names};

/// With these flags, opening never waits for the writer of a FIFO or the holder of a lease, and no terminal
/// becomes the controlling terminal of this process.
const FLAGS: OFlags = OFlags::RDONLY
    .union(OFlags::NONBLOCK)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::NOCTTY)
    .union(OFlags::CLOEXEC);

/// A file or folder, and the metadata of its descriptor.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) fd: OwnedFd,
    stat: Stat,
}

impl Opened {
    pub(crate) fn is_folder(&self) -> bool {
        kind(&self.stat) == FileType::Directory
    }

    /// Which file it is.
    pub(crate) fn id(&self) -> FileId {
        FileId::new(self.stat.st_dev, self.stat.st_ino)
    }

    /// When its contents were last changed; `None` for a time before 1970.
    pub(crate) fn modified(&self) -> Option<SystemTime> {
        let seconds = u64::try_from(self.stat.st_mtime).ok()?;
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
    }

    /// The size it claims; a hole counts as the bytes it would be when copied.
    pub(crate) fn size(&self) -> u64 {
        u64::try_from(self.stat.st_size).unwrap_or(u64::MAX)
    }
}

/// A folder that the user named. Nowhere else is a link followed.
pub(crate) fn named(path: &Path) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    rustix::fs::open(path, flags, Mode::empty())
}

/// The submission that the user named.
pub(crate) fn source(path: &Path) -> Result<OwnedFd, Error> {
    named(path).map_err(|errno| Error::Submission {
        path: path.to_path_buf(),
        source: errno.into(),
    })
}

/// The instructor's folder, named by the user as well.
pub(crate) fn class(path: &Path) -> Result<OwnedFd, Error> {
    named(path).map_err(|errno| Error::ClassFolder {
        path: path.to_path_buf(),
        source: errno.into(),
    })
}

/// The type of `name` in `folder`, without opening it.
pub(crate) fn kind_of(folder: BorrowedFd<'_>, name: &CStr) -> Result<FileType, ReadError> {
    type_at(folder, name)
}

/// Whether `name` exists in `folder` and is no folder.
pub(crate) fn is_no_folder(folder: BorrowedFd<'_>, name: &CStr) -> Result<bool, ReadError> {
    Ok(type_at(folder, name)? != FileType::Directory)
}

/// Open the folder `name` in `folder`; `None` if it is no folder, or one that this process may not read.
pub(crate) fn folder(folder: BorrowedFd<'_>, name: &CStr) -> Result<Option<OwnedFd>, ReadError> {
    let flags = FLAGS.union(OFlags::DIRECTORY);
    match openat(folder, name, flags, Mode::empty()).map_err(ReadError::from) {
        Ok(fd) => Ok(Some(fd)),
        Err(ReadError::Machine(error)) => Err(ReadError::Machine(error)),
        Err(_) => Ok(None),
    }
}

/// What there is at a name.
#[derive(Debug)]
pub(crate) enum Found {
    /// A file or a folder, opened.
    Opened(Opened),
    /// A folder that cargo has built into, under its usual name.
    Built,
    /// Another folder that a tool has made.
    Made,
}

/// Open `name` in `folder`, if it is a file or a folder that no tool has made.
pub(crate) fn entry(folder: BorrowedFd<'_>, name: &CStr, is_top: bool) -> Result<Found, ReadError> {
    let is_target = name == c"target";
    // Opening a device can have an effect, so the type is read first. The type that counts is the one that
    // the open descriptor has.
    let first_type = type_at(folder, name)?;
    // In the top folder the name is enough: cargo's folder need not even be readable.
    if is_target && is_top && matches!(first_type, FileType::Directory | FileType::Symlink) {
        return Ok(Found::Built);
    }
    accept(first_type)?;
    let opened = open(folder, name).map_err(|error| match error {
        ReadError::Denied if !is_ours(folder, name) => ReadError::Foreign,
        error => error,
    })?;
    // A module may be called as cargo's folder is, and cargo's folder otherwise, so the tag decides.
    let is_tagged = opened.is_folder() && names::TAGS.iter().any(|tag| has_file(&opened.fd, tag));
    Ok(match is_tagged {
        true if is_target => Found::Built,
        true => Found::Made,
        false => Found::Opened(opened),
    })
}

/// Whether there is a file called `name` in the open folder.
pub(crate) fn has_file(folder: impl AsFd, name: &str) -> bool {
    let stat = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW);
    stat.is_ok_and(|stat| kind(&stat) == FileType::RegularFile)
}

fn type_at(folder: impl AsFd, name: &CStr) -> Result<FileType, ReadError> {
    let stat = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
    Ok(kind(&stat))
}

/// Whether the entry belongs to the user of this process, so that its mode alone makes it unreadable. True
/// where the owner cannot be found out.
fn is_ours(folder: BorrowedFd<'_>, name: &CStr) -> bool {
    statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)
        .map_or(true, |stat| stat.st_uid == geteuid().as_raw())
}

/// Open `name` in `folder`, if it is a file or a folder at that moment.
pub(crate) fn open(folder: BorrowedFd<'_>, name: &CStr) -> Result<Opened, ReadError> {
    let fd = openat(folder, name, FLAGS, Mode::empty())?;
    let stat = fstat(&fd)?;
    accept(kind(&stat))?;
    Ok(Opened { fd, stat })
}

fn accept(kind: FileType) -> Result<(), ReadError> {
    Err(match kind {
        FileType::RegularFile | FileType::Directory => return Ok(()),
        FileType::Symlink => ReadError::Link,
        FileType::Fifo => ReadError::Special("a named pipe"),
        FileType::Socket => ReadError::Special("a socket"),
        FileType::CharacterDevice | FileType::BlockDevice => ReadError::Special("a device"),
        FileType::Unknown => ReadError::Special("something unknown"),
    })
}

fn kind(stat: &Stat) -> FileType {
    FileType::from_raw_mode(stat.st_mode)
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        os::unix::{fs::symlink, net::UnixListener},
    };

    use rustix::fs::{CWD, mkfifoat};

    use super::*;

    /// What `open` returns for a name at which `make` put something after the type was read.
    fn open_changed(make: impl FnOnce(&Path)) -> Result<Opened, ReadError> {
        let folder = tempfile::tempdir().unwrap();
        make(&folder.path().join("x"));
        open(source(folder.path()).unwrap().as_fd(), c"x")
    }

    #[test]
    fn a_link_put_in_place_after_the_check_is_not_followed() {
        for target in ["/etc/passwd", "/", "nowhere"] {
            let opened = open_changed(|x| symlink(target, x).unwrap());
            assert!(matches!(opened, Err(ReadError::Link)), "{opened:?}");
        }
    }

    #[test]
    fn a_fifo_put_in_place_after_the_check_does_not_block_and_is_refused() {
        let opened = open_changed(|x| mkfifoat(CWD, x, Mode::RUSR | Mode::WUSR).unwrap());
        let is_pipe = matches!(opened, Err(ReadError::Special("a named pipe")));
        assert!(is_pipe, "{opened:?}");
    }

    #[test]
    fn a_socket_put_in_place_after_the_check_is_a_change() {
        let mut listener = None;
        let opened = open_changed(|x| listener = Some(UnixListener::bind(x).unwrap()));
        assert!(matches!(opened, Err(ReadError::Changed)), "{opened:?}");
    }

    #[test]
    fn an_entry_that_is_gone_after_the_check_is_a_change() {
        let opened = open_changed(|_| ());
        assert!(matches!(opened, Err(ReadError::Changed)), "{opened:?}");
    }

    #[test]
    fn a_device_is_refused_with_and_without_the_check() {
        let dev = source(Path::new("/dev")).unwrap();
        for opened in [
            entry(dev.as_fd(), c"null", true).map(|_| ()),
            open(dev.as_fd(), c"null").map(|_| ()),
        ] {
            let is_device = matches!(opened, Err(ReadError::Special("a device")));
            assert!(is_device, "{opened:?}");
        }
    }

    #[test]
    fn a_descriptor_shows_whether_it_is_a_file_or_a_folder() {
        let file = open_changed(|x| fs::write(x, "12345").unwrap()).unwrap();
        assert_eq!((file.is_folder(), file.size()), (false, 5));
        let folder = open_changed(|x| fs::create_dir(x).unwrap()).unwrap();
        assert!(folder.is_folder());
    }
}
