//! Faults.

use super::*;

fn fault(source: &Path, dest: &Path) -> Fault {
    admit(source, dest, &LIMITS).expect_err("no fault")
}

#[track_caller]
fn hints(fault: &Fault, kind: FaultKind, hint: &str) {
    assert_eq!(fault.kind, kind, "{fault:?}");
    assert!(fault.hint.as_ref().unwrap().contains(hint), "{fault:?}");
}

#[test]
fn a_source_that_is_no_folder_is_the_users_fault() {
    let handed = Handed::good();
    let dest = tempdir().unwrap();
    let missing = fault(&handed.path("nowhere"), dest.path());
    hints(&missing, FaultKind::Usage, "`Cargo.toml` and `src/`");
    let file = fault(&handed.path("Cargo.toml"), dest.path());
    hints(&file, FaultKind::Usage, "unpack");
    mkfifoat(CWD, handed.path("pipe"), Mode::RUSR).unwrap();
    hints(
        &fault(&handed.path("pipe"), dest.path()),
        FaultKind::Usage,
        "",
    );
}

#[test]
fn a_source_that_cannot_be_read_is_the_users_fault() {
    let handed = Handed::good();
    fs::set_permissions(handed.0.path(), Permissions::from_mode(0o000)).unwrap();
    if File::open(handed.0.path()).is_ok() {
        handed.admitted();
    } else {
        let dest = tempdir().unwrap();
        let fault = fault(handed.0.path(), dest.path());
        hints(&fault, FaultKind::Usage, "chmod");
    }
    fs::set_permissions(handed.0.path(), Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn a_copy_that_cannot_be_written_is_the_disks_fault() {
    let handed = Handed::good();
    let missing = fault(handed.0.path(), Path::new("/nowhere/at/all"));
    hints(&missing, FaultKind::Disk, "--temp-dir");
    for taken in ["Cargo.toml", "src"] {
        let dest = tempdir().unwrap();
        fs::write(dest.path().join(taken), "before").unwrap();
        let fault = fault(handed.0.path(), dest.path());
        hints(&fault, FaultKind::Disk, "--temp-dir");
        assert_eq!(fs::read(dest.path().join(taken)).unwrap(), b"before");
    }
}

#[test]
fn a_copy_that_is_gone_is_the_disks_fault() {
    let (snapshot, dest) = Handed::good().admitted();
    drop(dest);
    let fault = snapshot.read("Cargo.toml").unwrap_err();
    hints(&fault, FaultKind::Disk, "--temp-dir");
}

#[test]
fn a_submission_is_not_copied_into_itself() {
    let handed = Handed::good();
    fs::create_dir_all(handed.path("tmp/copy")).unwrap();
    for dest in [handed.path("tmp/copy"), handed.path("")] {
        let fault = fault(handed.0.path(), &dest);
        hints(&fault, FaultKind::Usage, "--temp-dir");
    }
    assert_eq!(tree(&handed.path("src")).len(), 1);
}
