//! Read a file of a batch: a plain file, of a size that such files have.
//!
//! A folder of outputs may lie where others can write, or have been copied by whoever knows what. A pipe would be waited
//! for without end, a device has no end, and a link leads to a file that is none of the batch's. Never opens them.

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use rustix::fs::{Mode, OFlags, open};

/// The largest file that is read. A record and what was measured of it have some MB, and the plan of a million
/// submissions has 100 MB.
const MOST: u64 = 1 << 30;

/// All bytes of a plain file.
///
/// # Errors
/// It cannot be read, it is too large, or it is no plain file; then the kind is [`io::ErrorKind::InvalidData`].
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    read_up_to(path, OFlags::NOFOLLOW, MOST)
}

/// The same, of a file that a person named, which may be a link.
pub(super) fn read_named(path: &Path) -> io::Result<Vec<u8>> {
    read_up_to(path, OFlags::empty(), MOST)
}

fn read_up_to(path: &Path, links: OFlags, most: u64) -> io::Result<Vec<u8>> {
    let refused = |why: &str| io::Error::new(io::ErrorKind::InvalidData, why.to_owned());
    // `NONBLOCK` lets the opening of a pipe return at once, and changes nothing for a plain file.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | links;
    let file = match open(path, flags, Mode::empty()) {
        Ok(file) => File::from(file),
        Err(rustix::io::Errno::LOOP) => return Err(refused("it is a link")),
        Err(errno) => return Err(errno.into()),
    };
    let found = file.metadata()?;
    if !found.is_file() {
        return Err(refused("it is no plain file"));
    }
    if found.len() > most {
        return Err(refused("it is too large"));
    }
    let mut bytes = Vec::new();
    // It may grow while it is read.
    file.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(refused("it is too large"));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use rustix::fs::{CWD, FileType, mknodat};

    use super::*;

    #[test]
    fn only_a_plain_file_of_a_usual_size_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::write(at("plain"), "12345").unwrap();
        symlink(at("plain"), at("link")).unwrap();
        mknodat(
            CWD,
            at("pipe"),
            FileType::Fifo,
            Mode::from_raw_mode(0o600),
            0,
        )
        .unwrap();
        fs::create_dir(at("folder")).unwrap();
        assert_eq!(read(&at("plain")).unwrap(), b"12345");
        assert_eq!(read_named(&at("link")).unwrap(), b"12345");
        let up_to = |path: &Path, most| read_up_to(path, OFlags::NOFOLLOW, most);
        assert_eq!(up_to(&at("plain"), 5).unwrap(), b"12345");
        let refused = |path: &Path, most| {
            let error = up_to(path, most).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{error}");
            error.to_string()
        };
        assert_eq!(refused(&at("plain"), 4), "it is too large");
        assert_eq!(refused(&at("link"), 9), "it is a link");
        assert_eq!(refused(&at("pipe"), 9), "it is no plain file");
        assert_eq!(refused(&at("folder"), 9), "it is no plain file");
        assert_eq!(refused(Path::new("/dev/zero"), 9), "it is no plain file");
        let missing = read(&at("missing")).unwrap_err();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
    }
}
