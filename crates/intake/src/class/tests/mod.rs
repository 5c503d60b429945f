//! Folders of instructors, as they come.

mod changed;
mod exports;
mod named;
mod properties;

use std::{
    fs,
    os::unix::{ffi::OsStrExt as _, fs::symlink},
    path::PathBuf,
};

use rustix::fs::{CWD, Mode, mkfifoat};
use tempfile::{TempDir, tempdir};

use super::*;
use crate::{admission::Admission, admit::admit_source};

/// Where a checkout of the course has the exercise.
const EXERCISE_PATH: &str = "exercises/sum";
const LIMITS: Limits = Limits {
    entries: 100,
    bytes: 1 << 20,
    depth: 8,
};

fn wanted() -> Wanted<'static> {
    Wanted {
        exercise: "sum",
        checkout: Path::new(EXERCISE_PATH),
        among: &[],
    }
}

fn scan(dir: &Path) -> Result<Class, Error> {
    find(dir, wanted(), &LIMITS, None)
}

/// An instructor's folder with these files in it; what ends in `/` is a folder.
struct Dir(TempDir);

impl Dir {
    fn of(files: &[&str]) -> Self {
        let dir = Self(tempdir().unwrap());
        for file in files {
            let path = dir.path(file);
            if file.ends_with('/') {
                fs::create_dir_all(path).unwrap();
            } else {
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, "[package]\n").unwrap();
            }
        }
        dir
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    #[track_caller]
    fn class(&self) -> Class {
        scan(self.0.path()).unwrap()
    }

    /// Who handed in, and what of it counts, seen from the folder.
    #[track_caller]
    fn found(&self) -> Vec<(String, String)> {
        let class = self.class();
        let found = class.submissions.iter().map(|found| {
            let path = found.source.path();
            let path = path.strip_prefix(self.0.path()).unwrap();
            assert_eq!(found.attempts.last().unwrap().source, found.source);
            (found.id.to_string(), path.to_str().unwrap().to_owned())
        });
        found.collect()
    }

    #[track_caller]
    fn finds(files: &[&str], expected: &[(&str, &str)]) {
        let found = Self::of(files).found();
        let found = found.iter().map(|(id, path)| (id.as_str(), path.as_str()));
        assert_eq!(found.collect::<Vec<_>>(), expected);
    }

    fn ignored(&self) -> Vec<(String, String)> {
        let ignored = self.class().ignored.into_iter();
        ignored.map(|ignored| (ignored.name, ignored.why)).collect()
    }

    #[track_caller]
    fn error(&self) -> Error {
        scan(self.0.path()).unwrap_err()
    }

    fn admit(&self, name: &str) -> Admission {
        let class = self.class();
        let found = class.submissions.iter();
        let found = { found }.find(|found| found.id.as_str() == name).unwrap();
        let dest = tempdir().unwrap();
        admit_source(&found.source, wanted(), dest.path(), &LIMITS).unwrap()
    }
}

#[test]
fn a_folder_for_each_student_in_byte_order() {
    Dir::finds(
        &[
            "bob/Cargo.toml",
            "alice/Cargo.toml",
            "Zoe/Cargo.toml",
            "empty/",
        ],
        &[
            ("Zoe", "Zoe"),
            ("alice", "alice"),
            ("bob", "bob"),
            ("empty", "empty"),
        ],
    );
    Dir::finds(&[], &[]);
}

#[test]
fn a_crate_may_be_some_folders_down_with_junk_beside_it() {
    let dir = Dir::of(&[
        "alice/project/Cargo.toml",
        "alice/project/src/main.rs",
        "alice/__MACOSX/project/Cargo.toml",
        "alice/report.pdf",
        "bob/repo/hw/Cargo.toml",
        "bob/repo/.git/HEAD",
        "bob/repo/README.md",
        "bob/target/package/Cargo.toml",
        "carol/.git/HEAD",
        "carol/Cargo.toml",
        "carol/vendor/rayon/Cargo.toml",
        "dave/a/b/c/d/e/Cargo.toml",
        "eve/one/Cargo.toml",
        "eve/two/Cargo.toml",
    ]);
    let ids = ["alice", "bob", "carol", "dave", "eve"];
    assert_eq!(dir.found(), ids.map(|id| (id.to_owned(), id.to_owned())));
    let files = |id| match dir.admit(id) {
        Admission::Admitted(snapshot) => snapshot
            .files()
            .iter()
            .map(|file| file.path.clone())
            .collect(),
        Admission::Refused(refusals) => vec![refusals[0].problem.clone()],
    };
    assert_eq!(files("alice"), ["Cargo.toml", "src/main.rs"]);
    assert_eq!(files("bob"), ["Cargo.toml", "README.md"][..1]);
    assert_eq!(files("carol"), ["Cargo.toml", "vendor/rayon/Cargo.toml"]);
    assert_eq!(files("dave"), ["there is no `Cargo.toml`"]);
    assert_eq!(
        files("eve"),
        ["there are 2 crates, in `one`, `two`, and one is graded"]
    );
}

#[test]
fn of_a_checkout_of_the_course_the_exercise_is_graded() {
    let dir = Dir::of(&[
        // With the course's manifest, and without.
        "alice/Cargo.toml",
        "alice/exercises/sum/Cargo.toml",
        "alice/exercises/other/Cargo.toml",
        "alice/reference/sum/Cargo.toml",
        "bob/course-main/Cargo.toml",
        "bob/course-main/exercises/sum/Cargo.toml",
        "bob/course-main/exercises/sum/src/main.rs",
        "carol/grader.toml",
        "carol/exercises/sum/Cargo.toml",
        "carol/exercises/other/Cargo.toml",
        "dave/a/b/exercises/sum/Cargo.toml",
        // Another exercise's, and one that is no crate: as without a checkout.
        "eve/Cargo.toml",
        "eve/exercises/other/Cargo.toml",
        "frank/Cargo.toml",
        "frank/exercises/sum/Cargo.toml/x",
        "grace/attempt-1/exercises/sum/Cargo.toml",
        "grace/attempt-2/exercises/sum/Cargo.toml",
        "grace/attempt-2/exercises/sum/src/main.rs",
    ]);
    let files = |id| match dir.admit(id) {
        Admission::Admitted(snapshot) => snapshot
            .files()
            .iter()
            .map(|file| file.path.clone())
            .collect(),
        Admission::Refused(refusals) => vec![refusals[0].problem.clone()],
    };
    assert_eq!(files("alice"), ["Cargo.toml"]);
    assert_eq!(files("bob"), ["Cargo.toml", "src/main.rs"]);
    assert_eq!(files("carol"), ["Cargo.toml"]);
    assert_eq!(files("dave"), ["Cargo.toml"]);
    assert_eq!(files("eve"), ["Cargo.toml", "exercises/other/Cargo.toml"]);
    assert_eq!(files("frank"), ["Cargo.toml", "exercises/sum/Cargo.toml/x"]);
    assert_eq!(files("grace"), ["Cargo.toml", "src/main.rs"]);
    assert_eq!(dir.class().submissions[6].attempts.len(), 2);
}

#[test]
fn a_link_in_a_checkout_leads_nowhere() {
    let dir = Dir::of(&["alice/Cargo.toml", "bob/exercises/sum/Cargo.toml"]);
    symlink(dir.path("bob/exercises"), dir.path("alice/exercises")).unwrap();
    let admission = dir.admit("alice");
    let Admission::Admitted(snapshot) = admission else {
        panic!("{admission:?}")
    };
    assert_eq!(snapshot.files().len(), 1);
    assert_eq!(snapshot.left_out().listed()[0].path, "exercises");
}

#[test]
fn a_link_inside_a_students_folder_leads_nowhere() {
    let dir = Dir::of(&["alice/", "bob/hw/Cargo.toml", "carol/"]);
    symlink(dir.path("bob/hw"), dir.path("alice/hw")).unwrap();
    symlink(dir.path("bob/hw/Cargo.toml"), dir.path("carol/hw.zip")).unwrap();
    let ids = ["alice", "bob", "carol"];
    assert_eq!(dir.found(), ids.map(|id| (id.to_owned(), id.to_owned())));
    for id in ["alice", "carol"] {
        let Admission::Refused(refusals) = dir.admit(id) else {
            panic!("{id} was admitted")
        };
        assert!(
            refusals[0].problem.contains("there is no `Cargo.toml`"),
            "{refusals:?}"
        );
        assert!(
            refusals[1].problem.contains("symbolic link"),
            "{refusals:?}"
        );
    }
    assert!(matches!(dir.admit("bob"), Admission::Admitted(_)));
}

#[test]
fn archives_are_named_after_their_students() {
    Dir::finds(
        &[
            "alice.zip",
            "bob.tar.gz",
            "Carol D.TGZ",
            "dave.rar",
            "eve.7z",
        ],
        &[
            ("Carol_D", "Carol D.TGZ"),
            ("alice", "alice.zip"),
            ("bob", "bob.tar.gz"),
            ("dave", "dave.rar"),
            ("eve", "eve.7z"),
        ],
    );
    let dir = Dir::of(&["alice.zip", "bob.tgz", "dave.rar"]);
    let class = dir.class();
    let source = |at: usize| &class.submissions[at].source;
    assert!(matches!(source(0), Source::Archive(_, ArchiveKind::Zip)));
    assert!(matches!(source(1), Source::Archive(_, ArchiveKind::TarGz)));
    let Admission::Refused(refusals) = dir.admit("dave") else {
        panic!("admitted")
    };
    assert!(
        refusals[0].problem.contains("a rar archive"),
        "{refusals:?}"
    );
}

#[test]
fn attempts_in_a_students_folder_are_ordered_and_listed() {
    let dir = Dir::of(&[
        "alice/attempt-9/Cargo.toml",
        "alice/attempt-10/Cargo.toml",
        "bob/hw.zip",
        "bob/hw-2.zip",
        "bob/hw-1.zip",
        "carol/a/x1/Cargo.toml",
        "carol/b/x2/Cargo.toml",
        "dave/a/x1/Cargo.toml",
        "dave/a/x2/Cargo.toml",
    ]);
    let attempts = |at: usize| {
        let class = dir.class();
        let names = class.submissions[at].attempts.iter();
        names
            .map(|attempt| attempt.name.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(attempts(0), ["alice/attempt-9", "alice/attempt-10"]);
    assert_eq!(attempts(1), ["bob/hw.zip", "bob/hw-1.zip", "bob/hw-2.zip"]);
    // Their names do not say that these are attempts.
    assert_eq!(attempts(2), ["carol"]);
    assert_eq!(attempts(3), ["dave"]);
}

#[test]
fn junk_is_ignored_with_a_reason() {
    let dir = Dir::of(&[
        "alice/Cargo.toml",
        "grades.csv",
        "README.md",
        ".DS_Store",
        "Thumbs.db",
        "__MACOSX/alice/._Cargo.toml",
        ".git/HEAD",
        ".hidden/Cargo.toml",
        "old~/Cargo.toml",
    ]);
    symlink(dir.path("alice"), dir.path("mallory")).unwrap();
    symlink(dir.path("grades.csv"), dir.path("mallory.zip")).unwrap();
    symlink("nowhere", dir.path("dangling")).unwrap();
    mkfifoat(CWD, dir.path("pipe.zip"), Mode::RUSR).unwrap();
    assert_eq!(dir.found(), [("alice".to_owned(), "alice".to_owned())]);
    let why = |name: &str| {
        let ignored = dir.ignored().into_iter();
        let found = { ignored }.find(|(ignored, _)| ignored == name);
        found.unwrap_or_else(|| panic!("{name} is not listed")).1
    };
    assert_eq!(dir.ignored().len(), 12);
    for link in ["mallory", "mallory.zip", "dangling"] {
        assert!(why(link).contains("links are not followed"));
    }
    for file in ["grades.csv", "README.md", "Thumbs.db"] {
        assert!(why(file).contains("neither a folder nor an archive"));
    }
    for leftover in [".DS_Store", "__MACOSX", ".git", "old~"] {
        assert!(why(leftover).contains("other tools"));
    }
    assert!(why(".hidden").contains("hidden"));
    assert!(why("pipe.zip").contains("neither a file nor a folder"));
}

#[test]
fn two_with_one_id_are_told_apart() {
    for (a, b) in [
        ("alice/", "alice.zip"),
        ("alice/", "ALICE/"),
        ("alice.zip", "alice.tar.gz"),
        ("李雷/", "李雷.zip"),
        ("j.Doe/", "j.doe/"),
        ("doejane_12345/", "doejane_12345_67890_hw.zip"),
        (
            "Doejane_12345_assignsubmission_file_/",
            "doejane_12345_67890_hw.zip",
        ),
    ] {
        let class = Dir::of(&["zoe/", a, b]).class();
        assert_eq!(class.submissions.len(), 3, "{class:?}");
        for found in &class.submissions {
            assert_eq!(found.is_told_apart, found.id.as_str() != "zoe", "{found:?}");
        }
        let ids = class
            .submissions
            .iter()
            .map(|found| names::fold(found.id.as_str()));
        assert_eq!(ids.collect::<std::collections::BTreeSet<_>>().len(), 3);
    }
    // Who has exactly the name keeps it.
    let class = Dir::of(&["a b/", "a_b/"]).class();
    let told = class
        .submissions
        .iter()
        .map(|found| (found.attempts[0].name.as_str(), found.is_told_apart));
    assert_eq!(told.collect::<Vec<_>>(), [("a_b", false), ("a b", true)]);
    // One upload, and the folder that it was unpacked to, are one student's.
    let class = Dir::of(&[
        "doejane_12345_67890_hw/",
        "doejane_12345_67890_hw.zip",
        "roe_13_14_x.zip",
    ])
    .class();
    let found = { &class.submissions }
        .iter()
        .find(|found| found.id.as_str() == "doejane_12345");
    assert_eq!(found.unwrap().attempts.len(), 2);
}

#[test]
fn names_that_an_id_cannot_spell_are_disambiguated() {
    let dir = Dir::of(&[
        "李雷/",
        "王芳.zip",
        "José/",
        "Josè/",
        "Jos_/",
        "Zoë/",
        "é/",
        "ö/",
    ]);
    let found = dir.found();
    let id_of = |path: &str| {
        let found = found.iter().find(|(_, found)| found == path);
        found
            .unwrap_or_else(|| panic!("{path}: {found:?}"))
            .0
            .clone()
    };
    assert_eq!(found.len(), 8);
    for (path, start) in [
        ("李雷", "__-"),
        ("王芳.zip", "__-"),
        ("José", "Jos_-"),
        ("Josè", "Jos_-"),
        ("é", "_-"),
    ] {
        let id = id_of(path);
        let digest = id.strip_prefix(start).unwrap_or_else(|| panic!("{id}"));
        assert!(digest.len() == 6 && digest.bytes().all(|b| b.is_ascii_hexdigit()));
    }
    assert_eq!((id_of("Jos_"), id_of("Zoë")), ("Jos_".into(), "Zo_".into()));
    // The id does not depend on the rest of the class.
    assert_eq!(Dir::of(&["李雷.zip"]).found()[0].0, id_of("李雷"));
}

#[test]
fn a_folder_that_is_no_class_is_an_error() {
    let is_crate = Dir::of(&["Cargo.toml", "src/main.rs"]).error();
    assert!(matches!(is_crate, Error::ClassIsCrate { .. }), "{is_crate}");
    let missing = scan(Path::new("/nowhere/at/all")).unwrap_err();
    assert!(matches!(missing, Error::ClassFolder { .. }), "{missing}");
    let dir = Dir::of(&["class.zip"]);
    assert!(scan(&dir.path("class.zip")).is_err());
    // A link that the user named is followed.
    symlink(dir.path(""), dir.path("link")).unwrap();
    assert_eq!(scan(&dir.path("link")).unwrap().submissions.len(), 1);
}

#[test]
fn hostile_names_become_harmless_ids_and_are_shown_escaped() {
    let dir = Dir::of(&["=cmd/", "<img src=x>/", "-rf/", "a\u{1b}[2J/", "CON/"]);
    fs::create_dir(dir.0.path().join(OsStr::from_bytes(b"caf\xe9"))).unwrap();
    for found in dir.class().submissions {
        let id = found.id.as_str();
        assert!(id.parse::<ids::SubmissionId>().is_ok(), "{id}");
        assert!(!found.attempts[0].name.contains('\u{1b}'));
    }
    assert_eq!(dir.class().submissions.len(), 6);
}
