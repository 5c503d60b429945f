//! A student works in the crate, and reports are written there: they are no part of what is graded.

use std::fs;

use serde_json::Value;

use crate::support::{
    command::{Finished, run},
    files::{copy_tree, remove_tree},
    submission,
    workspace::Workspace,
};

const NOTE: &str = "nothing changed since";
const ALL: &str = "human,json,jsonl,csv,html,markdown,github,junit,sarif,gradescope,exercism,\
                   github-classroom,trace";

/// A course whose exercise's folder is where the student works.
fn course(workspace: &Workspace, corpus: &str) -> std::path::PathBuf {
    let course = workspace.course().root;
    let folder = course.join("exercises/sum-of-products");
    let starter = submission(corpus);
    for part in ["src", "Cargo.toml"] {
        let path = folder.join(part);
        if path.is_dir() {
            remove_tree(&path).unwrap();
        } else {
            fs::remove_file(&path).unwrap();
        }
    }
    copy_tree(&starter.join("src"), &folder.join("src"));
    fs::copy(starter.join("Cargo.toml"), folder.join("Cargo.toml")).unwrap();
    folder
}

fn grade(workspace: &Workspace, folder: &std::path::Path, arguments: &[&str]) -> Finished {
    let mut command = workspace.grade();
    command
        .current_dir(folder)
        .args(["sum-of-products", "--format", "json"])
        .args(arguments);
    run(&mut command)
}

#[test]
fn reports_in_the_crate_are_no_part_of_what_is_graded() {
    // A report of each verdict begins in its own way.
    for corpus in [
        "mutex-around-read",
        "missing-semicolon",
        "correct-scoped-chunks",
    ] {
        let workspace = Workspace::new();
        let folder = course(&workspace, corpus);
        let first = grade(&workspace, &folder, &["--formats", "html"]);
        assert!(!first.stderr.contains(NOTE), "{}", first.shown());
        let first = first.record();
        let newest = &first["submission"]["graded"]["newest"]["path"];
        assert!(!newest.to_string().contains("report"), "{newest}");
        for arguments in [
            &["--formats", "html"][..],
            &["--formats", ALL, "--report-dir", "."],
            &["--formats", ALL, "--report-dir", "."],
            &["--formats", "html", "--report-dir", "."],
        ] {
            let again = grade(&workspace, &folder, arguments);
            assert!(
                again.stderr.contains(NOTE),
                "{arguments:?}: {}",
                again.shown()
            );
            assert_eq!(again.record(), first, "{arguments:?}");
        }
        for format in report::Format::ALL {
            assert!(folder.join(format.file_name()).is_file(), "{format}");
            fs::remove_file(folder.join(format.file_name())).unwrap();
        }
        // The folder itself, by a short name.
        let typed = grade(&workspace, &folder, &["."]).record();
        let replay = typed["replay"].as_str().unwrap();
        assert!(
            replay.starts_with("grade sum-of-products . --seed"),
            "{replay}"
        );
        for arguments in [["--report", "notes/r.md"], ["--report", "notes/r.md"]] {
            fs::create_dir_all(folder.join("notes")).unwrap();
            let again = grade(&workspace, &folder, &arguments);
            assert!(again.stderr.contains(NOTE), "{}", again.shown());
            assert_eq!(again.record(), first);
        }
    }
}

#[test]
fn a_report_replaces_no_file_of_the_submission_but_a_report() {
    let workspace = Workspace::new();
    let folder = workspace.path("mine");
    copy_tree(&submission("correct-scoped-chunks"), &folder);
    fs::write(folder.join("report.md"), "# What I did\n").unwrap();
    std::os::unix::fs::symlink("mine/src/main.rs", workspace.path("link")).unwrap();
    let archive = workspace.path("mine.zip");
    fs::write(&archive, "PK\u{3}\u{4}").unwrap();
    let source = fs::read(folder.join("src/main.rs")).unwrap();
    let typed = |arguments: &[&str], of: &str| {
        let mut command = workspace.grade();
        command
            .current_dir(workspace.path(""))
            .arg("--course")
            .arg(crate::support::course())
            .args(["sum-of-products", of])
            .args(arguments);
        run(&mut command)
    };
    for (arguments, of) in [
        (&["--report", "mine/src/main.rs"][..], "mine"),
        (&["--report", "mine/Cargo.toml"], "mine"),
        (&["--report", "link"], "mine"),
        (
            &["--formats", "html,markdown", "--report-dir", "mine"],
            "mine",
        ),
        (&["--report", "mine.zip"], "mine.zip"),
    ] {
        typed(arguments, of).refuses(2, &["failed to write the report", "that is no report"]);
    }
    assert_eq!(fs::read(folder.join("src/main.rs")).unwrap(), source);
    assert_eq!(fs::read(&archive).unwrap(), b"PK\x03\x04");
    let notes = fs::read_to_string(folder.join("report.md")).unwrap();
    assert_eq!(notes, "# What I did\n");
    assert!(!folder.join("report.html").exists());
}

/// Equal files give an equal record, whether a report lies beside them or not.
#[test]
fn a_report_that_was_handed_in_is_left_out_without_a_word() {
    let workspace = Workspace::new();
    let folder = workspace.path("mine");
    copy_tree(&submission("missing-semicolon"), &folder);
    let digest = || {
        let mut command = workspace.grade();
        command
            .args(["sum-of-products", "--format", "json"])
            .arg(&folder);
        let record = run(&mut command).record();
        assert_eq!(record["submission"]["left_out"], Value::Null, "{record:#}");
        record["submission"]["digest"].clone()
    };
    let before = digest();
    fs::create_dir(folder.join("grade-report")).unwrap();
    fs::write(folder.join("grade-report/report.html"), "<!DOCTYPE html>").unwrap();
    fs::write(folder.join(".grade-report-x1"), "").unwrap();
    assert_eq!(digest(), before);
}
