//! Why a submission is not admitted, in words that its student understands.
//!
//! Hides the wording. Each problem names the thing it is about, since a gradebook shows it alone. Never
//! touches the disk.

use bytesize::ByteSize;

use crate::{
    largest::Largest,
    left_out::{LeftOut, Omission},
    limits::Limits,
    names::shown,
    refusal::Refusal,
    typed::Typed,
};

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

pub(crate) fn link(place: &str) -> Refusal {
    Refusal::new(
        place,
        format!(
            "{} is a symbolic link, and links are not followed",
            the(place)
        ),
        "put the file or folder itself in its place",
    )
}

pub(crate) fn special(place: &str, what: &str) -> Refusal {
    Refusal::new(
        place,
        format!("{} is {what}, not a file", the(place)),
        "remove it: a submission is made of files and folders",
    )
}

pub(crate) fn denied(place: &str) -> Refusal {
    Refusal::new(
        place,
        format!("{} cannot be read: permission denied", the(place)),
        "make it readable: `chmod -R u+rX .` in the submission's folder",
    )
}

pub(crate) fn changed(place: &str) -> Refusal {
    Refusal::new(
        place,
        format!("{} was changed while it was being read", the(place)),
        "hand in again when nothing writes to the folder any more",
    )
}

pub(crate) fn odd_name(place: &str, problem: &str) -> Refusal {
    Refusal::new(
        place,
        format!("the name {} {problem}", the(place)),
        "rename it: letters, digits, `-`, `_` and `.` are always fine",
    )
}

pub(crate) fn manifest_is_folder(place: &str) -> Refusal {
    Refusal::new(
        place,
        format!(
            "{} is a folder, and cargo needs a file of that name",
            the(place)
        ),
        "put the file itself in its place",
    )
}

pub(crate) fn too_many(place: &str, limits: Limits, largest: &Largest) -> Refusal {
    Refusal::new(
        place,
        format!(
            "the submission passes {} files and folders{}, which is all it may have{}",
            limits.entries,
            at(place),
            largest.by_files()
        ),
        "hand in source code only, without data and without what programs have made",
    )
}

pub(crate) fn too_large(place: &str, size: u64, limits: Limits, largest: &Largest) -> Refusal {
    let allowed = ByteSize(limits.bytes);
    Refusal::new(
        place,
        if size > limits.bytes {
            format!(
                "{} has {}, and a whole submission may have {allowed}",
                the(place),
                ByteSize(size)
            )
        } else {
            format!(
                "with {} the submission has more than {allowed}, which is all it may have{}",
                the(place),
                largest.by_bytes()
            )
        },
        "hand in source code only, without data and without what programs have made",
    )
}

pub(crate) fn too_deep(place: &str, limits: Limits) -> Refusal {
    let allowed = limits.depth;
    Refusal::new(
        place,
        format!(
            "{} is at depth {}, and {allowed} is the deepest allowed",
            the(place),
            allowed.saturating_add(1)
        ),
        "use fewer folders inside folders",
    )
}

pub(crate) fn hard_link(place: &str) -> Refusal {
    Refusal::new(
        place,
        format!("{} is a hard link, and links are not followed", the(place)),
        "put the file itself in its place",
    )
}

pub(crate) fn escape(place: &str) -> Refusal {
    Refusal::new(
        place,
        format!("the path {} leads outside of the archive", the(place)),
        "pack the folder that holds `Cargo.toml` with a program that writes plain names",
    )
}

pub(crate) fn twice(place: &str) -> Refusal {
    Refusal::new(
        place,
        match place {
            "" => "the archive has one name twice".into(),
            place => format!("the archive has {} twice", the(place)),
        },
        "pack the folder again, into a new archive",
    )
}

pub(crate) fn empty_archive(place: &str) -> Refusal {
    Refusal::new(
        place,
        format!("the archive {} is empty", the(place)),
        "pack the folder that holds `Cargo.toml` and `src/`",
    )
}

/// What was left out, where the crate was looked for in vain.
pub(crate) fn not_searched(left_out: &LeftOut) -> Refusal {
    let place = left_out.path.as_str();
    match &left_out.why {
        Omission::Link => link(place),
        Omission::Special(what) => special(place, what),
        Omission::Name(why) => odd_name(place, why),
        Omission::Unreadable => denied(place),
        Omission::Made | Omission::Configuration => Refusal::new(
            place,
            format!("{} {}", the(place), left_out.why.predicate()),
            "put the crate into a folder of its own",
        ),
    }
}

/// What is handed in is nothing that can be read; `what` is what it is, if that is known.
pub(crate) fn foreign(place: &str, what: Option<&str>) -> Refusal {
    Refusal::new(
        place,
        match what {
            Some(what) => format!(
                "by its contents {} is {what}, which is not read here",
                the(place)
            ),
            None => format!("{} is no archive that is read here", the(place)),
        },
        "unpack it if it is an archive, and hand in the folder that holds `Cargo.toml` and `src/`, packed as `.zip` or `.tar.gz`",
    )
}

/// The refusal of what was typed into a system, where code was asked for.
pub(crate) fn typed(place: &str, typed: Typed) -> Refusal {
    let what = match typed {
        Typed::Text => "typed text",
        Typed::Link => "a link",
    };
    Refusal::new(
        place,
        format!("what was handed in is {what}, {}, and no code", the(place)),
        "hand in the folder that holds `Cargo.toml` and `src/`, packed as an archive",
    )
}

/// Several archives in an archive without a crate.
pub(crate) fn several_archives(place: &str, archives: &[String]) -> Refusal {
    let named = archives.iter().take(3).map(|name| format!("`{name}`"));
    let named = named.collect::<Vec<_>>().join(", ");
    let more = if archives.len() > 3 {
        " and others"
    } else {
        ""
    };
    Refusal::new(
        place,
        format!(
            "the archive has no `Cargo.toml` and several archives in it, {named}{more}, and one is graded"
        ),
        "hand in the archive that is to be graded",
    )
}

/// An archive in an archive in an archive.
pub(crate) fn deep_archive(place: &str) -> Refusal {
    Refusal::new(
        place,
        format!(
            "the archive {} is packed into two others, and one is the most",
            the(place)
        ),
        "hand in this archive itself",
    )
}

pub(crate) fn no_tar(packer: &str) -> Refusal {
    Refusal::new(
        "",
        format!("what is packed in it with {packer} is not a tar archive"),
        "pack the folder that holds `Cargo.toml` and `src/` as `.zip` or `.tar.gz`",
    )
}

pub(crate) fn damaged(place: &str) -> Refusal {
    Refusal::new(
        place,
        format!(
            "the archive is damaged{}, or its headers disagree",
            at(place)
        ),
        "pack the folder again, and check that the whole archive was handed in",
    )
}

pub(crate) fn overlap() -> Refusal {
    Refusal::new(
        "",
        "entries of the archive share the same bytes",
        "pack the folder again",
    )
}

pub(crate) fn encrypted(place: &str) -> Refusal {
    Refusal::new(
        place,
        "the archive has a password",
        "pack the folder again, without a password",
    )
}

pub(crate) fn packed_oddly(place: &str) -> Refusal {
    Refusal::new(
        place,
        format!(
            "the archive is packed in a way that is not read here{}",
            at(place)
        ),
        "pack the folder again, as an ordinary `.zip` (deflate) or `.tar.gz`",
    )
}

pub(crate) fn sparse(place: &str) -> Refusal {
    special(place, "a file with holes")
}

pub(crate) fn bomb(place: &str) -> Refusal {
    Refusal::new(
        place,
        format!(
            "far more comes out of the archive{} than was packed into it, or than it may hold",
            at(place)
        ),
        "hand in source code only, without data and without what programs have made",
    )
}

pub(crate) fn too_many_packed(most: u64) -> Refusal {
    Refusal::new(
        "",
        format!("the archive has more than {most} entries, or names too long to be a crate's"),
        "hand in source code only, without data and without what programs have made",
    )
}

pub(crate) fn large_archive(place: &str, size: u64, most: u64) -> Refusal {
    let (size, most) = (ByteSize(size), ByteSize(most));
    Refusal::new(
        place,
        format!("the archive has {size}, and {most} are the most that is read"),
        "hand in source code only, without data and without what programs have made",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_names_what_it_is_about() {
        let limits = Limits {
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
            manifest_is_folder(place),
            too_many(place, limits, &Largest::default()),
            too_large(place, 9, limits, &Largest::default()),
            too_large(place, 1, limits, &Largest::default()),
            too_deep(place, limits),
            hard_link(place),
            escape(place),
            twice(place),
            empty_archive(place),
            foreign(place, Some("a 7z archive")),
            foreign(place, None),
            deep_archive(place),
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
}
