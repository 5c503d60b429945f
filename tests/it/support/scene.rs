//! A place for one end-to-end test: folders of its own, a course that may be spoiled, and what was said.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Output,
};

use assert_cmd::Command;
use tempfile::TempDir;

use super::{course, grade, shown};

/// Drops every right that a superuser has beyond those of the owner of a file. Root without them is an
/// ordinary user, who can still use the toolchain in its home.
const ORDINARY: [&str; 3] = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"];

/// Folders for one test, gone afterwards.
pub struct Scene {
    root: TempDir,
}

impl Scene {
    pub fn new() -> Self {
        // In memory where there is some: a grading makes a thousand files.
        let memory = Path::new("/dev/shm");
        let root = if memory.is_dir() {
            TempDir::new_in(memory)
        } else {
            TempDir::new()
        };
        let scene = Self {
            root: root.expect("a folder for the test"),
        };
        fs::create_dir(scene.temp()).unwrap();
        scene
    }

    /// A path in the scene.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// The place for the program's temporary folders.
    pub fn temp(&self) -> PathBuf {
        self.path("temp")
    }

    /// The program, with its temporary folders in [`Self::temp`].
    pub fn grade(&self) -> Command {
        self.with(grade())
    }

    /// The program for somebody whom permissions stop, who may be root only by name.
    pub fn grade_as_ordinary_user(&self) -> Command {
        if !rustix::process::geteuid().is_root() {
            return self.grade();
        }
        let mut prefix: Vec<String> = ORDINARY.map(str::to_owned).into();
        prefix.push("--".into());
        self.grade_behind(&prefix)
    }

    /// The program as the last part of another command.
    pub fn grade_behind(&self, prefix: &[String]) -> Command {
        let mut command = Command::new(&prefix[0]);
        command.args(&prefix[1..]).arg(env!("CARGO_BIN_EXE_grade"));
        self.with(super::in_known_surroundings(command))
    }

    fn with(&self, mut command: Command) -> Command {
        command.env("GRADE_TEMP_DIR", self.temp());
        command
    }

    /// A copy of the course: what is asked, its lock file, the starter and the reference.
    pub fn course(&self) -> CourseCopy {
        let copy = CourseCopy {
            root: self.path("course"),
        };
        for part in ["grader.toml", "grader.lock", "exercises", "reference"] {
            copy_tree(&course().join(part), &copy.root.join(part));
        }
        copy
    }

    /// A submission made for this test.
    pub fn submission(&self, name: &str, manifest_rest: &str, main: &str) -> PathBuf {
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
    pub fn assert_nothing_left(&self) {
        assert_eq!(
            names(&self.temp()),
            [] as [&str; 0],
            "left in the temporary folder"
        );
    }
}

/// A grading of `folder` that fails on our side: the copy would lie inside of what is copied.
pub fn not_graded(scene: &Scene, folder: &Path) -> Command {
    let temp = folder.join("temp");
    fs::create_dir(&temp).unwrap();
    let mut command = scene.grade();
    command
        .args(["sum-of-products", "--seed", "0", "--temp-dir"])
        .arg(temp)
        .arg(folder);
    command
}

/// A copy of the course, to be spoiled.
pub struct CourseCopy {
    pub root: PathBuf,
}

impl CourseCopy {
    pub const EXERCISE: &str = "exercises/sum-of-products/exercise.toml";
    pub const REFERENCE: &str = "reference/sum-of-products/src/main.rs";

    /// Replace the one occurrence of `from` in a file.
    #[track_caller]
    pub fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.root.join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(
            text.contains(from),
            "{file} has no {from:?}: the test is out of date"
        );
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
    }

    pub fn write(&self, file: &str, text: &str) {
        let path = self.root.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// How a command ended and what it said.
pub struct Said {
    output: Output,
    pub stdout: String,
    pub stderr: String,
}

/// Run a command to its end.
#[track_caller]
pub fn run(command: &mut Command) -> Said {
    let output = command.output().unwrap_or_else(|error| {
        panic!("{command:?} does not start ({error}); the tests need util-linux and a POSIX shell")
    });
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Said {
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
        output,
    }
}

impl Said {
    /// Expect an exit code.
    #[track_caller]
    pub fn code(self, code: i32) -> Self {
        assert_eq!(self.output.status.code(), Some(code), "{}", self.shown());
        self
    }

    /// Expect an exit code, an error with these words in it, and no report.
    #[track_caller]
    pub fn refuses(self, code: i32, words: &[&str]) -> Self {
        let said = self.code(code).complains(words);
        assert_eq!(said.stdout, "", "{}", said.shown());
        said
    }

    /// Expect these words on standard error, and a hint; and no panic of the program.
    #[track_caller]
    pub fn complains(self, words: &[&str]) -> Self {
        let plain = unwrapped(&self.stderr);
        assert!(plain.contains("error: "), "{}", self.shown());
        for word in words.iter().chain(&["hint: "]) {
            assert!(
                plain.contains(word),
                "it does not say {word:?}: {}",
                self.shown()
            );
        }
        assert!(!plain.contains("a mistake in grade"), "{}", self.shown());
        self
    }

    /// Expect these words in the report, however it is wrapped.
    #[track_caller]
    pub fn reports(self, words: &[&str]) -> Self {
        let plain = unwrapped(&self.stdout);
        for word in words {
            assert!(
                plain.contains(word),
                "it does not report {word:?}: {}",
                self.shown()
            );
        }
        self
    }

    /// The report as a record, which fits its schema.
    #[track_caller]
    pub fn record(&self) -> serde_json::Value {
        let record = serde_json::from_str(&self.stdout);
        super::fitting(record.unwrap_or_else(|_| panic!("{}", self.shown())))
    }

    pub fn shown(&self) -> String {
        shown(&self.output)
    }
}

/// Text with every run of white space as one space.
fn unwrapped(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The names in a folder, sorted.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// Copy a file, or a folder and all in it but what cargo makes.
pub fn copy_tree(from: &Path, to: &Path) {
    if from.is_file() {
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from, to).unwrap();
        return;
    }
    fs::create_dir_all(to).unwrap();
    for name in names(from) {
        if name != "target" {
            copy_tree(&from.join(&name), &to.join(&name));
        }
    }
}

/// A folder that nobody may use, until this is dropped, so that it can be removed.
pub struct Locked(PathBuf);

impl Locked {
    pub fn new(folder: &Path, mode: u32) -> Self {
        fs::set_permissions(folder, fs::Permissions::from_mode(mode)).unwrap();
        Self(folder.to_path_buf())
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        let _ = fs::set_permissions(&self.0, fs::Permissions::from_mode(0o755));
    }
}
