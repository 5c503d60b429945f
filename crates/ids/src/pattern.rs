//! Patterns for the names of data files, such as `task-*.txt`.
//!
//! A `*` stands for any number of characters, of one name or of several folders. Never looks at a disk.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::IdError;

/// A pattern for names of data files.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FilePattern(String);

impl FilePattern {
    /// The pattern as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a name, with the folders before it, fits.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        let mut parts = self.0.split('*');
        let first = parts.next().unwrap_or_default();
        let Some(mut rest) = name.strip_prefix(first) else {
            return false;
        };
        let Some(last) = parts.next_back() else {
            return rest.is_empty();
        };
        for part in parts {
            let Some(at) = rest.find(part) else {
                return false;
            };
            rest = &rest[at + part.len()..];
        }
        rest.ends_with(last)
    }
}

impl fmt::Display for FilePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for FilePattern {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./*".contains(c);
        if text.is_empty() || text.len() > 100 || !text.chars().all(is_plain) {
            let what = "is no pattern for file names, such as `task-*.txt`: letters, digits, `-`, `_`, `.`, `/` and `*`, at most 100";
            return Err(IdError(what.into()));
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for FilePattern {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}

impl From<FilePattern> for String {
    fn from(pattern: FilePattern) -> Self {
        pattern.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_characters_and_the_rest_for_itself() {
        let fits =
            |pattern: &str, name: &str| pattern.parse::<FilePattern>().unwrap().matches(name);
        for (pattern, name) in [
            ("slow.txt", "slow.txt"),
            ("task-*.txt", "task-3.txt"),
            ("task-*.txt", "task-.txt"),
            ("*", "a/b"),
            ("a*b*c", "aXbXbc"),
            ("*.txt", "d/e.txt"),
        ] {
            assert!(fits(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [
            ("slow.txt", "slow.txt2"),
            ("slow.txt", "xslow.txt"),
            ("task-*.txt", "task-3.tx"),
            ("ab*b", "ab"),
            ("a*b*c", "acb"),
        ] {
            assert!(!fits(pattern, name), "{pattern} {name}");
        }
        for wrong in ["", "a b", "a?", "[a]", &"x".repeat(101)] {
            assert!(wrong.parse::<FilePattern>().is_err(), "{wrong}");
        }
    }
}
