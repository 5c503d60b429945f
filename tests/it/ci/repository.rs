//! A git repository with a course, made for one test, and the program in it.
//!
//! Never uses the configuration of the user who runs the tests.

use std::{
    fs,
    os::unix::{ffi::OsStrExt as _, fs::symlink},
    path::{Path, PathBuf},
};

use assert_cmd::Command;

use crate::support::{
    command::{Finished, run},
    files::{copy_tree, remove_tree},
    submission,
    workspace::{CourseCopy, Workspace},
};

/// The folder of ada's submission in a course with a folder for each student.
pub(crate) const ADA: &str = "students/ada/sum-of-products";

/// A repository, with the course on the branch `main`.
pub(crate) struct Repository {
    pub(crate) workspace: Workspace,
    pub(crate) root: PathBuf,
}

impl Repository {
    /// The course as it is.
    pub(crate) fn new() -> Self {
        Self::of(|root| CourseCopy::make(root).root)
    }

    /// The course that `make` writes into a folder.
    pub(crate) fn of(make: impl FnOnce(PathBuf) -> PathBuf) -> Self {
        let workspace = Workspace::new();
        let root = make(workspace.path("repository"));
        let repository = Self { workspace, root };
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository.commit("the course");
        repository
    }

    /// The course with a folder for each student. Two of them have handed in.
    pub(crate) fn of_class() -> Self {
        let repository = Self::new();
        repository.append(
            "grader.toml",
            "\n[ci]\nsubmissions = \"students/{student}/{exercise}\"\n",
        );
        repository.add(ADA, "serial");
        repository.add("students/bob/sum-of-products", "missing-semicolon");
        repository.commit("the class");
        repository
    }

    /// A command of git in the repository, for an author without a configuration.
    pub(crate) fn git_command(&self) -> Command {
        let mut command = Command::new("git");
        command
            .current_dir(&self.root)
            .env("HOME", &self.root)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .args(["-c", "user.name=Test", "-c", "user.email=test@example.org"])
            .args(["-c", "protocol.file.allow=always", "-c", "gc.auto=0"]);
        command
    }

    /// Run git; the answer without the end of the line.
    #[track_caller]
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let finished = run(self.git_command().args(arguments));
        finished.code(0).stdout.trim_end().to_owned()
    }

    /// Everything that is there, as a commit; its name.
    #[track_caller]
    pub(crate) fn commit(&self, message: &str) -> String {
        self.git(&["add", "--all", "--force"]);
        self.git(&["commit", "--quiet", "--allow-empty", "-m", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// The branch of a pull request, from `main`.
    pub(crate) fn branch(&self, name: &str) {
        self.git(&["checkout", "--quiet", "-B", name, "main"]);
    }

    /// Put a submission of the corpus into a folder, in place of what is there.
    pub(crate) fn add(&self, folder: &str, name: &str) {
        let folder = self.root.join(folder);
        let _ = remove_tree(&folder);
        copy_tree(&submission(name), &folder);
    }

    pub(crate) fn append(&self, file: &str, text: &str) {
        let path = self.root.join(file);
        let old = fs::read(&path).unwrap_or_default();
        self.write(file, &[&old[..], text.as_bytes()].concat());
    }

    pub(crate) fn write(&self, file: impl AsRef<std::ffi::OsStr>, text: &[u8]) {
        let path = self.root.join(Path::new(std::ffi::OsStr::from_bytes(
            file.as_ref().as_bytes(),
        )));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn link(&self, target: &str, name: &str) {
        let path = self.root.join(name);
        let _ = remove_tree(&path);
        let _ = fs::remove_file(&path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(target, path).unwrap();
    }

    /// The file that gets the outputs of a step.
    pub(crate) fn output_file(&self) -> PathBuf {
        self.workspace.path("github-output")
    }

    /// `grade ci` in the repository.
    pub(crate) fn ci(&self, arguments: &[&str]) -> Command {
        let _ = fs::remove_file(self.output_file());
        let mut command = self.workspace.grade();
        command
            .current_dir(&self.root)
            .env("GITHUB_OUTPUT", self.output_file())
            .env_remove("GITHUB_STEP_SUMMARY")
            .args(["ci", "--seed", "7"])
            .args(arguments);
        command
    }

    /// Grade what HEAD changes since `main`, and expect an exit code.
    #[track_caller]
    pub(crate) fn graded(&self, code: i32, arguments: &[&str]) -> Finished {
        let finished = run(self.ci(&["--base", "main"]).args(arguments));
        finished.code(code)
    }

    /// Verdict, score and most points, as the step gives them to the workflow.
    #[track_caller]
    pub(crate) fn outputs(&self) -> [String; 3] {
        let text = fs::read_to_string(self.output_file()).unwrap();
        let names = ["verdict=", "score=", "max-score="];
        let mut lines = text.lines();
        let values = names.map(|name| {
            let value = lines.next().and_then(|line| line.strip_prefix(name));
            value.unwrap_or_else(|| panic!("{text}")).to_owned()
        });
        assert_eq!(lines.next(), None, "{text}");
        values
    }
}
