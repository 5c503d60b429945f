//! What the end-to-end tests share: paths, the program in known surroundings, records, folders, one lock.
//!
//! Hides where compiled crates are kept and which build of the program is tested. Never changes this
//! process (its environment, its folder, its signals): all tests run in it side by side.

pub(crate) mod command;
pub(crate) mod files;
pub(crate) mod measured;
pub(crate) mod processors;
pub(crate) mod record;
pub(crate) mod small_course;
pub(crate) mod workspace;

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

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

/// What of the shared cache a private one has. The rest is what the program remembers of gradings.
const SHARED: [&str; 3] = ["layers", "references", "toolchains"];

/// A new cache for one command, with the compiled crates of the shared one: no test is answered from what another
/// test, or an earlier run of the tests, has graded.
pub(crate) fn private_cache() -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let folder = FOLDER.get_or_init(|| of_this_process("private-caches"));
    let cache = folder.join(NUMBER.fetch_add(1, Ordering::Relaxed).to_string());
    fs::create_dir_all(&cache).unwrap();
    for name in SHARED {
        let shared = self::cache().join(name);
        fs::create_dir_all(&shared).unwrap();
        symlink(shared, cache.join(name)).unwrap();
    }
    cache
}

/// The name of a folder of this test program alone, below the folder `kind`. It is not made. Those of test
/// programs that have ended are removed.
pub(crate) fn of_this_process(kind: &str) -> PathBuf {
    let all = Path::new(env!("CARGO_TARGET_TMPDIR")).join(kind);
    fs::create_dir_all(&all).unwrap();
    for found in fs::read_dir(&all).unwrap().flatten() {
        let name = found.file_name().into_string().unwrap_or_default();
        if !Path::new("/proc").join(name).exists() {
            let _ = fs_scratch::remove_tree(&found.path());
        }
    }
    all.join(std::process::id().to_string())
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
