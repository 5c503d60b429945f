//! Names inside a submission: which are left out, and how one is shown.
//!
//! Hides which names are odd. A name that is accepted is UTF-8, is printed as it is, and names the same
//! file on every system that a submission is copied through.
//! Never touches the disk.

use std::path::Path;

use ids::words::{is_visible, within_backticks};

use crate::left_out::Omission;

/// The longest name in bytes. Most file systems stop here.
const LONGEST_NAME: usize = 255;
/// The longest path in bytes. It also bounds how deep a walk can go, whatever the course allows.
pub(crate) const LONGEST_PATH: usize = 500;
/// How much of an odd name is shown.
const SHOWN: usize = 120;

/// What other tools, and this program with its reports, leave in nearly every folder. The course's lock file is
/// used, so the submission's is left out as well. Nobody needs to be told of these.
const USUAL: &[&str] = &[
    ".DS_Store",
    ".fleet",
    ".git",
    ".hg",
    ".idea",
    ".svn",
    ".vs",
    ".vscode",
    ".zed",
    "__MACOSX",
    "Cargo.lock",
    "grade-report",
];

/// The file that marks a folder that this program made for reports.
pub const REPORTS_MARK: &str = ".grade-report";

/// Folders that tools have made, large and never part of a crate.
const MADE: &[&str] = &[
    ".direnv",
    ".ipynb_checkpoints",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".venv",
    "__pycache__",
    "node_modules",
];

/// What configures cargo and rustup. In the first, a folder, the files of [`CONFIG`] do.
pub(crate) const CARGO: &str = ".cargo";
const TOOLCHAIN: &[&str] = &["rust-toolchain", "rust-toolchain.toml"];
/// The files by which `.cargo` configures cargo.
pub(crate) const CONFIG: [&str; 2] = ["config.toml", "config"];

/// A file of one of these names says that the folder around it is what a tool has made: cargo, its cache of
/// any name, and a virtual environment of Python.
pub(crate) const TAGS: [&str; 2] = ["CACHEDIR.TAG", "pyvenv.cfg"];

/// Whether something of this name is left out, whatever it is.
///
/// Capitals make no difference: on a file system that ignores them, `.CARGO` would be read as `.cargo`.
#[must_use]
pub fn is_dropped(name: &[u8]) -> bool {
    name.ends_with(b"~")
        || name.ends_with(b".swp")
        // macOS's shadow of a file, and Emacs's lock.
        || name.starts_with(b"._")
        || name.starts_with(b".#")
        // The mark of this program, and its reports that are not complete.
        || name == REPORTS_MARK.as_bytes()
        || name.starts_with(b".grade-report-")
        || is_one_of(USUAL, name)
        || is_one_of(MADE, name)
        || is_one_of(TOOLCHAIN, name)
        || is_one_of(&[CARGO], name)
}

/// What is said of something that is left out for its name alone; nothing if it is usual. What is said of
/// `.cargo` depends on its contents.
pub(crate) fn omission(name: &[u8]) -> Option<Omission> {
    if is_one_of(MADE, name) {
        Some(Omission::Made)
    } else if is_one_of(TOOLCHAIN, name) {
        Some(Omission::Configuration)
    } else {
        None
    }
}

/// Whether a file of this name in a folder tells that a tool has made the folder.
pub(crate) fn is_tag(name: &[u8]) -> bool {
    TAGS.iter().any(|tag| tag.as_bytes() == name)
}

fn is_one_of(list: &[&str], name: &[u8]) -> bool {
    list.iter()
        .any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
}

/// The name as text if it is accepted, otherwise what is wrong with it, as the predicate of a sentence.
pub(crate) fn check(name: &[u8]) -> Result<&str, String> {
    let Ok(text) = std::str::from_utf8(name) else {
        return Err("is not valid UTF-8".into());
    };
    if let Some(hidden) = text.chars().find(|&c| !is_visible(c)) {
        return Err(format!(
            "has a character that cannot be seen (U+{:04X})",
            u32::from(hidden)
        ));
    }
    if text.contains('\\') {
        return Err("has a backslash, as if an archive was unpacked wrongly".into());
    }
    if text.ends_with([' ', '.']) {
        return Err("ends in a space or a dot".into());
    }
    if text.len() > LONGEST_NAME {
        return Err(format!(
            "has {} bytes, and {LONGEST_NAME} are allowed",
            text.len()
        ));
    }
    Ok(text)
}

/// Why a path is left out that is longer than [`LONGEST_PATH`].
pub(crate) fn long_path(path: &str) -> Omission {
    let length = path.len();
    Omission::Name(format!(
        "makes a path of {length} bytes, and {LONGEST_PATH} are allowed"
    ))
}

/// A name or path as it may be printed, also in backticks: what cannot be seen is escaped.
fn escaped(name: &[u8]) -> String {
    let mut escaped = String::new();
    for chunk in name.utf8_chunks() {
        for c in chunk.valid().chars() {
            if is_visible(c) {
                escaped.push(c);
            } else {
                escaped.extend(c.escape_default());
            }
        }
        escaped.push_str(&chunk.invalid().escape_ascii().to_string());
    }
    within_backticks(&escaped)
}

/// A path as it may be printed: in a class the folder's name is its student's.
pub(crate) fn escaped_path(path: &Path) -> String {
    escaped(path.as_os_str().as_encoded_bytes())
}

/// A name as it may be printed, cut if it is long.
pub(crate) fn shown(name: &[u8]) -> String {
    let mut shown = escaped(name);
    if let Some((cut, _)) = shown.char_indices().nth(SHOWN) {
        shown.truncate(cut);
        shown.push('…');
    }
    shown
}

/// Two names with the same fold are one file where capitals make no difference.
///
/// Upper case and then lower case is nearly Unicode's case folding: it joins `ß` and `SS`, `ſ`
/// and `s`, `ς` and `σ`.
pub(crate) fn fold(name: &str) -> String {
    name.chars()
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn odd(name: &[u8], because: &str) {
        let problem = check(name).expect_err(&format!("{name:?} was accepted"));
        assert!(problem.contains(because), "{name:?}: {problem}");
    }

    #[test]
    fn usual_names_are_accepted() {
        for name in [
            "main.rs",
            "a b.txt",
            ".gitignore",
            "it's",
            "größe.md",
            "gro\u{308}ße",
            "数.rs",
            "-x",
            "🦀",
            &"x".repeat(LONGEST_NAME),
        ] {
            assert_eq!(check(name.as_bytes()), Ok(name));
            assert!(name.len() > SHOWN || shown(name.as_bytes()) == name);
        }
    }

    #[test]
    fn a_name_that_is_not_utf8_is_odd() {
        odd(b"caf\xe9.rs", "not valid UTF-8");
    }

    #[test]
    fn a_name_with_a_character_that_cannot_be_seen_is_odd() {
        // Which characters these are, `ids::words` tests.
        for c in ['\n', '\u{1b}', '\u{202e}'] {
            odd(
                format!("a{c}b.rs").as_bytes(),
                &format!("(U+{:04X})", u32::from(c)),
            );
        }
    }

    #[test]
    fn a_name_with_a_backslash_is_odd() {
        odd(br"src\main.rs", "backslash");
    }

    #[test]
    fn a_name_that_ends_in_a_space_or_a_dot_is_odd() {
        odd(b"a ", "ends in");
        odd(b"a.", "ends in");
        odd(b"...", "ends in");
    }

    #[test]
    fn a_name_of_more_than_255_bytes_is_odd() {
        odd("x".repeat(256).as_bytes(), "256 bytes");
        odd("é".repeat(128).as_bytes(), "256 bytes");
    }

    #[test]
    fn what_is_shown_is_harmless_and_short() {
        assert_eq!(shown(b"a\x1b[31mb"), r"a\u{1b}[31mb");
        assert_eq!(shown("a\u{202e}b\n".as_bytes()), r"a\u{202e}b\n");
        assert_eq!(shown(b"caf\xe9"), r"caf\xe9");
        let long = shown("\u{1b}".repeat(255).as_bytes());
        assert_eq!(long.chars().count(), SHOWN + 1);
        assert!(long.ends_with('…'), "{long}");
    }

    #[test]
    fn leftovers_of_tools_are_dropped_and_nothing_else() {
        for name in [USUAL, MADE, TOOLCHAIN].concat() {
            assert!(is_dropped(name.as_bytes()), "{name}");
        }
        for name in [
            ".CARGO",
            "Rust-Toolchain.toml",
            "main.rs~",
            ".main.rs.swp",
            "._main.rs",
            ".#main.rs",
            ".grade-report-x1Y",
            REPORTS_MARK,
        ] {
            assert!(is_dropped(name.as_bytes()), "{name}");
        }
        for name in [
            "Cargo.toml",
            ".gitignore",
            "target",
            ".cargo2",
            "src",
            "grade-reports",
            "swp",
        ] {
            assert!(!is_dropped(name.as_bytes()), "{name}");
        }
    }

    #[test]
    fn names_that_differ_in_case_only_fold_to_one() {
        for (one, other) in [
            ("main.rs", "Main.RS"),
            ("É", "é"),
            ("straße", "STRASSE"),
            ("\u{212a}", "k"),
            ("ſ", "S"),
            ("ς", "Σ"),
        ] {
            assert_eq!(fold(one), fold(other));
        }
        assert_ne!(fold("main.rs"), fold("maim.rs"));
    }
}
