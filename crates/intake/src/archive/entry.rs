//! One entry of an archive, and whether its name leads outside.
//!
//! Hides the differences between the two formats. Never corrects a name: one that leads outside is refused.

use std::io;

use crate::{cause::Cause, names::shown, refusal::Refusal, refusals};

/// The kind of an entry, as the archive declares it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EntryKind {
    File,
    Folder,
    Link,
    HardLink,
    /// Neither file nor folder; the text says what it is.
    Special(&'static str),
}

/// Called with every entry in turn, and a reader of its contents.
pub(super) type Visit<'v> = dyn FnMut(&Entry<'_>, &mut dyn io::Read) -> Result<(), Cause> + 'v;

/// When something was changed: year, month, day, hour, minute, second. In a zip archive this is the time of the
/// clock on the wall, in a tar archive UTC.
pub(crate) type Stamp = (u16, u8, u8, u8, u8, u8);

/// One entry, as the archive describes it.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    /// Its whole name, `/` between the names of folders.
    pub(super) name: &'a [u8],
    pub(super) what: EntryKind,
    /// The size it claims. Used in refusals, never as a bound.
    pub(super) claims: u64,
    /// When it was changed, as the archive claims, if it does.
    pub(super) modified: Option<Stamp>,
}

impl Entry<'_> {
    /// The names along its path; none for the top folder itself.
    ///
    /// `.` and doubled slashes mean nothing on any system and are ignored. Everything that could lead to
    /// another folder on some system is refused: `..`, a path from the top, a drive.
    pub(super) fn path(&self) -> Result<Vec<&[u8]>, Refusal> {
        let path = self
            .name
            .split(|&byte| byte == b'/')
            .filter(|name| !name.is_empty() && *name != b".")
            .collect::<Vec<_>>();
        if leads_outside(self.name) {
            return Err(refusals::escape(&shown(self.name)));
        }
        Ok(path)
    }
}

/// Windows' rules count too: there `\` separates names, and `C:x` is on a drive.
fn leads_outside(name: &[u8]) -> bool {
    let is_slash = |byte: &u8| matches!(byte, b'/' | b'\\');
    let has_drive = matches!(name, [letter, b':', ..] if letter.is_ascii_alphabetic());
    name.is_empty()
        || has_drive
        || name.first().is_some_and(is_slash)
        || name.split(|byte| is_slash(byte)).any(|part| part == b"..")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(name: &[u8]) -> Result<Vec<&[u8]>, String> {
        let entry = Entry {
            name,
            what: EntryKind::File,
            claims: 0,
            modified: None,
        };
        // The names borrow from `name`, not from the entry.
        match entry.path() {
            Ok(path) => Ok(path
                .iter()
                .map(|part| {
                    let start = part.as_ptr().addr() - name.as_ptr().addr();
                    &name[start..start + part.len()]
                })
                .collect()),
            Err(refusal) => Err(refusal.problem),
        }
    }

    #[test]
    fn what_means_nothing_is_passed_over() {
        let good: [&[u8]; 5] = [b"a/b", b"./a/b", b"a//b", b"a/./b/", b"././/a/b"];
        // A path from the top is not among them.
        for name in good {
            assert_eq!(path(name).unwrap(), [b"a", b"b"], "{}", shown(name));
        }
        assert!(path(b"./").unwrap().is_empty());
        assert_eq!(path(b"..a/b..").unwrap(), [b"..a", b"b.."]);
    }

    #[test]
    fn what_leads_outside_anywhere_is_refused() {
        let bad: [&[u8]; 12] = [
            b"",
            b"/etc/passwd",
            b"//host/share/x",
            b"..",
            b"../x",
            b"a/../../x",
            b"a/..",
            b"C:/x",
            b"c:x",
            b"..\\x",
            b"\\\\host\\share\\x",
            b"a\\..\\..\\x",
        ];
        for name in bad {
            let problem = path(name).unwrap_err();
            assert!(problem.contains("outside"), "{}: {problem}", shown(name));
        }
        // Where it is no separator, it is a character of a name, which the copy leaves out.
        assert_eq!(path(b"a\\b").unwrap(), [b"a\\b"]);
    }
}
