//! Workflow commands, read as the runner of GitHub Actions reads a log, and the summary of a job.

use std::fs;

use super::paths::{GRADED, POINTS};
use crate::support::{
    command::run,
    files::copy_tree,
    submission,
    workspace::{Workspace, not_graded},
};

/// One command of a log.
#[derive(Debug, PartialEq)]
pub(super) struct Command {
    pub(super) kind: String,
    pub(super) properties: Vec<(String, String)>,
    pub(super) message: String,
}

impl Command {
    pub(super) fn property(&self, name: &str) -> Option<&str> {
        let found = self.properties.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// Read a log: what begins with two colons is a command, blanks before it or not. Also what the runner still takes
/// from older workflows: `##[command]`, anywhere in a line.
#[track_caller]
pub(super) fn read(log: &str) -> Vec<Command> {
    assert!(!log.contains("##["), "{log}");
    let lines = log.lines().map(|line| {
        let rest = line.trim_start().strip_prefix("::");
        let (head, message) = rest
            .and_then(|rest| rest.split_once("::"))
            .unwrap_or_else(|| panic!("no command: {line}"));
        let (kind, properties) = head.split_once(' ').unwrap_or((head, ""));
        let properties = properties.split(',').filter(|one| !one.is_empty());
        let properties = properties.map(|one| {
            let (name, value) = one.split_once('=').unwrap();
            (name.to_owned(), unescaped(value))
        });
        Command {
            kind: kind.to_owned(),
            properties: properties.collect(),
            message: unescaped(message),
        }
    });
    lines.collect()
}

fn unescaped(text: &str) -> String {
    let mut text = text.to_owned();
    for (code, sign) in [
        ("%0D", "\r"),
        ("%0A", "\n"),
        ("%3A", ":"),
        ("%2C", ","),
        ("%25", "%"),
    ] {
        text = text.replace(code, sign);
    }
    text
}

#[test]
fn a_class_has_an_annotation_for_each_that_did_not_pass() {
    let commands = read(&GRADED.class("github"));
    let kinds = |kind: &str| commands.iter().filter(|one| one.kind == kind).count();
    assert_eq!(
        (kinds("error"), kinds("warning"), kinds("notice")),
        (5, 1, 1)
    );
    assert_eq!(commands.len(), 7, "{commands:#?}");
    let warning = commands.iter().find(|one| one.kind == "warning").unwrap();
    assert_eq!(
        warning.property("title"),
        Some("sum-of-products: not-graded")
    );
    assert!(warning.message.contains("no zero"), "{warning:?}");
    let end = &commands.last().unwrap().message;
    assert_eq!(end, "7 submissions: 1 passed, 5 did not pass, 1 not graded");
}

#[test]
fn every_ending_says_its_points() {
    for (id, points) in POINTS {
        let commands = read(&GRADED.one(id, "github"));
        let end = &commands.last().unwrap().message;
        match points {
            None => {
                assert_eq!(end, "not graded: no points were given or taken");
                assert_eq!(commands[0].kind, "warning");
            }
            Some(points) => {
                let words = format!(": {points} of 10 points");
                assert!(end.ends_with(&words), "{end}");
                assert_eq!(points == 10, commands.len() == 1, "{commands:#?}");
            }
        }
        // The folder of a class is not known to be in a repository.
        assert!(commands.iter().all(|one| one.property("file").is_none()));
    }
}

#[test]
fn an_annotation_stands_at_the_line_of_the_student() {
    let workspace = Workspace::new();
    let root = workspace.path("repository");
    let summary = workspace.path("summary.md");
    fs::write(&summary, "of another command\n").unwrap();
    for (name, check, place) in [
        ("missing-semicolon", "build", ("src/main.rs", Some("6"))),
        ("panics", "run", ("src/main.rs", Some("23"))),
        ("crate-not-allowed", "build", ("Cargo.toml", None)),
    ] {
        let folder = root.join("hw").join(name);
        copy_tree(&submission(name), &folder);
        let command = &mut workspace.grade();
        command
            .args(["sum-of-products", "--seed", "0", "--format", "github"])
            .arg(&folder)
            .env("GITHUB_WORKSPACE", &root)
            .env("GITHUB_STEP_SUMMARY", &summary);
        let commands = read(&run(command).code(1).stdout);
        let first = &commands[0];
        let title = format!("sum-of-products: {check}");
        assert_eq!(first.property("title"), Some(title.as_str()));
        let (file, line) = place;
        let file = format!("hw/{name}/{file}");
        assert_eq!(first.property("file"), Some(file.as_str()), "{first:#?}");
        if line.is_some() {
            assert_eq!(first.property("line"), line, "{first:#?}");
        }
        let summary = fs::read_to_string(&summary).unwrap();
        assert!(summary.starts_with("of another command\n\n# "), "{summary}");
        let title = format!("\n# sum-of-products by {name}: did not pass\n");
        assert!(summary.contains(&title), "{summary}");
    }
}

#[test]
fn the_summary_is_written_for_classes_and_for_what_was_not_graded() {
    let workspace = Workspace::new();
    let summary = workspace.path("summary.md");
    let folder = workspace.submission("alone", "", "fn main() {}");
    let command = &mut not_graded(&workspace, &folder);
    command.args(["--format", "github"]);
    run(command.env("GITHUB_STEP_SUMMARY", &summary)).code(2);
    let command = &mut workspace.grade();
    command
        .args(["report", "--format", "github"])
        .arg(&GRADED.out);
    run(command.env("GITHUB_STEP_SUMMARY", &summary)).code(0);
    let text = fs::read_to_string(&summary).unwrap();
    assert!(
        text.contains("# sum-of-products by alone: not graded\n"),
        "{text}"
    );
    assert!(
        text.contains("\n# sum-of-products: 7 submissions\n"),
        "{text}"
    );

    // A summary that cannot be written is reported before anything is graded, and other formats need none.
    let command = &mut workspace.grade();
    command
        .args(["report", "--format", "github"])
        .arg(&GRADED.out);
    let nowhere = workspace.path("missing/summary.md");
    run(command.env("GITHUB_STEP_SUMMARY", &nowhere)).refuses(2, &["summary of the job"]);
    let command = &mut workspace.grade();
    command.args(["report", "--format", "csv"]).arg(&GRADED.out);
    run(command.env("GITHUB_STEP_SUMMARY", &nowhere)).code(0);
}
