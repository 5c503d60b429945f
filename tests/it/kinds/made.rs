//! A course of one exercise, made for one test. It allows no crates, so nothing has to be compiled beforehand.

use std::{fs, path::PathBuf};

use serde_json::Value;

use crate::support::{record::record_of, workspace::Workspace};

/// The start of every `exercise.toml` here; the seeds are 0 and 5.
pub(super) const START: &str = "format-version = 1\ntitle = \"Made\"\nsummary = \"Made for a test.\"\n\
                                [seeds]\nfixed = [\"0\", \"5\"]\nfresh = 0\n";

/// A course with the exercise `made`.
pub(super) struct Made {
    pub(super) workspace: Workspace,
    pub(super) root: PathBuf,
}

impl Made {
    /// `points` for each check, in their order; `rest` of `exercise.toml`; the reference, which is the starter as well.
    pub(super) fn new(checks: &[&str], rest: &str, reference: &str) -> Self {
        let workspace = Workspace::new();
        let root = workspace.path("course");
        let made = Self { workspace, root };
        let listed = checks
            .iter()
            .map(|id| format!("[[checks]]\nid = \"{id}\"\npoints = 1\n"));
        let listed: String = listed.collect();
        let points = checks.len();
        made.write("grader.toml", "format-version = 1\n");
        made.write(
            "exercises/made/exercise.toml",
            &format!("points = {points}\n{START}{rest}\n{listed}"),
        );
        made.package("exercises/made", reference);
        made.package("reference/made", reference);
        made
    }

    pub(super) fn write(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// A crate called `made` in a folder of the course.
    pub(super) fn package(&self, folder: &str, main: &str) {
        let manifest = "[package]\nname = \"made\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
        self.write(&format!("{folder}/Cargo.toml"), manifest);
        self.write(&format!("{folder}/src/main.rs"), main);
    }

    /// The record of a submission with this program.
    #[track_caller]
    pub(super) fn graded(&self, name: &str, main: &str) -> Value {
        self.package(name, main);
        let mut command = self.workspace.grade();
        command.arg("--course").arg(&self.root).arg("made");
        record_of(command.arg(self.root.join(name)))
    }

    /// A command on the course.
    pub(super) fn grade(&self, arguments: &[&str]) -> assert_cmd::Command {
        let mut command = self.workspace.grade();
        command.arg("--course").arg(&self.root).args(arguments);
        command
    }
}

/// The check of a record with this id.
#[track_caller]
pub(super) fn check<'a>(record: &'a Value, id: &str) -> &'a Value {
    let checks = record["checks"].as_array();
    let mut checks = checks.unwrap_or_else(|| panic!("{record:#}")).iter();
    checks
        .find(|check| check["id"] == id)
        .unwrap_or_else(|| panic!("no check {id}: {record:#}"))
}
