//! Folders that change between the scan of the class and the admission of a submission.

use super::*;

#[test]
fn what_changed_since_it_was_found_is_refused_and_no_fault() {
    let dir = Dir::of(&["alice/Cargo.toml", "bob.zip", "other/Cargo.toml"]);
    let class = dir.class();
    let problem = |at: usize| {
        let dest = tempdir().unwrap();
        let source = &class.submissions[at].source;
        match admit_source(source, wanted(), dest.path(), &LIMITS).unwrap() {
            Admission::Refused(refusals) => refusals[0].problem.clone(),
            Admission::Admitted(snapshot) => panic!("{snapshot:?}"),
        }
    };
    fs::rename(dir.path("alice"), dir.path("gone")).unwrap();
    assert!(problem(0).contains("changed while"));
    symlink(dir.path("other"), dir.path("alice")).unwrap();
    assert!(problem(0).contains("symbolic link"));
    fs::remove_file(dir.path("bob.zip")).unwrap();
    symlink(dir.path("other/Cargo.toml"), dir.path("bob.zip")).unwrap();
    assert!(problem(1).contains("symbolic link"));
    fs::remove_file(dir.path("bob.zip")).unwrap();
    mkfifoat(CWD, dir.path("bob.zip"), Mode::RUSR).unwrap();
    assert!(problem(1).contains("named pipe"));
    fs::remove_file(dir.path("bob.zip")).unwrap();
    fs::create_dir(dir.path("bob.zip")).unwrap();
    assert!(problem(1).contains("changed while"));
}

#[test]
fn a_students_folder_that_became_a_link_does_not_give_another_ones_work() {
    let dir = Dir::of(&[
        "alice/attempt-1/Cargo.toml",
        "alice/attempt-2/Cargo.toml",
        "bob/hw.zip",
        "mallory/attempt-1/Cargo.toml",
        "mallory/attempt-2/Cargo.toml",
        "zoe/hw.zip",
    ]);
    let class = dir.class();
    let admit = |at: usize| {
        let (found, dest) = (&class.submissions[at], tempdir().unwrap());
        admit_source(&found.source, wanted(), dest.path(), &LIMITS).unwrap()
    };
    for (student, other) in [("mallory", "alice"), ("zoe", "bob")] {
        let away = dir.path(&format!("was-{student}"));
        fs::rename(dir.path(student), away).unwrap();
        symlink(other, dir.path(student)).unwrap();
    }
    assert!(matches!(admit(0), Admission::Admitted(_)));
    for at in [2, 3] {
        let Admission::Refused(refusals) = admit(at) else {
            panic!("{:?} was admitted", class.submissions[at])
        };
        assert!(
            refusals[0].problem.contains("changed while"),
            "{refusals:?}"
        );
    }
    // The class's own folder may be a link, and if it is gone, no student caused that.
    let link = tempdir().unwrap();
    let link = link.path().join("class");
    symlink(dir.path("."), &link).unwrap();
    let class = scan(&link).unwrap();
    let (source, dest) = (&class.submissions[0].source, tempdir().unwrap());
    let admit = || admit_source(source, wanted(), dest.path(), &LIMITS);
    assert!(matches!(admit().unwrap(), Admission::Admitted(_)));
    fs::remove_file(&link).unwrap();
    assert!(matches!(admit().unwrap_err(), Error::Machine { .. }));
}
