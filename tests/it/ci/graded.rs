//! What a pull request touches is graded, by the course of its base; and nothing else.

use std::fs;

use serde_json::Value;

use super::repository::{ADA, Repository};
use crate::support::{
    command::run,
    files::names,
    small_course::{EXERCISES, Prints, SmallCourse, write_crate},
    workspace::CourseCopy,
};

#[test]
fn a_changed_submission_is_graded_by_the_course_of_the_base() {
    let repository = Repository::of_class();
    repository.branch("ada");
    repository.add(ADA, "correct-rayon-par-iter");
    // All of this is the student's wish, and none of it is granted.
    repository.write("exercises/sum-of-products/exercise.toml", b"points = 1000");
    repository.write("reference/sum-of-products/src/main.rs", b"fn main() {}");
    repository.write("grader.toml", b"broken");
    repository.write(".github/workflows/grade.yml", b"on: pull_request_target");
    repository.write("notes\n::error::forged.txt", b"");
    repository.commit("better");
    let reports = repository.workspace.path("reports");
    let finished = repository.graded(
        0,
        &[
            "--formats",
            "json,human",
            "--report-dir",
            reports.to_str().unwrap(),
        ],
    );
    let finished = finished.reports(&[
        "1 submission changed",
        "PASS sum-of-products by ada: 10 of 10 points",
        "`exercises/sum-of-products/exercise.toml` is of the course; that of the base was used",
        "`reference/sum-of-products/src/main.rs` is of the course",
        "`grader.toml` is of the course",
        "`.github/workflows/grade.yml` is what the CI system runs",
        r"`notes\u{a}::error::forged.txt` is in no submission",
    ]);
    assert!(!finished.stdout.contains("bob"), "{}", finished.stdout);
    assert_eq!(repository.outputs(), ["pass", "10", "10"]);

    let folder = reports.join("sum-of-products");
    assert_eq!(names(&folder), ["report.json", "report.txt"]);
    let record = fs::read(folder.join("report.json")).unwrap();
    let record: Value = serde_json::from_slice(&record).unwrap();
    assert_eq!(record["submission"]["id"], "ada");
    repository.workspace.assert_nothing_left();
}

#[test]
fn the_worst_of_several_submissions_decides() {
    let repository = Repository::of_class();
    repository.branch("several");
    repository.append(&format!("{ADA}/src/main.rs"), "// changed\n");
    repository.append("students/bob/sum-of-products/src/main.rs", "// changed\n");
    repository.add("students/Zoë/sum-of-products", "correct-rayon-par-iter");
    repository.add("students/ada/no-such-exercise", "serial");
    repository.commit("several");
    let reports = repository.workspace.path("reports");
    let arguments = [
        "--formats",
        "csv,sarif",
        "--report-dir",
        reports.to_str().unwrap(),
    ];
    let finished = repository.graded(1, &arguments);
    finished.reports(&[
        "3 submissions changed",
        "3 submissions, 1 passed, 2 did not pass",
        "is for `no-such-exercise`, which is no exercise of the base",
    ]);
    assert_eq!(repository.outputs(), ["fail", "16", "30"]);
    let places = fs::read_to_string(reports.join("sum-of-products/report.sarif")).unwrap();
    assert!(
        places.contains("\"students/bob/sum-of-products/"),
        "{places}"
    );
    let table = fs::read_to_string(reports.join("sum-of-products/report.csv")).unwrap();
    assert_eq!(table.lines().count(), 4, "{table}");
    // Those who only want the records.
    repository.graded(0, &["--exit-zero"]);
    assert_eq!(repository.outputs()[0], "fail");
}

#[test]
fn nothing_is_graded_where_no_submission_was_changed() {
    let repository = Repository::of_class();
    repository.branch("none");
    repository.git(&["rm", "--quiet", "-r", "students/bob"]);
    repository.write("README.md", b"hello");
    repository.commit("bob left");
    let finished = repository.graded(0, &[]).reports(&[
        "no submission was changed",
        "Removed, so there is nothing to grade - `students/bob/sum-of-products`",
        "`README.md` is in no submission",
    ]);
    assert!(!finished.stdout.contains("PASS"), "{}", finished.stdout);
    assert_eq!(repository.outputs(), ["none", "", ""]);

    // Where the repository is the submission, its removal has a name.
    repository.branch("all");
    repository.git(&["rm", "--quiet", "-r", "."]);
    repository.git(&["commit", "--quiet", "-m", "all"]);
    let other = CourseCopy::make(repository.workspace.path("course"));
    let mut init = repository.git_command();
    run(init.current_dir(&other.root).args(["init", "--quiet"])).code(0);
    let course = other.root.to_str().unwrap();
    let finished = repository.graded(0, &["--submissions", ".", "--course", course]);
    finished.reports(&["Removed, so there is nothing to grade - `.`"]);
}

#[test]
fn names_that_differ_little_and_a_file_for_a_folder_are_reported_at_their_places() {
    let repository = Repository::of_class();
    repository.branch("alike");
    repository.git(&["rm", "--quiet", "-r", "students/bob/sum-of-products"]);
    repository.write("students/bob/sum-of-products", b"my work");
    for student in ["alice", "ALICE", "alice "] {
        repository.add(
            &format!("students/{student}/sum-of-products"),
            "missing-semicolon",
        );
    }
    repository.commit("alike");
    let mut command = repository.ci(&["--base", "main"]);
    let finished = run(command.env("GITHUB_ACTIONS", "true")).code(1);
    let finished = finished.reports(&["4 submissions changed"]);
    for student in ["alice", "ALICE", "alice "] {
        let place = format!("::error file=students/{student}/sum-of-products/src/main.rs,");
        assert!(finished.stdout.contains(&place), "{}", finished.stdout);
    }
    assert!(
        !finished.stdout.contains("is in no submission"),
        "{}",
        finished.stdout
    );
}

#[test]
fn what_the_base_did_meanwhile_is_not_graded() {
    let repository = Repository::of_class();
    repository.branch("ada");
    repository.git(&["mv", ADA, "students/ada/moved"]);
    repository.git(&["mv", "students/ada/moved", "students/ada/sum-of-products"]);
    repository.append(&format!("{ADA}/src/main.rs"), "// changed\n");
    repository.commit("ada");
    repository.git(&["checkout", "--quiet", "main"]);
    repository.append("students/bob/sum-of-products/src/main.rs", "// changed\n");
    repository.commit("bob, on main");
    // A workflow grades the merge of both.
    repository.git(&["checkout", "--quiet", "--detach", "main"]);
    repository.git(&["merge", "--quiet", "--no-edit", "ada"]);
    let finished = repository.graded(1, &[]);
    let finished = finished.reports(&["1 submission changed", "by ada: 6 of 10 points"]);
    assert!(!finished.stdout.contains("bob"), "{}", finished.stdout);
}

#[test]
fn each_exercise_that_a_pull_request_touches_is_graded() {
    let repository = Repository::of(|root| SmallCourse::make(root).root);
    repository.branch("both");
    for id in EXERCISES {
        write_crate(
            &repository.root.join("exercises").join(id),
            id,
            Prints::Largest,
        );
    }
    repository.commit("the largest number in both");
    let reports = repository.workspace.path("reports");
    let arguments = [
        "--formats",
        "csv",
        "--report-dir",
        reports.to_str().unwrap(),
    ];
    repository.graded(1, &arguments).reports(&[
        "2 submissions changed",
        "PASS largest",
        "10 of 10 points",
        "FAIL smallest",
        "3 of 10 points",
    ]);
    assert_eq!(repository.outputs(), ["fail", "13", "20"]);
    assert_eq!(names(&reports), EXERCISES);
    // The other one is as the base has it, so nothing of it is graded.
    repository.branch("one");
    write_crate(
        &repository.root.join("exercises/smallest"),
        "smallest",
        Prints::Smallest,
    );
    repository.commit("the smallest number");
    let one = repository
        .graded(0, &[])
        .reports(&["1 submission changed", "PASS smallest"]);
    assert!(!one.stdout.contains("largest:"), "{}", one.shown());
    assert_eq!(repository.outputs(), ["pass", "10", "10"]);
}
