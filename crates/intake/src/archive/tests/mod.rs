//! Ordinary archives, and malformed ones.

mod attempts;
mod bombs;
mod formats;
mod good;
mod make;
mod mutated;
mod nested;
mod tar_attacks;
mod zip_attacks;

use std::{
    fs,
    path::{Path, PathBuf},
};

use tempfile::{TempDir, tempdir};

use self::make::{TarBall, Zip, gzip};
use crate::{
    admission::Admission, admit::admit_source, archive_kind::ArchiveKind, limits::Limits,
    location::Location, refusal::Refusal, snapshot::Snapshot, source::Source, wanted::Wanted,
};

/// Where a checkout of the course has the exercise.
const EXERCISE_PATH: &str = "exercises/sum";
const LIMITS: Limits = Limits {
    entries: 1000,
    bytes: 1 << 20,
    depth: 16,
};

fn wanted() -> Wanted<'static> {
    Wanted {
        exercise: "sum",
        checkout: Path::new(EXERCISE_PATH),
        among: &[],
    }
}

/// What became of an archive, and the folder in which it happened.
struct Outcome {
    admission: Admission,
    around: TempDir,
}

/// Admit these bytes as an archive of this name, and check that nothing happened outside of the copy.
#[track_caller]
fn admit_within(name: &str, bytes: &[u8], limits: Limits) -> Outcome {
    let around = tempdir().unwrap();
    let at = |name: &str| around.path().join(name);
    let dest = at("deep/in/dest");
    fs::create_dir_all(&dest).unwrap();
    fs::write(at("deep/outer-file"), "unchanged").unwrap();
    fs::write(at(name), bytes).unwrap();
    let kind = ArchiveKind::of_name(name.as_bytes()).unwrap();
    let source = Source::Archive(Location::new(around.path(), name), kind);
    let admission = admit_source(&source, wanted(), &dest, &limits).unwrap();
    let mut outside = all_below(around.path());
    outside.retain(|path| !path.starts_with(&dest));
    let mut expected = vec![at(name), at("deep"), at("deep/outer-file"), at("deep/in")];
    expected.sort();
    assert_eq!(outside, expected, "something was written outside");
    assert_eq!(fs::read(at("deep/outer-file")).unwrap(), b"unchanged");
    assert_eq!(
        fs::read(at(name)).unwrap(),
        bytes,
        "the archive was changed"
    );
    let copied = all_below(&dest);
    let mut sum = 0;
    for path in &copied {
        let meta = path.symlink_metadata().unwrap();
        assert!(meta.is_file() || meta.is_dir(), "{}", path.display());
        sum += if meta.is_file() { meta.len() } else { 0 };
    }
    assert!(sum <= limits.bytes, "{sum} bytes were written");
    assert!(copied.len() <= limits.entries, "{} entries", copied.len());
    Outcome { admission, around }
}

#[track_caller]
fn admitted(name: &str, bytes: &[u8]) -> (Snapshot, TempDir) {
    let outcome = admit_within(name, bytes, LIMITS);
    match outcome.admission {
        Admission::Admitted(snapshot) => (snapshot, outcome.around),
        Admission::Refused(refusals) => panic!("refused: {refusals:#?}"),
    }
}

#[track_caller]
fn refused_within(name: &str, bytes: &[u8], limits: Limits) -> Vec<Refusal> {
    match admit_within(name, bytes, limits).admission {
        Admission::Refused(refusals) => refusals,
        Admission::Admitted(snapshot) => panic!("admitted: {:?}", snapshot.files()),
    }
}

/// It is refused for one reason: this place, this problem.
#[track_caller]
fn refused(name: &str, bytes: &[u8], place: &str, problem: &str) {
    let refusals = refused_within(name, bytes, LIMITS);
    assert_eq!(refusals.len(), 1, "{refusals:#?}");
    assert_eq!(refusals[0].place, place, "{refusals:#?}");
    assert!(refusals[0].problem.contains(problem), "{refusals:#?}");
    assert!(!refusals[0].remedy.is_empty());
}

fn paths(snapshot: &Snapshot) -> Vec<&str> {
    let paths = snapshot.files().iter().map(|file| file.path.as_str());
    paths.collect()
}

/// Everything below a folder, in byte order.
fn all_below(root: &Path) -> Vec<PathBuf> {
    let below = walkdir::WalkDir::new(root).min_depth(1);
    let paths = below.into_iter().map(|entry| entry.unwrap().into_path());
    let mut all: Vec<PathBuf> = paths.collect();
    all.sort();
    all
}

/// The files of a submission that is good.
const GOOD: [(&str, &str); 2] = [
    ("Cargo.toml", "[package]\n"),
    ("src/main.rs", "fn main() {}\n"),
];

/// It is admitted, and what was left out of it is this: paths and reasons.
#[track_caller]
fn left_out(name: &str, bytes: &[u8], expected: &[(&str, &str)]) -> Snapshot {
    let (snapshot, _around) = admitted(name, bytes);
    let seen = snapshot.left_out().listed();
    assert_eq!(seen.len(), expected.len(), "{seen:#?}");
    for (left_out, (path, why)) in seen.iter().zip(expected) {
        assert_eq!(left_out.path, *path, "{seen:#?}");
        let predicate = left_out.why.predicate();
        assert!(predicate.contains(why), "{seen:#?}");
        assert!(!snapshot.contains(path), "{seen:#?}");
    }
    snapshot
}

/// A good submission as a zip archive, to be spoilt.
fn good_zip() -> Zip {
    GOOD.into_iter()
        .fold(Zip::default(), |zip, (name, data)| zip.file(name, data))
}

/// A good submission as a tar archive, to be spoilt.
fn good_tar() -> TarBall {
    GOOD.into_iter()
        .fold(TarBall::default(), |tar, (name, data)| tar.file(name, data))
}
