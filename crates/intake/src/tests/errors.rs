//! What is wrong with the machine or with a path that a user named, and not with a submission.

use std::io;

use rustix::io::Errno;

use super::*;

fn error(source: &Path, dest: &Path) -> Error {
    admit_folder(source, dest, &LIMITS).expect_err("no error")
}

#[track_caller]
fn is_errno(source: &io::Error, errno: Errno) {
    assert_eq!(source.raw_os_error(), Some(errno.raw_os_error()));
}

#[test]
fn a_source_that_is_no_folder_is_the_users_mistake() {
    let handed = Handed::good();
    mkfifoat(CWD, handed.path("pipe"), Mode::RUSR).unwrap();
    for (name, errno) in [
        ("nowhere", Errno::NOENT),
        ("Cargo.toml", Errno::NOTDIR),
        ("pipe", Errno::NOTDIR),
    ] {
        let dest = tempdir().unwrap();
        let Error::Submission { source, path } = error(&handed.path(name), dest.path()) else {
            panic!("{name}")
        };
        assert_eq!(path, handed.path(name));
        is_errno(&source, errno);
    }
}

#[test]
fn a_path_that_a_user_named_is_checked_before_admission() {
    let handed = Handed::good();
    check_named(handed.0.path()).unwrap();
    // Admission checks the contents of the folder.
    check_named(&handed.path("src")).unwrap();
    let missing = check_named(&handed.path("nowhere"));
    assert!(
        matches!(missing, Err(Error::NotFound { .. })),
        "{missing:?}"
    );
    let file = check_named(&handed.path("Cargo.toml"));
    assert!(matches!(file, Err(Error::NotAFolder { .. })), "{file:?}");
}

#[test]
fn a_source_that_cannot_be_read_is_the_users_mistake() {
    let handed = Handed::good();
    for mode in [0o000, 0o600] {
        fs::set_permissions(handed.0.path(), Permissions::from_mode(mode)).unwrap();
        // Root may read it all the same.
        if fs::symlink_metadata(handed.path("Cargo.toml")).is_ok() {
            handed.admitted();
            check_named(handed.0.path()).unwrap();
            continue;
        }
        let checked = check_named(handed.0.path());
        assert!(matches!(checked, Err(Error::Closed { .. })), "{checked:?}");
        if mode == 0 {
            let dest = tempdir().unwrap();
            let Error::Submission { source, .. } = error(handed.0.path(), dest.path()) else {
                panic!("no such error")
            };
            is_errno(&source, Errno::ACCESS);
        }
    }
    fs::set_permissions(handed.0.path(), Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn a_copy_that_cannot_be_written_is_the_disks() {
    let handed = Handed::good();
    let missing = error(handed.0.path(), Path::new("/nowhere/at/all"));
    assert!(
        matches!(missing, Error::Copy { verb: "read", .. }),
        "{missing:?}"
    );
    for taken in ["Cargo.toml", "src"] {
        let dest = tempdir().unwrap();
        fs::write(dest.path().join(taken), "before").unwrap();
        let Error::Copy { path, source, .. } = error(handed.0.path(), dest.path()) else {
            panic!("no such error")
        };
        assert_eq!(path, dest.path().join(taken));
        is_errno(&source, Errno::EXIST);
        assert_eq!(fs::read(dest.path().join(taken)).unwrap(), b"before");
    }
}

#[test]
fn a_copy_that_is_gone_is_the_disks() {
    let (snapshot, dest) = Handed::good().admitted();
    drop(dest);
    let gone = snapshot.read("Cargo.toml").unwrap_err();
    assert!(matches!(gone, Error::Copy { verb: "read", .. }), "{gone:?}");
}

#[test]
fn a_submission_is_not_copied_into_itself() {
    let handed = Handed::good();
    fs::create_dir_all(handed.path("tmp/copy")).unwrap();
    for dest in [handed.path("tmp/copy"), handed.path("")] {
        let inside = error(handed.0.path(), &dest);
        assert!(matches!(inside, Error::CopyInside { .. }), "{inside:?}");
    }
    assert_eq!(tree(&handed.path("src")).len(), 1);
}
