//! Which names data files may have: plain ones, with folders before them.
//!
//! Hides the rule. Never looks at a disk.

/// The longest name, with its folders.
const LONGEST: usize = 100;
/// The most names that a path has, the file's own among them.
const DEEPEST: usize = 8;

/// What a name must be, as a predicate without full stop.
pub(super) const RULE: &str = "is no name of a data file: letters, digits, `-`, `_` and `.`, with `/` between folders, \
                               at most 100 characters and 7 folders; no part starts with `.` or `-`";

/// Whether a data file may be called so.
#[must_use]
pub fn is_data_name(name: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty()
            && !part.starts_with(['.', '-'])
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    name.len() <= LONGEST && name.split('/').count() <= DEEPEST && name.split('/').all(is_part)
}

/// The first two of these names, in byte order, that cannot both be there: they are equal, or one is a folder of the
/// other.
pub(super) fn conflict<'a>(sorted: &[&'a str]) -> Option<(&'a str, &'a str)> {
    sorted.iter().enumerate().find_map(|(at, name)| {
        let mut later = sorted[at + 1..].iter();
        // Everything that begins with the name follows it, and the name with a slash is soon among it.
        let mut beside = later.by_ref().take_while(|other| other.starts_with(name));
        let found = beside.find(|other| {
            let rest = &other[name.len()..];
            rest.is_empty() || rest.starts_with('/')
        });
        found.map(|other| (*name, *other))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_with_folders_are_names_of_data_files() {
        for good in ["a", "a.txt", "logs/2024/a-b_c.1", "A/b"] {
            assert!(is_data_name(good), "{good}");
        }
        for bad in [
            "",
            "/a",
            "a/",
            "a//b",
            "../a",
            "a/.b",
            "-a",
            "a b",
            "é",
            "a\0",
            &"x".repeat(101),
            "a/a/a/a/a/a/a/a/a",
        ] {
            assert!(!is_data_name(bad), "{bad}");
        }
    }

    #[test]
    fn a_file_is_no_folder_of_another_and_no_name_comes_twice() {
        let found = |names: &[&'static str]| conflict(names);
        assert_eq!(found(&["a", "a-b", "a.b", "ab", "b/a"]), None);
        assert_eq!(found(&["a", "a"]), Some(("a", "a")));
        assert_eq!(found(&["a", "a-b", "a.b", "a/b"]), Some(("a", "a/b")));
    }
}
