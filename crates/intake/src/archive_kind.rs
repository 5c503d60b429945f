//! The kinds of archives that are read, by their first bytes and by name, and the names of kinds that are not.
//!
//! Hides the formats' signatures. What the first bytes say counts; a name is a promise. Never reads an archive.

/// The archives that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArchiveKind {
    /// `.zip`.
    Zip,
    /// `.tar`.
    Tar,
    /// `.tar.gz` or `.tgz`.
    TarGz,
    /// `.tar.xz` or `.txz`.
    TarXz,
    /// `.tar.zst` or `.tzst`.
    TarZst,
    /// `.tar.bz2` or `.tbz2`.
    TarBz2,
}

/// How many of the first bytes tell the kind: a tar archive's first header.
pub(crate) const HEAD: usize = 512;

/// Names of archives, by their ends.
const NAMES: &[(&str, ArchiveKind)] = &[
    (".zip", ArchiveKind::Zip),
    (".tar", ArchiveKind::Tar),
    (".tar.gz", ArchiveKind::TarGz),
    (".tgz", ArchiveKind::TarGz),
    (".tar.xz", ArchiveKind::TarXz),
    (".txz", ArchiveKind::TarXz),
    (".tar.zst", ArchiveKind::TarZst),
    (".tzst", ArchiveKind::TarZst),
    (".tar.bz2", ArchiveKind::TarBz2),
    (".tbz2", ArchiveKind::TarBz2),
    (".tbz", ArchiveKind::TarBz2),
];

/// First bytes of kinds that are not read, and what they are. Where they begin is the first number.
const FOREIGN: &[(usize, &[u8], &str)] = &[
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (0, b"Rar!\x1a\x07", "a rar archive"),
    (0, b"%PDF", "a PDF document"),
    (
        0,
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "a document of an older Office",
    ),
    (0, b"<!DOCTYPE html", "a web page"),
    (0, b"<!doctype html", "a web page"),
    (0, b"<html", "a web page"),
    (0, b"\x7fELF", "a compiled program"),
    (
        0,
        b"MZ",
        "a program for Windows, perhaps an archive that unpacks itself",
    ),
    (0, b"\x89PNG", "a picture"),
    (0, b"\xff\xd8\xff", "a picture"),
    (0, b"xar!", "a package of macOS"),
    (0, b"\x1f\x9d", "a file packed with `compress`"),
    (0, b"LZIP", "a file packed with lzip"),
    (0, b"MSCF", "a cab archive"),
    (0, b"!<arch>\n", "an archive of `ar`"),
    (0, b"07070", "a cpio archive"),
    (2, b"-lh", "an lzh archive"),
];

/// Kinds that are not read and whose first bytes are not known here, by the ends of their names.
const FOREIGN_NAMES: &[(&str, &str)] = &[
    (".7z", "a 7z archive"),
    (".rar", "a rar archive"),
    (".iso", "a disk image"),
    (".dmg", "a disk image"),
];

impl ArchiveKind {
    /// The kind that a file's name promises.
    pub(crate) fn of_name(name: &[u8]) -> Option<Self> {
        let kind = NAMES.iter().find(|(end, _)| ends_with(name, end));
        kind.map(|&(_, kind)| kind)
    }

    /// The kind of a file that starts with these bytes, up to [`HEAD`] of them.
    pub(crate) fn of_head(head: &[u8]) -> Option<Self> {
        // A local header, or the end record of an empty archive (APPNOTE.TXT 4.3.7 and 4.3.16). A program
        // with an archive behind it is refused: it is unclear which of the two is handed in.
        if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
            Some(Self::Zip)
        // RFC 1952, 2.3.1: two bytes, and deflate as the only method.
        } else if head.starts_with(b"\x1f\x8b\x08") {
            Some(Self::TarGz)
        } else if head.starts_with(b"\xfd7zXZ\0") {
            Some(Self::TarXz)
        // RFC 8878, 3.1.1; a frame to be skipped may stand first.
        } else if head.starts_with(b"\x28\xb5\x2f\xfd")
            || matches!(head, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
        {
            Some(Self::TarZst)
        } else if matches!(head, [b'B', b'Z', b'h', b'1'..=b'9', ..]) {
            Some(Self::TarBz2)
        } else if is_tar(head) {
            Some(Self::Tar)
        } else {
            None
        }
    }

    /// What its contents are packed with, in messages.
    pub(crate) const fn packer(self) -> &'static str {
        match self {
            Self::Zip => "zip",
            Self::Tar => "tar",
            Self::TarGz => "gzip",
            Self::TarXz => "xz",
            Self::TarZst => "zstd",
            Self::TarBz2 => "bzip2",
        }
    }
}

/// What a file is that is no archive which is read, if that is known: with its article.
pub(crate) fn foreign(name: &[u8], head: &[u8]) -> Option<&'static str> {
    let starts = |&&(at, magic, _): &&(usize, &[u8], &str)| {
        head.get(at..).is_some_and(|head| head.starts_with(magic))
    };
    if let Some((_, _, what)) = FOREIGN.iter().find(starts) {
        return Some(what);
    }
    let named = FOREIGN_NAMES.iter().find(|(end, _)| ends_with(name, end));
    let named = named.map(|&(_, what)| what);
    named.or(head.is_empty().then_some("an empty file"))
}

/// Whether a file is an archive by its name, and of a kind that is not read.
pub(crate) fn is_foreign_archive(name: &[u8]) -> bool {
    [".7z", ".rar"].iter().any(|end| ends_with(name, end))
}

/// Whether these bytes are the first header of a tar archive, or the zeros that end an empty one.
pub(crate) fn is_tar(head: &[u8]) -> bool {
    let Some(header) = head.first_chunk::<HEAD>() else {
        return false;
    };
    if header.iter().all(|&byte| byte == 0) {
        return true;
    }
    // The checksum is of the header with blanks in its place, in octal digits.
    let digits = header[148..156].iter().skip_while(|&&byte| byte == b' ');
    let digits = digits.take_while(|byte| matches!(byte, b'0'..=b'7'));
    let declared = digits.fold(0_u32, |sum, &digit| sum * 8 + u32::from(digit - b'0'));
    let blank = |at: usize, byte: u8| if (148..156).contains(&at) { b' ' } else { byte };
    let sum = header.iter().enumerate();
    let sum: u32 = sum.map(|(at, &byte)| u32::from(blank(at, byte))).sum();
    sum == declared
}

fn ends_with(name: &[u8], end: &str) -> bool {
    let start = name.len().checked_sub(end.len());
    start.is_some_and(|start| name[start..].eq_ignore_ascii_case(end.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_end_of_a_name_counts_and_capitals_do_not() {
        for (name, kind) in [
            ("hw.ZIP", Some(ArchiveKind::Zip)),
            ("hw.tar", Some(ArchiveKind::Tar)),
            ("hw.tar.GZ", Some(ArchiveKind::TarGz)),
            ("hw.txz", Some(ArchiveKind::TarXz)),
            ("hw.tar.zst", Some(ArchiveKind::TarZst)),
            ("hw.tbz2", Some(ArchiveKind::TarBz2)),
            ("hw.gz", None),
            ("zip", None),
        ] {
            assert_eq!(ArchiveKind::of_name(name.as_bytes()), kind, "{name}");
        }
    }

    #[test]
    fn what_is_not_read_is_named_by_its_first_bytes_or_its_name() {
        assert_eq!(
            foreign(b"hw.zip", b"7z\xbc\xaf\x27\x1c"),
            Some("a 7z archive")
        );
        assert_eq!(
            foreign(b"hw.zip", b"Rar!\x1a\x07\x01\0"),
            Some("a rar archive")
        );
        assert_eq!(foreign(b"hw.RAR", b""), Some("a rar archive"));
        assert_eq!(foreign(b"hw.zip", b""), Some("an empty file"));
        assert_eq!(
            foreign(b"hw.zip", b"<!DOCTYPE html>\n<title>Log in"),
            Some("a web page")
        );
        assert_eq!(foreign(b"hw.zip", b"fn main"), None);
    }
}
