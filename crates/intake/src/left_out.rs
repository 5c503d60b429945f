//! What of a submission is not in its private copy, and why.
//!
//! Hides the wording. Never decides what is left out: `names`, the walk and the archive do.

use std::{ffi::OsStr, path::Path};

/// How many things that were left out are listed. A person would not read more.
const LISTED: usize = 20;

/// Something of the submission that is not in the copy, although the submission is graded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Where it is in the submission. Safe to print.
    pub path: String,
    /// Why it is not in the copy.
    pub why: Omission,
}

impl LeftOut {
    /// Whether the crate may need it.
    fn may_be_missed(&self) -> bool {
        let is_source = Path::new(&self.path).extension() == Some(OsStr::new("rs"));
        let is_src = self.path == "src" || self.path.starts_with("src/");
        self.why == Omission::Configuration || is_src || is_source
    }
}

/// Why something is not in the copy.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Omission {
    /// It is a symbolic or hard link, and links are not followed.
    Link,
    /// It is neither a file nor a folder; the text says what it is.
    Special(&'static str),
    /// Its name would mean another file on another system, or cannot be shown; the text says why, as the
    /// predicate of a sentence.
    Name(String),
    /// It is a folder that a tool has made and can make again, such as `.venv`.
    Made,
    /// It configures cargo or rustup, which the course does itself.
    Configuration,
    /// Its permissions do not let anybody read it.
    Unreadable,
}

impl Omission {
    /// Why, to follow the path: a predicate without full stop.
    #[must_use]
    pub fn predicate(&self) -> String {
        match self {
            Self::Link => "is a link, and links are not followed".to_owned(),
            Self::Special(what) => format!("is {what}, not a file"),
            Self::Name(why) => format!("has a name that {why}"),
            Self::Made => "is what a tool has made".to_owned(),
            Self::Unreadable => "cannot be read: permission denied".to_owned(),
            Self::Configuration => "is configuration, and the course's own is used".to_owned(),
        }
    }
}

impl LeftOut {
    /// Whether it would have configured cargo or rustup.
    #[must_use]
    pub fn is_configuration(&self) -> bool {
        self.why == Omission::Configuration
    }
}

/// What was left out so far: the first ones, and how many there are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeftOuts {
    list: Vec<LeftOut>,
    more: usize,
}

impl LeftOuts {
    pub(crate) fn add(&mut self, path: impl Into<String>, why: Omission) {
        let path = path.into();
        let left_out = LeftOut { path, why };
        if self.list.len() < LISTED {
            self.list.push(left_out);
            return;
        }
        self.more += 1;
        // What a failed build may come from takes the place of something else.
        let other = self.list.iter().rposition(|other| !other.may_be_missed());
        if let Some(at) = other.filter(|_| left_out.may_be_missed()) {
            self.list.remove(at);
            self.list.push(left_out);
        }
    }

    /// The first ones, in the order in which they were met.
    #[must_use]
    pub fn listed(&self) -> &[LeftOut] {
        &self.list
    }

    /// How many there are besides those that are listed.
    #[must_use]
    pub fn more(&self) -> usize {
        self.more
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_ones_are_listed_and_the_others_counted() {
        let mut left_out = LeftOuts::default();
        for n in 0..LISTED + 3 {
            left_out.add(format!("f{n}"), Omission::Link);
        }
        assert_eq!((left_out.listed().len(), left_out.more()), (LISTED, 3));
        assert_eq!(left_out.listed()[0].path, "f0");
    }

    #[test]
    fn what_the_crate_may_need_is_listed_however_late_it_is_met() {
        let mut left_out = LeftOuts::default();
        for n in 0..LISTED {
            left_out.add(format!("f{n}"), Omission::Link);
        }
        left_out.add("src/main.rs", Omission::Link);
        left_out.add("g", Omission::Link);
        assert_eq!((left_out.listed().len(), left_out.more()), (LISTED, 2));
        assert_eq!(left_out.listed()[LISTED - 1].path, "src/main.rs");
        assert_eq!(left_out.listed()[0].path, "f0");
    }
}
