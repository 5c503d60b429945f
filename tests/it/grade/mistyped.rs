//! Commands that are nearly right, and the messages about them.

use std::fs;

use crate::support::{command::run, workspace::Workspace};

const COMMANDS: [&str; 7] = [
    "batch",
    "report",
    "data",
    "check-exercises",
    "doctor",
    "completions",
    "man",
];

#[test]
fn help_is_given_for_every_command() {
    let workspace = Workspace::new();
    run(workspace.grade().arg("help"))
        .code(0)
        .reports(&["Commands:"]);
    for command in COMMANDS {
        run(workspace.grade().args(["help", command]))
            .code(0)
            .reports(&[&format!("Usage: grade {command}")]);
    }
    run(workspace.grade().args(["sum-of-products", "batch"]))
        .refuses(2, &["a command was named after arguments for grading"]);
}

#[test]
fn a_misspelt_command_is_corrected_whatever_follows() {
    let workspace = Workspace::new();
    for (typed, meant) in [
        (&["doctr"][..], "doctor"),
        (&["check-exercise"], "check-exercises"),
        (&["bacth", "sum-of-products", "class"], "batch"),
        (
            &["bacth", "sum-of-products", "class", "--jobs", "2"],
            "batch",
        ),
        (
            &["--color", "never", "bacth", "sum-of-products", "x"],
            "batch",
        ),
        (&["reprot", "class-grades"], "report"),
        (&["halp"], "help"),
    ] {
        let words = [
            "found neither an exercise nor a command",
            &format!("did you mean `grade {meant}`?"),
        ];
        run(workspace.grade().args(typed)).refuses(2, &words);
    }
    run(workspace.grade().arg("sum-of-product"))
        .refuses(2, &["found no exercise", "did you mean `sum-of-products`?"]);
}

#[test]
fn a_second_path_is_refused() {
    let workspace = Workspace::new();
    run(workspace.grade().args(["sum-of-products", "a", "b"])).refuses(
        2,
        &[
            "failed to grade `b` as well",
            "one PATH at most",
            "`grade batch",
        ],
    );
}

#[test]
fn zero_jobs_are_refused() {
    let workspace = Workspace::new();
    let command = &mut workspace.grade();
    let output = run(command.args(["batch", "sum-of-products", "x", "--jobs", "0"])).code(2);
    assert!(output.stderr.contains("at least 1"), "{}", output.shown());
}

#[test]
fn a_folder_that_is_not_there_for_data_is_named() {
    let workspace = Workspace::new();
    let command = &mut workspace.grade();
    run(command
        .args(["data", "sum-of-products"])
        .arg(workspace.path("a/b/c")))
    .refuses(
        2,
        &[
            "failed to write data into",
            "/a/b/c`",
            "hint: make",
            "/a/b` first",
        ],
    );
    assert!(!workspace.path("a").exists());
}

#[test]
fn the_grades_of_a_class_are_not_taken_for_a_class() {
    let workspace = Workspace::new();
    fs::create_dir_all(workspace.path("class/ada")).unwrap();
    fs::create_dir_all(workspace.path("class-grades/records")).unwrap();
    fs::write(workspace.path("class-grades/batch.lock"), "").unwrap();
    let command = &mut workspace.grade();
    run(command
        .args(["batch", "sum-of-products"])
        .arg(workspace.path("class-grades")))
    .refuses(
        2,
        &[
            "failed to find submissions in",
            "it has the grades of a class",
            "/class`",
        ],
    );
    assert!(!workspace.path("class-grades-grades").exists());
    // Where the class is elsewhere, no folder is made up.
    fs::rename(workspace.path("class-grades"), workspace.path("grades")).unwrap();
    let command = &mut workspace.grade();
    run(command
        .args(["batch", "sum-of-products"])
        .arg(workspace.path("grades")))
    .refuses(2, &["it has the grades of a class", "name the folder"]);
}
