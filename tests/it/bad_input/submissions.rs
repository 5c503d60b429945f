//! What a person types, and submissions that are none.

use std::{fs, path::Path};

use crate::support::{
    command::run,
    course,
    files::{Locked, names},
    submission,
    workspace::Workspace,
};

/// Run with these arguments, which must be refused before anything is built.
#[track_caller]
fn refuses(arguments: &[&str], words: &[&str]) {
    let workspace = Workspace::new();
    run(workspace.grade().args(arguments)).refuses(2, words);
    workspace.assert_nothing_left();
}

#[test]
fn a_misspelt_exercise_is_answered_with_the_nearest_name() {
    refuses(
        &["sum-of-product"],
        &[
            "found no exercise `sum-of-product`",
            "did you mean `sum-of-products`?",
        ],
    );
    refuses(&["sum_of_prodcuts"], &["did you mean `sum-of-products`?"]);
}

#[test]
fn an_unknown_exercise_is_answered_with_all_names() {
    refuses(
        &["x"],
        &[
            "found no exercise `x`",
            "this course has `as-completed`, ",
            "`sum-of-products`, `two-tasks`",
        ],
    );
    refuses(
        &["data", "x", "nowhere"],
        &[
            "found no exercise `x`",
            "this course has `as-completed`, ",
            "`sum-of-products`, `two-tasks`",
        ],
    );
    refuses(&["\u{1b}[2J"], &["found no exercise `\\u{1b}[2J`"]);
    assert!(!course().join("nowhere").exists());
}

#[test]
fn a_missing_exercise_is_answered_with_what_to_type() {
    refuses(
        &[],
        &[
            "no exercise was named",
            "one of: as-completed, ",
            "sum-of-products, two-tasks; or",
            "grade --help",
        ],
    );
}

#[test]
fn global_flags_may_stand_before_a_command() {
    let workspace = Workspace::new();
    run(workspace
        .grade()
        .args(["--color", "never", "completions", "bash"]))
    .code(0);
    refuses(
        &["--seed", "3", "check-exercises"],
        &["after arguments for grading", "put the command first"],
    );
    refuses(
        &["sum-of-products", "man"],
        &["after arguments for grading", "`./NAME`"],
    );
}

#[test]
fn the_error_for_a_submission_called_like_a_command_shows_how_to_write_it() {
    for name in ["data", "batch", "report", "doctor"] {
        refuses(
            &["sum-of-products", name],
            &["after arguments for grading", "is written `./NAME`"],
        );
    }
}

#[test]
fn a_missing_path_and_a_file_are_no_submission() {
    refuses(
        &["sum-of-products", "no/such/place"],
        &[
            "failed to find the submission",
            "no/such/place",
            "No such file",
            "holds Cargo.toml",
        ],
    );
    refuses(
        &["sum-of-products", "reference/sum-of-products/src/main.rs"],
        &["src/main.rs", "it is not a folder", "holds Cargo.toml"],
    );
}

#[test]
fn an_invalid_seed_is_answered_with_the_range() {
    for (seed, why) in [
        (
            "18446744073709551616",
            "it is above 18446744073709551615, the largest seed",
        ),
        ("-1", "whole number from 0 to 18446744073709551615"),
        ("seven", "whole number from 0 to 18446744073709551615"),
        ("", "whole number from 0 to 18446744073709551615"),
        ("1.5", "whole number from 0 to 18446744073709551615"),
    ] {
        for arguments in [
            &["sum-of-products"][..],
            &["data", "sum-of-products", "nowhere"],
        ] {
            let workspace = Workspace::new();
            let output = run(workspace
                .grade()
                .args(arguments)
                .arg(format!("--seed={seed}")))
            .code(2);
            assert!(output.stderr.contains(why), "{seed}: {}", output.shown());
            assert!(output.stderr.contains("--seed"), "{}", output.shown());
            workspace.assert_nothing_left();
        }
        // As users type it: a negative number looks like a flag.
        let output = run(Workspace::new()
            .grade()
            .args(["sum-of-products", "--seed", seed]))
        .code(2);
        assert!(output.stderr.contains(why), "{seed}: {}", output.shown());
    }
    assert!(!course().join("nowhere").exists());
}

/// A submission that is refused: a failed check with its place and what to try, and not a fault.
#[track_caller]
fn refused(folder: &Path, words: &[&str]) {
    let workspace = Workspace::new();
    let command = &mut workspace.grade();
    command.args(["sum-of-products", "--seed", "0"]).arg(folder);
    run(command)
        .code(1)
        .reports(&["FAIL build", "skip total", "place", "try"])
        .reports(words);
    workspace.assert_nothing_left();
}

#[test]
fn a_folder_without_a_manifest_is_refused() {
    let words = ["not accepted: there is no `Cargo.toml`"];
    refused(&submission("no-manifest"), &words);
}

#[test]
fn several_programs_or_none_are_refused() {
    refused(
        &submission("two-binaries"),
        &[
            "place Cargo.toml",
            "has 2 programs",
            "`src/bin/other.rs`",
            "`default-run",
        ],
    );
    refused(
        &submission("library-only"),
        &[
            "place Cargo.toml",
            "a library without a program",
            "into `src/main.rs`",
        ],
    );
}

#[test]
fn crates_of_which_none_is_meant_are_refused_and_named() {
    let workspace = Workspace::new();
    workspace.submission("both/one", "", "fn main() {}");
    workspace.submission("both/two", "", "fn main() {}");
    refused(
        &workspace.path("both"),
        &["there are 2 crates, in `one`, `two`", "exercise's name"],
    );
}

#[test]
fn a_newer_version_of_the_same_series_is_replaced_and_told() {
    let workspace = Workspace::new();
    let folder = workspace.submission(
        "newer",
        "[dependencies]\nrayon = \"1.999\"\n",
        "use rayon as _;\nfn main() {}",
    );
    let command = &mut workspace.grade();
    command.args(["sum-of-products", "--seed", "0"]).arg(folder);
    run(command).code(1).reports(&[
        "pass build",
        "it compiles; `rayon` is 1.",
        "instead of `1.999`",
    ]);
}

#[test]
fn a_manifest_with_a_mistake_is_refused_at_its_line() {
    refused(&submission("broken-manifest"), &["place Cargo.toml:"]);
}

#[test]
fn an_unreadable_folder_is_named_before_the_grading() {
    let workspace = Workspace::new();
    let folder = workspace.submission("closed", "", "fn main() {}");
    let locked = Locked::new(&folder, 0o000);
    let command = &mut workspace.grade_as_ordinary_user();
    command
        .args(["sum-of-products", "--seed", "0"])
        .arg(&folder);
    // Before the reference runs: there is no report.
    let words = [
        "failed to open the submission",
        "closed`",
        "Permission denied",
        "make it readable: `chmod u+rx`",
    ];
    run(command).refuses(2, &words);
    drop(locked);
    // Readable, but not to be searched.
    let locked = Locked::new(&folder, 0o400);
    let command = &mut workspace.grade_as_ordinary_user();
    command
        .args(["sum-of-products", "--seed", "0"])
        .arg(&folder);
    run(command).refuses(2, &words);
    drop(locked);
    workspace.assert_nothing_left();
}

#[test]
fn an_unreadable_file_fails_with_a_hint_for_the_student() {
    let workspace = Workspace::new();
    let folder = workspace.submission("closed-file", "", "fn main() {}");
    let locked = Locked::new(&folder.join("src/main.rs"), 0o000);
    let command = &mut workspace.grade_as_ordinary_user();
    command
        .args(["sum-of-products", "--seed", "0"])
        .arg(&folder);
    run(command).code(1).reports(&[
        "FAIL build",
        "not accepted: `src/main.rs` cannot be read: permission denied",
        "try make it readable",
    ]);
    drop(locked);
    workspace.assert_nothing_left();
}

#[test]
#[expect(clippy::print_stderr, reason = "a test that is left out is reported")]
fn a_file_that_only_another_user_may_read_is_not_graded() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("left out: only root can make a file that is another user's");
        return;
    }
    let workspace = Workspace::new();
    let folder = workspace.submission("foreign-file", "", "fn main() {}");
    let locked = Locked::new(&folder.join("src/main.rs"), 0o600);
    std::os::unix::fs::chown(folder.join("src/main.rs"), Some(12345), None).unwrap();
    let command = &mut workspace.grade_as_ordinary_user();
    command
        .args(["sum-of-products", "--seed", "0"])
        .arg(&folder);
    run(command).code(2).reports(&[
        "NOT GRADED",
        "no points were given or taken",
        "`src/main.rs` cannot be opened",
        "try make all of it readable for the user who grades",
    ]);
    drop(locked);
    workspace.assert_nothing_left();
}

#[test]
fn in_a_class_a_folder_that_cannot_be_entered_concerns_its_student_alone() {
    let workspace = Workspace::new();
    let class = workspace.path("class");
    for name in ["alice", "mallory"] {
        let folder = workspace.submission(name, "", "fn main() {}");
        fs::create_dir_all(&class).unwrap();
        fs::rename(folder, class.join(name)).unwrap();
    }
    // Its names may be read, and nothing behind them: an archive made it without `x`.
    let locked = Locked::new(&class.join("mallory"), 0o644);
    let command = &mut workspace.grade_as_ordinary_user();
    command
        .args(["batch", "sum-of-products", "--seed", "0", "--out"])
        .arg(workspace.path("out"))
        .arg(&class);
    run(command).code(3).reports(&[
        "2 submissions, 1 did not pass, 1 not graded",
        "mallory: failed to read submission",
        "class/mallory`: Permission denied",
    ]);
    drop(locked);
    workspace.assert_nothing_left();
}

#[test]
fn the_exercise_inside_a_checkout_of_the_course_is_graded() {
    let workspace = Workspace::new();
    let checkout = workspace.course();
    checkout.write("Cargo.toml", "[workspace]\nmembers = [\"exercises/*\"]\n");
    let command = &mut workspace.grade();
    command
        .args(["sum-of-products", "--seed", "0"])
        .arg(&checkout.root);
    run(command)
        .code(1)
        .reports(&["by course", "pass build", "FAIL total"]);
    workspace.assert_nothing_left();
}

#[test]
fn a_submission_is_never_written_to() {
    let workspace = Workspace::new();
    let folder = workspace.submission("untouched", "", "fn main() { println!(\"1\") }");
    let before = fs::metadata(&folder).unwrap().modified().unwrap();
    run(workspace
        .grade()
        .args(["sum-of-products", "--seed", "0"])
        .arg(&folder))
    .code(1);
    assert_eq!(fs::metadata(&folder).unwrap().modified().unwrap(), before);
    assert_eq!(names(&folder), ["Cargo.toml", "src"]);
}
