//! What cannot be graded says why, where, and what to do; and nothing of it is a student's failure.

use std::fs;

use super::repository::{ADA, Repository};
use crate::support::command::run;

#[test]
fn a_clone_without_the_history_is_told_what_to_fetch() {
    let repository = Repository::of_class();
    let base = repository.git(&["rev-parse", "HEAD"]);
    repository.branch("ada");
    repository.append(&format!("{ADA}/src/main.rs"), "// changed\n");
    repository.commit("ada");
    let clone = repository.workspace.path("clone");
    let from = format!("file://{}", repository.root.display());
    let command = &mut repository.git_command();
    let shallow = ["clone", "--quiet", "--depth=1", "--branch=ada", &from];
    run(command.args(shallow).arg(&clone)).code(0);
    for name in [base.as_str(), "main"] {
        let command = &mut repository.ci(&["--base", name]);
        let words = [
            "found no commit",
            "a part of the history only",
            "`fetch-depth: 0`",
        ];
        run(command.current_dir(&clone)).refuses(2, &words);
        assert_eq!(repository.outputs(), ["not-graded", "", ""]);
    }
    // Both commits, and nothing between them.
    let fetch = ["fetch", "--quiet", "--depth=1", "origin", "main"];
    run(repository.git_command().current_dir(&clone).args(fetch)).code(0);
    let command = &mut repository.ci(&["--base", "FETCH_HEAD"]);
    let words = [
        "failed to find where",
        "a part of the history only",
        "`GIT_DEPTH: 0`",
    ];
    run(command.current_dir(&clone)).refuses(2, &words);
    // As the hint says. The branch of the base is known as one of `origin` only.
    let fetch = [
        "fetch",
        "--quiet",
        "--unshallow",
        "origin",
        "+refs/heads/*:refs/remotes/origin/*",
    ];
    run(repository.git_command().current_dir(&clone).args(fetch)).code(0);
    let command = &mut repository.ci(&["--base", "main"]);
    run(command.current_dir(&clone))
        .code(1)
        .reports(&["1 submission changed"]);
}

#[test]
fn a_clone_without_the_contents_is_told_and_nothing_is_fetched() {
    let repository = Repository::of_class();
    repository.git(&["config", "uploadpack.allowFilter", "true"]);
    repository.branch("ada");
    repository.append(&format!("{ADA}/src/main.rs"), "// changed\n");
    repository.commit("ada");
    let clone = repository.workspace.path("clone");
    let from = format!("file://{}", repository.root.display());
    let command = &mut repository.git_command();
    let partial = [
        "clone",
        "--quiet",
        "--filter=blob:none",
        "--no-checkout",
        "--branch=ada",
        &from,
    ];
    run(command.args(partial).arg(&clone)).code(0);
    let command = &mut repository.ci(&["--base", "main"]);
    let words = [
        "failed to read object",
        "missing",
        "a clone made with `--filter` is not",
    ];
    run(command.current_dir(&clone)).refuses(2, &words);
}

#[test]
fn outputs_that_cannot_be_written_are_reported_before_the_work() {
    let repository = Repository::of_class();
    for name in ["GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"] {
        let command = &mut repository.ci(&["--base", "main"]);
        let words = ["failed to", name];
        run(command.env(name, &repository.root)).refuses(2, &words);
    }
}

#[test]
fn what_is_named_and_is_not_there_is_told() {
    let repository = Repository::of_class();
    repository.branch("ada");
    repository.append("grader.toml", "# changed\n");
    repository.commit("ada");
    for (arguments, words) in [
        (
            &["--base", "nowhere"][..],
            &[
                "found no commit `nowhere`, which `--base` names",
                "git fetch",
            ][..],
        ),
        (&["--base", "--upload-pack=x"], &["unexpected argument"]),
        (&["--base=--all"], &["found no commit `--all`"]),
        (
            &["--base", "main", "--head", ""],
            &["found no commit ``, which `--head` names"],
        ),
        (
            &["--base", "main", "--course", "no-such-folder"],
            &["failed to find the folder"],
        ),
        (
            &["--base", "main", "--exercise", "sum-of-products"],
            &["failed to use `--exercise`", "{exercise}"],
        ),
        (
            &["--base", "main", "--student", "ada"],
            &["failed to use `--student`", "{student}"],
        ),
        (
            &["--base", "main", "--submissions", "students/../x"],
            &["the pattern is no path"],
        ),
        (
            &[
                "--base",
                "main",
                "--submissions",
                "students/{student}",
                "--exercise",
                "product-of-sums",
            ],
            &["found no exercise `product-of-sums`"],
        ),
    ] {
        let finished = run(&mut repository.ci(arguments)).code(2);
        for word in words {
            assert!(
                finished.stderr.contains(word),
                "{word}: {}",
                finished.shown()
            );
        }
        assert_eq!(finished.stdout, "");
    }
    let outside = repository.workspace.path("outside");
    fs::create_dir(&outside).unwrap();
    let command = &mut repository.ci(&["--base", "main"]);
    let words = [
        "failed to find the repository",
        "go to a folder of the repository",
    ];
    run(command.current_dir(outside)).refuses(2, &words);
}

#[test]
fn a_mistake_in_the_course_of_the_base_is_named_as_git_names_it() {
    let repository = Repository::of_class();
    let good = repository.git(&["rev-parse", "HEAD"]);
    for (file, from, to, words) in [
        (
            "grader.toml",
            "students/{student}/{exercise}",
            "students/{name}",
            ":grader.toml`, line",
        ),
        (
            "grader.toml",
            "[ci]",
            "exercises = \"/tmp\"\n[ci]",
            "it is not in the course's folder",
        ),
        (
            "grader.toml",
            "format-version = 1",
            "format-version = 7",
            "install a newer `grade`",
        ),
    ] {
        repository.git(&["reset", "--quiet", "--hard", &good]);
        let text = fs::read_to_string(repository.root.join(file)).unwrap();
        assert!(text.contains(from));
        let text = if to.starts_with("exercises") {
            // A key of the top level stands before the tables.
            text.replacen(
                "format-version = 1",
                "format-version = 1\nexercises = \"/tmp\"",
                1,
            )
        } else {
            text.replacen(from, to, 1)
        };
        repository.write(file, text.as_bytes());
        repository.commit("a mistake");
        let finished = run(&mut repository.ci(&["--base", "main"])).code(2);
        assert!(
            finished.stderr.contains(words),
            "{words}: {}",
            finished.shown()
        );
        assert!(
            !finished.stderr.contains("/grade-ci-"),
            "{}",
            finished.shown()
        );
    }
    repository.git(&["rm", "--quiet", "grader.toml"]);
    repository.commit("no course");
    let words = ["found no `grader.toml` in commit", "`--course DIR`"];
    run(&mut repository.ci(&["--base", "main"])).refuses(2, &words);
}

#[test]
fn a_reference_that_fails_in_the_base_is_no_students_failure() {
    let repository = Repository::of_class();
    repository.write("reference/sum-of-products/src/main.rs", b"fn main() {}");
    repository.commit("a broken reference");
    repository.branch("ada");
    repository.append(&format!("{ADA}/src/main.rs"), "// changed\n");
    repository.commit("ada");
    let finished = repository.graded(4, &["--exit-zero"]);
    assert!(!finished.stdout.contains("FAIL"), "{}", finished.shown());
    assert_eq!(repository.outputs(), ["not-graded", "", ""]);
}

#[test]
fn a_course_below_the_root_is_found_from_a_folder_in_it() {
    let repository = Repository::of_class();
    repository.git(&["checkout", "--quiet", "-B", "main"]);
    fs::create_dir(repository.root.join("teaching")).unwrap();
    for name in [
        "grader.toml",
        "grader.lock",
        "exercises",
        "reference",
        "students",
    ] {
        repository.git(&["mv", name, "teaching"]);
    }
    repository.commit("moved");
    repository.branch("ada");
    repository.append(&format!("teaching/{ADA}/Cargo.toml"), "not toml\n");
    repository.append(&format!("{ADA}/Cargo.toml"), "elsewhere\n");
    repository.commit("ada");
    let words = [
        "1 submission changed",
        "sum-of-products by ada: 0 of 10",
        "`students/ada/sum-of-products/Cargo.toml` is in no submission",
    ];
    let inside = repository.root.join("teaching/exercises");
    run(repository.ci(&["--base", "main"]).current_dir(inside))
        .code(1)
        .reports(&words);
    run(&mut repository.ci(&["--base", "main", "--course", "teaching"]))
        .code(1)
        .reports(&words);
}
