//! The commands beside grading.

use std::fs;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::support::{
    command::run,
    course,
    files::names,
    submission,
    workspace::{CourseCopy, Workspace},
};

#[test]
fn data_writes_what_cpython_writes() {
    let golden = fs::read(course().join("tests/golden/cpython-random.json")).unwrap();
    let golden: Value = serde_json::from_slice(&golden).unwrap();
    let mut compared = Vec::new();
    for vector in golden["vectors"].as_array().unwrap() {
        let is_the_exercises = vector["files"] == 1000
            && vector["lines"] == 20
            && vector["low"] == 1
            && vector["high"] == 99
            && vector["name_length"] == 5;
        if !is_the_exercises {
            continue;
        }
        let seed = vector["seed"].as_str().unwrap();
        let workspace = Workspace::new();
        let folder = workspace.path("data");
        let command = &mut workspace.grade();
        command
            .args(["data", "sum-of-products", "--seed", seed])
            .arg(&folder);
        run(command)
            .code(0)
            .reports(&[&format!("files of seed {seed} in")]);
        let mut hasher = Sha256::new();
        for name in names(&folder) {
            hasher.update(format!("{name}\0"));
            hasher.update(fs::read(folder.join(name)).unwrap());
            hasher.update([0]);
        }
        let digest = ids::Digest::finish(hasher);
        assert_eq!(vector["sha256"], *digest.hex(), "seed {seed}");
        compared.push(seed.to_owned());
    }
    assert!(compared.contains(&"0".to_owned()), "{compared:?}");
    assert!(
        compared
            .iter()
            .any(|seed| seed.parse::<u64>().unwrap() > 1 << 32),
        "{compared:?}"
    );
}

#[test]
fn data_fills_a_folder_that_is_empty_and_makes_one_that_is_not_there() {
    let workspace = Workspace::new();
    fs::create_dir(workspace.path("empty")).unwrap();
    for name in ["empty", "new"] {
        let command = &mut workspace.grade();
        run(command
            .args(["data", "sum-of-products"])
            .arg(workspace.path(name)))
        .code(0);
        assert_eq!(names(&workspace.path(name)).len(), 1000);
    }
}

#[test]
fn this_course_is_sound() {
    let workspace = Workspace::new();
    run(workspace.grade().arg("check-exercises"))
        .code(0)
        .reports(&[
            "sound sum-of-products: the reference has",
            "fails total, multi-threaded",
        ]);
    workspace.assert_nothing_left();
}

/// Damage the starter of a copy of the course; the command must report it.
#[track_caller]
fn is_broken(main: &str, why: &str) {
    let workspace = Workspace::new();
    let copy = workspace.course();
    copy.write("exercises/sum-of-products/src/main.rs", main);
    let command = &mut workspace.grade();
    run(command
        .arg("check-exercises")
        .arg("--course")
        .arg(&copy.root))
    .code(2)
    .reports(&["BROKEN sum-of-products:", why]);
    workspace.assert_nothing_left();
}

#[test]
fn a_starter_that_passes_is_broken() {
    let solution = submission("correct-u64-fold").join("src/main.rs");
    is_broken(&fs::read_to_string(solution).unwrap(), "the starter passes");
}

#[test]
fn a_starter_that_does_not_build_is_broken() {
    is_broken("fn main() { 1 + }", "the starter fails `build`");
}

#[test]
fn a_starter_that_does_not_run_is_broken() {
    is_broken("fn main() { panic!() }", "the starter fails `run`");
}

/// Change the mistakes that a copy of the course knows; the command must report it.
#[track_caller]
fn has_unsound_mistakes(from: &str, to: &str, why: &str) {
    let workspace = Workspace::new();
    let copy = workspace.course();
    copy.edit(CourseCopy::EXERCISE, from, to);
    let command = &mut workspace.grade();
    run(command
        .args(["check-exercises", "--examples"])
        .arg("--course")
        .arg(&copy.root))
    .code(2)
    .reports(&["BROKEN sum-of-products:", why]);
}

#[test]
fn mistakes_that_cannot_be_told_apart_are_both_named() {
    has_unsound_mistakes(
        "value = \"line(3) + line(17)\"",
        "value = \"line(18) * line(4)\"",
        "mistakes `lines-from-zero` and `sum-for-product` give the same totals",
    );
}

#[test]
fn an_example_that_makes_another_mistake_is_named() {
    has_unsound_mistakes(
        "example = \"tests/submissions/lines-from-zero\"",
        "example = \"exercises/sum-of-products\"",
        "is the example of mistake `lines-from-zero`, but it is recognised as `first-line-only`",
    );
}

#[test]
fn a_course_whose_reference_fails_is_broken() {
    let workspace = Workspace::new();
    let copy = workspace.course();
    copy.write(CourseCopy::REFERENCE, "fn main() { println!(\"0\") }");
    let command = &mut workspace.grade();
    run(command
        .arg("check-exercises")
        .arg("--course")
        .arg(&copy.root))
    .refuses(4, &["the reference did not pass"]);
}

#[test]
fn a_reference_that_is_wrong_where_the_answer_is_known_fails() {
    let workspace = Workspace::new();
    let copy = workspace.course();
    // All is well with how it reads; only its total is another.
    copy.edit(CourseCopy::REFERENCE, "line(3)?", "line(4)?");
    for arguments in [&["check-exercises"][..], &["sum-of-products"]] {
        let command = &mut workspace.grade();
        run(command.args(arguments).arg("--course").arg(&copy.root)).refuses(
            4,
            &[
                "the reference did not pass",
                "seed 0",
                "and the exercise knows 2483973",
            ],
        );
    }
    workspace.assert_nothing_left();
}

#[test]
fn a_known_answer_is_proven_on_a_seed_that_no_submission_is_graded_on() {
    let workspace = Workspace::new();
    let copy = workspace.course();
    copy.edit(
        CourseCopy::EXERCISE,
        "answers = { 0 = ",
        "answers = { 7131 = \"1\", 0 = ",
    );
    let command = &mut workspace.grade();
    run(command
        .arg("check-exercises")
        .arg("--course")
        .arg(&copy.root))
    .refuses(4, &["seed 7131", "and the exercise knows 1"]);
}

#[test]
fn a_course_without_exercises_is_reported() {
    let workspace = Workspace::new();
    let copy = workspace.course();
    fs::rename(
        copy.root.join("exercises/sum-of-products"),
        workspace.path("elsewhere"),
    )
    .unwrap();
    let command = &mut workspace.grade();
    run(command
        .arg("check-exercises")
        .arg("--course")
        .arg(&copy.root))
    .refuses(
        2,
        &["found no exercise", "course/exercises", "`exercise.toml`"],
    );
    fs::remove_dir(copy.root.join("exercises")).unwrap();
    for arguments in [&["sum-of-products"][..], &["check-exercises"]] {
        let command = &mut workspace.grade();
        run(command.args(arguments).arg("--course").arg(&copy.root))
            .refuses(2, &["course/exercises", "No such file"]);
    }
}

#[test]
fn doctor_says_what_is_possible_and_what_was_asked_for() {
    let workspace = Workspace::new();
    let doctor = |more: &[&str]| run(workspace.grade().arg("doctor").args(more));
    let output =
        doctor(&["--isolation", "none"]).reports(&["is possible here, tier none was asked for"]);
    assert!(
        output.stdout.starts_with("isolation: tier "),
        "{}",
        output.shown()
    );
    let output = doctor(&[]).reports(&["surroundings yes", "ready to grade"]);
    assert!(!output.stdout.contains(" 1 calls"), "{}", output.shown());
    assert!(!output.stdout.contains("asked for"), "{}", output.shown());
}

#[test]
fn doctor_says_what_a_batch_system_gave_to_the_job() {
    let workspace = Workspace::new();
    let mut doctor = workspace.grade();
    doctor.env("SLURM_JOB_ID", "12");
    doctor.env("SLURM_ARRAY_JOB_ID", "11");
    doctor.env("SLURM_ARRAY_TASK_ID", "2");
    doctor.env("SLURM_CPUS_ON_NODE", "1");
    doctor.env("SLURM_MEM_PER_CPU", "700");
    run(doctor.args(["doctor", "--isolation", "none"])).reports(&[
        "batch job yes Slurm 11_2: 1 processor, 700 MiB of memory; `--jobs` is 1 if it is not given",
        "the batch system allows 700 MiB of memory",
    ]);
    let without = run(workspace.grade().args(["doctor", "--isolation", "none"]));
    assert!(!without.stdout.contains("batch job"), "{}", without.shown());
}

#[test]
fn shells_and_man_are_served() {
    let workspace = Workspace::new();
    // Without a course: packagers run them anywhere.
    let anywhere =
        |arguments: &[&str]| run(workspace.grade().current_dir("/").args(arguments)).code(0);
    anywhere(&["completions", "bash"]).reports(&["complete -F _grade", "check-exercises"]);
    anywhere(&["completions", "zsh"]).reports(&["#compdef grade"]);
    anywhere(&["completions", "fish"]).reports(&["complete -c grade"]);
    anywhere(&["man"]).reports(&[".TH grade 1", "Exit codes"]);
    anywhere(&["--help"]).reports(&[
        "Usage: grade",
        "--seed",
        "check-exercises",
        "130 interrupted",
    ]);
    anywhere(&["--version"]).reports(&[concat!("grade ", env!("CARGO_PKG_VERSION"))]);
}

#[test]
fn a_closed_pipe_is_no_error() {
    let workspace = Workspace::new();
    let script = ["sh", "-c", "\"$@\" | head -c 10 > /dev/null", "sh"].map(str::to_owned);
    let output = run(workspace.grade_behind(&script).arg("man")).code(0);
    assert_eq!(output.stderr, "");
}
