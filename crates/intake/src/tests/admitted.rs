//! What is admitted.

use super::*;

#[test]
fn a_good_submission_is_copied_whole() {
    let handed = Handed::good();
    handed.file("src/a/b.rs", "").file(".gitignore", "target\n");
    let (snapshot, dest) = handed.admitted();
    assert_eq!(snapshot.root(), dest.path());
    let expected = [".gitignore", "Cargo.toml", "src/a/b.rs", "src/main.rs"];
    assert_eq!(paths(&snapshot), expected);
    assert_eq!(snapshot.files()[1].bytes, 10);
    assert!(snapshot.contains("src/main.rs"));
    assert!(!snapshot.contains("src"));
    let manifest = snapshot.read("Cargo.toml").unwrap().unwrap();
    assert_eq!(manifest, b"[package]\n");
    assert_eq!(snapshot.read("/etc/passwd").unwrap(), None);
    for file in expected {
        let copy = fs::read(dest.path().join(file)).unwrap();
        assert_eq!(copy, fs::read(handed.path(file)).unwrap(), "{file}");
    }
}

#[test]
fn files_are_in_byte_order_of_their_paths() {
    let handed = Handed::good();
    for file in ["a/b", "a.txt", "a-b", "B"] {
        handed.file(file, "");
    }
    let (snapshot, _dest) = handed.admitted();
    let expected = ["B", "Cargo.toml", "a-b", "a.txt", "a/b", "src/main.rs"];
    assert_eq!(paths(&snapshot), expected);
}

#[test]
fn the_copy_is_private_and_shares_nothing_with_the_submission() {
    let handed = Handed::good();
    let run = handed.path("run.sh");
    handed.file("run.sh", "#!/bin/sh\n");
    fs::set_permissions(&run, Permissions::from_mode(0o4777)).unwrap();
    fs::hard_link(&run, handed.path("src/linked.sh")).unwrap();
    let (_snapshot, dest) = handed.admitted();
    let mode = |path| dest.path().join(path).metadata().unwrap().mode() & 0o7777;
    assert_eq!(mode("run.sh"), 0o644);
    assert_eq!(mode("src"), 0o755);
    let linked = dest.path().join("src/linked.sh").metadata().unwrap();
    assert_eq!(linked.nlink(), 1);
    assert_ne!(linked.ino(), run.metadata().unwrap().ino());
}

#[test]
fn the_submission_is_left_as_it_was() {
    let handed = Handed::good();
    handed.file("target/x", "").file("notes~", "");
    symlink("nowhere", handed.path("link")).unwrap();
    let before = tree(handed.0.path());
    handed.admitted();
    assert_eq!(tree(handed.0.path()), before);
}

#[test]
fn a_link_that_the_user_typed_is_followed() {
    let handed = Handed::good();
    let elsewhere = tempdir().unwrap();
    let link = elsewhere.path().join("mine");
    symlink(handed.0.path(), &link).unwrap();
    let dest = tempdir().unwrap();
    let admission = admit_folder(&link, dest.path(), &LIMITS).unwrap();
    assert!(matches!(admission, Admission::Admitted(_)), "{admission:?}");
}

/// The crate of an exercise that a checkout has at `checkout`.
fn wanted(checkout: &str) -> Wanted<'_> {
    Wanted {
        exercise: "sum",
        checkout: Path::new(checkout),
        among: &[],
    }
}

#[test]
fn of_a_named_checkout_the_exercise_is_copied() {
    let handed = Handed::good();
    handed.file("exercises/sum/Cargo.toml", "[package]\n");
    let copied = |exercise_path: &str| {
        let dest = tempdir().unwrap();
        match admit_named(
            handed.0.path(),
            wanted(exercise_path),
            dest.path(),
            &LIMITS,
            &[],
        )
        .unwrap()
        {
            Admission::Admitted(snapshot) => paths(&snapshot).join(" "),
            Admission::Refused(refusals) => panic!("{refusals:#?}"),
        }
    };
    assert_eq!(copied("exercises/sum"), "Cargo.toml");
    // Of another course, or of none that is known.
    let all = "Cargo.toml exercises/sum/Cargo.toml src/main.rs";
    assert_eq!(copied("exercises/other"), all);
    assert_eq!(copied("exercises"), all);
    assert_eq!(copied(""), all);
}

#[test]
fn a_link_in_a_named_checkout_is_not_followed() {
    let handed = Handed::good();
    let other = Handed::good();
    other.file("sum/Cargo.toml", "[package]\n");
    symlink(other.0.path(), handed.path("exercises")).unwrap();
    let dest = tempdir().unwrap();
    match admit_named(
        handed.0.path(),
        wanted("exercises/sum"),
        dest.path(),
        &LIMITS,
        &[],
    )
    .unwrap()
    {
        Admission::Admitted(snapshot) => {
            assert_eq!(paths(&snapshot), ["Cargo.toml", "src/main.rs"]);
            assert_eq!(
                told(&snapshot),
                ["exercises is a link, and links are not followed"]
            );
        }
        Admission::Refused(refusals) => panic!("{refusals:?}"),
    }
}
