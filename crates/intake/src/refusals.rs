//! Why a submission is not admitted, in words that its student understands.
//!
//! Hides the wording, and how many reasons are too many to read. Each problem names the thing it is about,
//! since a gradebook shows it alone.
//! Never looks at the disk.

use bytesize::ByteSize;

use super::names::{LONGEST_PATH, shown};
use crate::{evidence::Refusal, spec::IntakeLimits};
use ids::words::count;

/// More than this is not read by anybody.
const LISTED: usize = 20;

/// The reasons found so far.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    list: Vec<Refusal>,
    more: usize,
}

impl Refusals {
    pub(super) fn add(&mut self, refusal: Refusal) {
        if self.list.len() < LISTED {
            self.list.push(refusal);
        } else {
            self.more += 1;
        }
    }

    /// A reason that concerns the whole submission: it stands first and is never left out.
    pub(super) fn add_first(&mut self, refusal: Refusal) {
        self.list.insert(0, refusal);
    }

    pub(super) fn is_any(&self) -> bool {
        !self.list.is_empty()
    }

    pub(super) fn extend(&mut self, refusals: impl IntoIterator<Item = Refusal>) {
        refusals.into_iter().for_each(|refusal| self.add(refusal));
    }

    /// All reasons that are told, the last of them perhaps how many are not.
    pub(super) fn into_list(mut self) -> Vec<Refusal> {
        let verb = match self.more {
            0 => return self.list,
            1 => "is",
            _ => "are",
        };
        let more = format!("there {verb} {}", count(self.more, "more problem"));
        self.list.push(refusal("", more, "mend those above first"));
        self.list
    }
}

pub(super) fn refusal(
    place: &str,
    problem: impl Into<String>,
    remedy: impl Into<String>,
) -> Refusal {
    Refusal {
        // The top folder has no name of its own.
        place: if place.is_empty() { "." } else { place }.into(),
        problem: problem.into(),
        remedy: remedy.into(),
    }
}

/// The thing itself, in a sentence.
fn the(place: &str) -> String {
    match place {
        "" | "." => "the submission's folder".into(),
        place => format!("`{}`", shown(place.as_bytes())),
    }
}

/// Where in an archive, to end a clause; nothing for all of it.
fn at(place: &str) -> String {
    match place {
        "" | "." => String::new(),
        place => format!(" at {}", the(place)),
    }
}

pub(super) fn link(place: &str) -> Refusal {
    refusal(
        place,
        format!(
            "{} is a symbolic link, and links are not followed",
            the(place)
        ),
        "put the file or folder itself in its place",
    )
}

pub(super) fn special(place: &str, what: &str) -> Refusal {
    refusal(
        place,
        format!("{} is {what}, not a file", the(place)),
        "remove it: a submission is made of files and folders",
    )
}

pub(super) fn denied(place: &str) -> Refusal {
    refusal(
        place,
        format!("{} cannot be read: permission denied", the(place)),
        "make it readable: `chmod -R u+rX .` in the submission's folder",
    )
}

pub(super) fn changed(place: &str) -> Refusal {
    refusal(
        place,
        format!("{} was changed while it was being read", the(place)),
        "hand in again when nothing writes to the folder any more",
    )
}

pub(super) fn odd_name(place: &str, problem: &str) -> Refusal {
    refusal(
        place,
        format!("the name {} {problem}", the(place)),
        "rename it: letters, digits, `-`, `_` and `.` are always fine",
    )
}

pub(super) fn same_name(place: &str, other: &str) -> Refusal {
    refusal(
        place,
        format!(
            "{} differs from `{other}` in capitals only, which many systems take for one",
            the(place)
        ),
        "rename one of the two",
    )
}

pub(super) fn long_path(place: &str) -> Refusal {
    refusal(
        place,
        format!(
            "the path {} has {} bytes, and {LONGEST_PATH} are allowed",
            the(place),
            place.len()
        ),
        "shorten the names of its folders, or use fewer of them",
    )
}

pub(super) fn manifest_is_folder(place: &str) -> Refusal {
    refusal(
        place,
        format!(
            "{} is a folder, and cargo needs a file of that name",
            the(place)
        ),
        "put the file itself in its place",
    )
}

pub(super) fn too_many(place: &str, limits: IntakeLimits) -> Refusal {
    refusal(
        place,
        format!(
            "the submission passes {} files and folders{}, which is all it may have",
            limits.entries,
            at(place)
        ),
        "hand in source code only, without data and without what programs have made",
    )
}

pub(super) fn too_large(place: &str, size: u64, limits: IntakeLimits) -> Refusal {
    let allowed = ByteSize(limits.bytes);
    refusal(
        place,
        if size > limits.bytes {
            format!(
                "{} has {}, and a whole submission may have {allowed}",
                the(place),
                ByteSize(size)
            )
        } else {
            format!(
                "with {} the submission has more than {allowed}, which is all it may have",
                the(place)
            )
        },
        "hand in source code only, without data and without what programs have made",
    )
}

pub(super) fn too_deep(place: &str, limits: IntakeLimits) -> Refusal {
    let allowed = limits.depth;
    refusal(
        place,
        format!(
            "{} is at depth {}, and {allowed} is the deepest allowed",
            the(place),
            allowed.saturating_add(1)
        ),
        "use fewer folders inside folders",
    )
}

pub(super) fn hard_link(place: &str) -> Refusal {
    refusal(
        place,
        format!("{} is a hard link, and links are not followed", the(place)),
        "put the file itself in its place",
    )
}

pub(super) fn escape(place: &str) -> Refusal {
    refusal(
        place,
        format!("the path {} leads outside of the archive", the(place)),
        "pack the folder that holds `Cargo.toml` with a program that writes plain names",
    )
}

pub(super) fn twice(place: &str) -> Refusal {
    refusal(
        place,
        match place {
            "" => "the archive has one name twice".into(),
            place => format!("the archive has {} twice", the(place)),
        },
        "pack the folder again, into a new archive",
    )
}

pub(super) fn empty_archive(place: &str) -> Refusal {
    refusal(
        place,
        format!("the archive {} is empty", the(place)),
        "pack the folder that holds `Cargo.toml` and `src/`",
    )
}

pub(super) fn other_magic(place: &str, words: &str) -> Refusal {
    refusal(
        place,
        format!(
            "by its name {} is a {words}, and by its first bytes it is not",
            the(place)
        ),
        "pack the folder as `.zip` or as `.tar.gz`; a name alone does not make an archive",
    )
}

pub(super) fn no_archive(place: &str) -> Refusal {
    refusal(
        place,
        format!(
            "{} is neither a folder nor a `.zip` or `.tar.gz` archive",
            the(place)
        ),
        "hand in the folder that holds `Cargo.toml` and `src/`, packed as one of these",
    )
}

pub(super) fn damaged(place: &str) -> Refusal {
    refusal(
        place,
        format!(
            "the archive is damaged{}, or its headers disagree",
            at(place)
        ),
        "pack the folder again, and look whether all of the archive was handed in",
    )
}

pub(super) fn overlap() -> Refusal {
    refusal(
        "",
        "entries of the archive share the same bytes",
        "pack the folder again",
    )
}

pub(super) fn encrypted(place: &str) -> Refusal {
    refusal(
        place,
        "the archive has a password",
        "pack the folder again, without a password",
    )
}

pub(super) fn packed_oddly(place: &str) -> Refusal {
    refusal(
        place,
        format!(
            "the archive is packed in a way that is not read here{}",
            at(place)
        ),
        "pack the folder again, as an ordinary `.zip` (deflate) or `.tar.gz`",
    )
}

pub(super) fn sparse(place: &str) -> Refusal {
    special(place, "a file with holes")
}

pub(super) fn bomb(place: &str) -> Refusal {
    refusal(
        place,
        format!(
            "far more comes out of the archive{} than was packed into it, or than it may hold",
            at(place)
        ),
        "hand in source code only, without data and without what programs have made",
    )
}

pub(super) fn too_many_packed(most: u64) -> Refusal {
    refusal(
        "",
        format!("the archive has more than {most} entries, or names too long to be a crate's"),
        "hand in source code only, without data and without what programs have made",
    )
}

pub(super) fn large_archive(place: &str, size: u64, most: u64) -> Refusal {
    let (size, most) = (ByteSize(size), ByteSize(most));
    refusal(
        place,
        format!("the archive has {size}, and {most} are the most that is read"),
        "hand in source code only, without data and without what programs have made",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(count: usize) -> Vec<Refusal> {
        let mut refusals = Refusals::default();
        for n in 0..count {
            refusals.add(odd_name(&format!("f{n}"), "is odd"));
        }
        refusals.into_list()
    }

    #[test]
    fn twenty_reasons_are_told_and_the_others_counted() {
        assert_eq!(listed(20).len(), 20);
        let list = listed(27);
        assert_eq!(list.len(), 21);
        assert_eq!(list[20].problem, "there are 7 more problems");
        assert_eq!(listed(21)[20].problem, "there is 1 more problem");
    }

    #[test]
    fn every_problem_names_what_it_is_about() {
        let limits = IntakeLimits {
            entries: 1,
            bytes: 1,
            depth: 1,
        };
        let place = "src/main.rs";
        let of = |refusal: Refusal| refusal.problem;
        for problem in [
            link(place),
            special(place, "a device"),
            denied(place),
            changed(place),
            odd_name(place, "is odd"),
            same_name(place, "b"),
            long_path(place),
            manifest_is_folder(place),
            too_many(place, limits),
            too_large(place, 9, limits),
            too_large(place, 1, limits),
            too_deep(place, limits),
            hard_link(place),
            escape(place),
            twice(place),
            empty_archive(place),
            other_magic(place, "x"),
            no_archive(place),
            damaged(place),
            packed_oddly(place),
            sparse(place),
            bomb(place),
        ]
        .map(of)
        {
            assert!(problem.contains("`src/main.rs`"), "{problem}");
        }
        // Of the whole, nothing is named that is not there.
        for problem in [denied("."), twice(""), damaged(""), bomb("")].map(of) {
            assert!(!problem.contains('`'), "{problem}");
        }
    }

    #[test]
    fn a_reason_about_the_whole_is_told_however_many_there_are() {
        let mut refusals = Refusals::default();
        for _ in 0..27 {
            refusals.add(odd_name("f", "is odd"));
        }
        refusals.add_first(refusal("", "whole", "do"));
        let list = refusals.into_list();
        assert_eq!(
            (list[0].place.as_str(), list[0].problem.as_str()),
            (".", "whole")
        );
        assert_eq!(list.len(), 22);
    }
}
