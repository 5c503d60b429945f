//! What the end-to-end tests share: paths, the program in known surroundings, records, folders, one lock.
//!
//! Hides where compiled crates are kept and which build of the program is tested. Never changes this
//! process (its environment, its folder, its signals): all tests run in it side by side.

pub(crate) mod command;
pub(crate) mod files;
pub(crate) mod processors;
pub(crate) mod record;
pub(crate) mod workspace;

use std::path::{Path, PathBuf};

/// The project's folder, which is a course.
pub(crate) fn course() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A submission of the corpus.
pub(crate) fn submission(name: &str) -> PathBuf {
    let path = course().join("tests/submissions").join(name);
    assert!(path.is_dir(), "the corpus has no `{name}`");
    path
}

/// The cache that all tests share, so that the course's crates are compiled once.
pub(crate) fn cache() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("grade-cache")
}

/// The program under test: the one that `GRADE_UNDER_TEST` names, or the one that cargo built for the tests.
pub(crate) fn program() -> PathBuf {
    std::env::var_os("GRADE_UNDER_TEST")
        .map_or_else(|| env!("CARGO_BIN_EXE_grade").into(), PathBuf::from)
}

/// The folder of the toolchain that submissions are compiled with.
#[expect(clippy::disallowed_methods, reason = "the tests' own compiler")]
pub(crate) fn sysroot() -> PathBuf {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = std::process::Command::new(rustc)
        .args(["--print", "sysroot"])
        .output()
        .expect("rustc starts");
    let path = String::from_utf8(output.stdout).expect("its answer is a path");
    PathBuf::from(path.trim_end())
}
