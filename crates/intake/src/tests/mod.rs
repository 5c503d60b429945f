//! Good and bad submissions on a real file system.

mod admitted;
mod digest;
mod dropped;
mod errors;
mod kinds;
mod limits;
mod manifest;
mod odd_names;
mod races;

use std::{
    ffi::OsStr,
    fs::{self, File, Permissions},
    os::unix::{
        ffi::OsStrExt as _,
        fs::{MetadataExt as _, PermissionsExt as _, symlink},
        net::UnixListener,
    },
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use rustix::fs::{CWD, Mode, RenameFlags, mkfifoat, renameat_with};
use tempfile::{TempDir, tempdir};

use ids::Digest;

use crate::{
    admission::Admission,
    admit::{admit_folder, admit_named, check_named},
    error::Error,
    limits::Limits,
    names::LONGEST_PATH,
    refusal::Refusal,
    snapshot::Snapshot,
    wanted::Wanted,
};

const LIMITS: Limits = Limits {
    entries: 1000,
    bytes: 1 << 20,
    depth: 16,
};

/// A good submission, which tests damage.
struct Handed(TempDir);

impl Handed {
    fn good() -> Self {
        let handed = Self(tempdir().unwrap());
        handed.file("Cargo.toml", "[package]\n");
        handed.file("src/main.rs", "fn main() {}\n");
        handed
    }

    fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.0.path().join(path)
    }

    fn file(&self, path: impl AsRef<Path>, contents: &str) -> &Self {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
        self
    }

    fn admit(&self, limits: Limits) -> (Admission, TempDir) {
        let dest = tempdir().unwrap();
        let admission = admit_folder(self.0.path(), dest.path(), &limits).unwrap();
        (admission, dest)
    }

    fn admitted_within(&self, limits: Limits) -> (Snapshot, TempDir) {
        match self.admit(limits) {
            (Admission::Admitted(snapshot), dest) => (snapshot, dest),
            (Admission::Refused(refusals), _) => panic!("refused: {refusals:#?}"),
        }
    }

    fn admitted(&self) -> (Snapshot, TempDir) {
        self.admitted_within(LIMITS)
    }

    fn refused_within(&self, limits: Limits) -> Vec<Refusal> {
        match self.admit(limits).0 {
            Admission::Refused(refusals) => refusals,
            Admission::Admitted(snapshot) => panic!("admitted: {:?}", snapshot.files()),
        }
    }

    /// The one refusal there is.
    fn refused(&self) -> Refusal {
        one(self.refused_within(LIMITS))
    }
}

fn one(mut refusals: Vec<Refusal>) -> Refusal {
    assert_eq!(refusals.len(), 1, "{refusals:#?}");
    refusals.remove(0)
}

#[track_caller]
fn says(refusal: &Refusal, place: &str, problem: &str, remedy: &str) {
    assert_eq!(refusal.place, place, "{refusal:?}");
    assert!(refusal.problem.contains(problem), "{refusal:?}");
    assert!(refusal.remedy.contains(remedy), "{refusal:?}");
}

fn paths(snapshot: &Snapshot) -> Vec<&str> {
    let paths = snapshot.files().iter().map(|file| file.path.as_str());
    paths.collect()
}

/// What was left out, with the reasons.
fn told(snapshot: &Snapshot) -> Vec<String> {
    let listed = snapshot.left_out().listed().iter();
    let told = listed.map(|left_out| format!("{} {}", left_out.path, left_out.why.predicate()));
    told.collect()
}

/// Path, mode, size, times of change, contents of a file.
type Seen = (PathBuf, u32, u64, [i64; 4], Option<Vec<u8>>);

/// Everything below a folder.
fn tree(root: &Path) -> Vec<Seen> {
    let mut all = Vec::new();
    for entry in walkdir::WalkDir::new(root).min_depth(1) {
        let path = entry.unwrap().into_path();
        let meta = path.symlink_metadata().unwrap();
        let times = [
            meta.mtime(),
            meta.mtime_nsec(),
            meta.ctime(),
            meta.ctime_nsec(),
        ];
        let contents = meta.is_file().then(|| fs::read(&path).unwrap());
        all.push((path, meta.mode(), meta.len(), times, contents));
    }
    all.sort();
    all
}
