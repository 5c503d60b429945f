//! The folders of one end-to-end test: its own temporary folder, submissions, and a copy of the course.

use std::{
    fs,
    path::{Path, PathBuf},
};

use assert_cmd::Command;
use tempfile::TempDir;

use super::{
    command::{grade, in_known_environment},
    course,
    files::{copy_tree, names},
    private_cache, program,
};

/// Drops every right that a superuser has beyond those of the owner of a file. Root without them is an
/// ordinary user, who can still use the toolchain in its home.
const ORDINARY: [&str; 3] = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"];

/// Folders for one test, gone afterwards.
pub(crate) struct Workspace {
    root: TempDir,
    /// A cache of its own, with the compiled crates that all tests share.
    pub(crate) cache: PathBuf,
}

impl Workspace {
    pub(crate) fn new() -> Self {
        // In memory where there is some: a grading makes a thousand files.
        let memory = Path::new("/dev/shm");
        let root = if memory.is_dir() {
            TempDir::new_in(memory)
        } else {
            TempDir::new()
        };
        let workspace = Self {
            root: root.expect("a folder for the test"),
            cache: private_cache(),
        };
        fs::create_dir(workspace.temp()).unwrap();
        workspace
    }

    /// A path in the workspace.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// The place for the program's temporary folders.
    pub(crate) fn temp(&self) -> PathBuf {
        self.path("temp")
    }

    /// The program, with its temporary folders in [`Self::temp`].
    pub(crate) fn grade(&self) -> Command {
        self.with(grade())
    }

    /// The program for a user whom permissions restrict, also if the tests run as root.
    pub(crate) fn grade_as_ordinary_user(&self) -> Command {
        if !rustix::process::geteuid().is_root() {
            return self.grade();
        }
        let mut prefix: Vec<String> = ORDINARY.map(str::to_owned).into();
        prefix.push("--".into());
        self.grade_behind(&prefix)
    }

    /// The program as the last part of another command.
    pub(crate) fn grade_behind(&self, prefix: &[String]) -> Command {
        let mut command = Command::new(&prefix[0]);
        command.args(&prefix[1..]).arg(program());
        self.with(in_known_environment(command))
    }

    fn with(&self, mut command: Command) -> Command {
        command
            .env("GRADE_TEMP_DIR", self.temp())
            .env("GRADE_CACHE_DIR", &self.cache);
        command
    }

    /// A copy of the course: what is asked, its lock file, the starter and the reference.
    pub(crate) fn course(&self) -> CourseCopy {
        CourseCopy::make(self.path("course"))
    }

    /// A submission made for this test.
    pub(crate) fn submission(&self, name: &str, manifest_rest: &str, main: &str) -> PathBuf {
        let folder = self.path(name);
        fs::create_dir_all(folder.join("src")).unwrap();
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n{manifest_rest}"
        );
        fs::write(folder.join("Cargo.toml"), manifest).unwrap();
        fs::write(folder.join("src/main.rs"), main).unwrap();
        folder
    }

    /// Nothing of ours is left in the place for temporary folders.
    #[track_caller]
    pub(crate) fn assert_nothing_left(&self) {
        assert_eq!(
            names(&self.temp()),
            [] as [&str; 0],
            "left in the temporary folder"
        );
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        // Programs and the compiler's notes have some megabytes for each test.
        let _ = fs_scratch::remove_tree(&self.cache);
    }
}

/// A grading of `folder` that fails on our side: the copy would lie inside of what is copied.
pub(crate) fn not_graded(workspace: &Workspace, folder: &Path) -> Command {
    let temp = folder.join("temp");
    fs::create_dir(&temp).unwrap();
    let mut command = workspace.grade();
    command
        .args(["sum-of-products", "--seed", "0", "--temp-dir"])
        .arg(temp)
        .arg(folder);
    command
}

/// A copy of the course with one of its exercises, to be spoiled.
pub(crate) struct CourseCopy {
    pub(crate) root: PathBuf,
}

impl CourseCopy {
    pub(crate) const EXERCISE: &str = "exercises/sum-of-products/exercise.toml";
    pub(crate) const REFERENCE: &str = "reference/sum-of-products/src/main.rs";

    /// Copy the course into a folder that is not there yet.
    pub(crate) fn make(root: PathBuf) -> Self {
        let parts = [
            "grader.toml",
            "grader.lock",
            "exercises/sum-of-products",
            "reference/sum-of-products",
        ];
        for part in parts {
            copy_tree(&course().join(part), &root.join(part));
        }
        Self { root }
    }

    /// Replace the one occurrence of `from` in a file.
    #[track_caller]
    pub(crate) fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.root.join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(
            text.contains(from),
            "{file} has no {from:?}: the test is out of date"
        );
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        let path = self.root.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}
