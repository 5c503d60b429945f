//! A copy of this repository's course with limits small enough that reaching them takes a moment.
//!
//! Hides where the shared cache is: in cargo's folder for tests, so that crates are compiled once.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use super::grading;
use crate::support::{files::copy_tree, sysroot};

/// The limits of the copy. What this version of the grader does not know yet is left out.
const LIMITS: &str = r#"
[limits.build]
wall = "6s"
output = "1 MiB"

[limits.run]
wall = "3s"
output = "2 MiB"
"#;

/// The same, of a grader that knows tiers.
const MORE_LIMITS: &str = r#"
[limits.build]
wall = "6s"
cpu = "12s"
memory = "2 GiB"
tasks = 256
file-size = "256 MiB"
disk = "512 MiB"
files = 5000
output = "1 MiB"

[limits.run]
wall = "3s"
cpu = "8s"
memory = "256 MiB"
tasks = 48
open-files = 1024
file-size = "16 MiB"
disk = "64 MiB"
files = 5000
output = "2 MiB"

[isolation]
batch = "none"
interactive = "none"
"#;

/// The course that everything is graded by.
#[derive(Debug)]
pub(crate) struct Course {
    folder: tempfile::TempDir,
    pub(crate) cache: PathBuf,
    /// Whether the grader can be started at a given tier.
    pub(crate) has_tiers: bool,
    /// Where the compiler is.
    pub(crate) toolchain: PathBuf,
    /// Open for whatever is started from here: a grader must not pass on what it inherits.
    _inherited: fs::File,
}

impl Course {
    pub(crate) fn make() -> Self {
        let repository = super::repository();
        let folder = tempfile::tempdir().expect("a folder for the course");
        let has_tiers = grading::knows_tiers();
        for name in ["grader.lock", "exercises", "reference"] {
            copy_tree(&repository.join(name), &folder.path().join(name));
        }
        let text = fs::read_to_string(repository.join("grader.toml")).expect("grader.toml");
        let text = without(&text, &["[limits.build]", "[limits.run]", "[isolation]"]);
        let limits = if has_tiers { MORE_LIMITS } else { LIMITS };
        fs::write(folder.path().join("grader.toml"), text + limits).expect("a grader.toml");
        let inherited = fs::File::create(folder.path().join("inherited")).expect("a file");
        rustix::io::fcntl_setfd(&inherited, rustix::io::FdFlags::empty()).expect("a flag");
        Self {
            cache: own_cache(folder.path()),
            has_tiers,
            toolchain: sysroot(),
            _inherited: inherited,
            folder,
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// A TOML text without some of its sections.
fn without(text: &str, sections: &[&str]) -> String {
    let mut kept = String::new();
    let mut keep = true;
    for line in text.lines() {
        if line.starts_with('[') {
            keep = !sections.contains(&line.trim());
        }
        if keep {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

/// Where crates are compiled once for all runs of these tests.
pub(crate) fn shared_cache() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("hostile-cache")
}

/// The shared cache, or for another user a copy of the compiled crates in it. The proof of the reference is private
/// to the user that made it.
fn own_cache(folder: &Path) -> PathBuf {
    let Some(shared) = env::var_os("GRADE_HOSTILE_CACHE") else {
        return shared_cache();
    };
    let own = folder.join("cache");
    copy_tree(&Path::new(&shared).join("layers"), &own.join("layers"));
    own
}

/// The same files at another place: other names where that can be, or else copies.
pub(crate) fn link(from: &Path, to: &Path) -> io::Result<()> {
    if !from.is_dir() {
        return fs::hard_link(from, to).or_else(|_| fs::copy(from, to).map(drop));
    }
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        link(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}
