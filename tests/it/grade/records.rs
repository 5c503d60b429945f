//! The record, and that a grading can be done again.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::{
    command::{Finished, run},
    course,
    files::copy_tree,
    program, submission,
    workspace::Workspace,
};

/// Grade a folder on these seeds, or on fresh ones.
fn grading(folder: &Path, seeds: &[&str]) -> Finished {
    let seeds = seeds.iter().flat_map(|seed| ["--seed", seed]);
    grading_with(folder, &seeds.collect::<Vec<_>>())
}

fn grading_with(folder: &Path, arguments: &[&str]) -> Finished {
    let workspace = Workspace::new();
    let mut command = workspace.grade();
    command
        .args(["sum-of-products", "--format", "json"])
        .arg(folder);
    let output = run(command.args(arguments));
    workspace.assert_nothing_left();
    output
}

/// A record without what differs from run to run: what was used.
fn lasting(mut record: Value) -> Value {
    for run in record["runs"].as_array_mut().unwrap() {
        // The scheduler decides which thread takes which file.
        run.as_object_mut().unwrap().remove("timeline");
        run.as_object_mut().unwrap().remove("reference");
        assert!(run.as_object_mut().unwrap().remove("usage").is_some());
        // A pool that splits work as it goes needs a round more or less.
        run.as_object_mut().unwrap().remove("concurrency");
    }
    for check in record["checks"].as_array_mut().unwrap() {
        if check["id"] == "multi-threaded" {
            let check = check.as_object_mut().unwrap();
            check.remove("message");
            check.remove("details");
        }
    }
    record
}

fn seeds(record: &Value) -> Vec<String> {
    let runs = record["runs"].as_array().unwrap();
    runs.iter()
        .map(|run| run["seed"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn the_starter_fails_with_hints() {
    let workspace = Workspace::new();
    run(workspace.grade().args(["sum-of-products", "--seed", "0"]))
        .code(1)
        .reports(&[
            "FAIL sum-of-products: 4 of",
            "pass build 1/1 it compiles",
            "pass run 1/1",
            "FAIL total 0/2 wrong on the dataset: the first line of each file was added up",
            "asked is the last line printed the total",
            "seed 0 expected 2483973 seen 50269",
            "try open one of the files in an editor",
            "pass files-read 2/2 all 1000 files were read",
            "FAIL multi-threaded 0/4 one thread reads all files",
            "Again on the same data: grade sum-of-products --seed 0",
        ]);
    workspace.assert_nothing_left();
}

#[test]
fn the_reference_passes_with_full_marks() {
    let output = grading(&course().join("reference/sum-of-products"), &[]).code(0);
    let record = output.record();
    assert_eq!(record["verdict"], "pass");
    assert_eq!(record["score"]["earned"], record["score"]["possible"]);
    assert_eq!(seeds(&record).len(), 3);
}

#[test]
fn further_runs_tell_how_often_a_total_is_right() {
    let again = ["--repeat", "5", "--seed", "7"];
    let record = grading_with(&submission("correct-two-threads"), &again)
        .code(0)
        .record();
    let total = &record["checks"][2];
    assert_eq!(total["message"], "right on all 2 datasets, each 6 times");
    let record = grading_with(&submission("racy-accumulator"), &again)
        .code(1)
        .record();
    let total = &record["checks"][2];
    let message = total["message"].as_str().unwrap();
    assert!(message.contains("right 0 of 6 times; "), "{message}");
    assert_eq!(total["diagnosis"], "race");
}

#[test]
fn the_record_of_a_failure_has_every_field() {
    let folder = submission("lines-from-zero");
    let record = grading(&folder, &["0"]).code(1).record();
    assert_eq!(record["schema"], "grade-record/1");
    assert_eq!(record["grader"]["version"], env!("CARGO_PKG_VERSION"));
    for part in ["tier", "observer"] {
        assert!(
            record["grader"][part]
                .as_str()
                .is_some_and(|text| !text.is_empty()),
            "{part}"
        );
    }
    assert_eq!(record["exercise"], "sum-of-products");
    assert_eq!(record["submission"]["id"], "lines-from-zero");
    let digest = record["submission"]["digest"].as_str().unwrap();
    assert!(
        digest.starts_with("sha256:") && digest.len() == 71,
        "{digest}"
    );
    assert_eq!(record["verdict"], "fail");
    let total = &record["checks"][2];
    assert_eq!(total["id"], "total");
    assert_eq!(
        (&total["status"], &total["earned"]),
        (&json!("fail"), &json!(0))
    );
    assert!(total["message"].is_string() && total["hint"].is_string());
    assert_eq!(total["details"]["expected"], "2483973");
    assert_eq!(total["details"]["seen"], "2440610");
    let sum = |field: &str| -> u64 {
        let checks = record["checks"].as_array().unwrap();
        checks
            .iter()
            .map(|check| check[field].as_u64().unwrap())
            .sum()
    };
    assert_eq!(
        record["score"],
        json!({"earned": sum("earned"), "possible": sum("possible")})
    );
    let run = &record["runs"][0];
    assert_eq!(run["seed"], "0");
    assert_eq!(
        (&run["expected"], &run["answer"]),
        (&json!("2483973"), &json!("2440610"))
    );
    assert_eq!(run["termination"], json!({"kind": "exited", "code": 0}));
    for part in ["wall_ms", "cpu_ms", "peak_memory_bytes"] {
        assert!(run["usage"][part].is_u64(), "{part}");
    }
    assert!(run["usage"]["peak_memory_bytes"].as_u64().unwrap() > 100_000);
    // Not every machine can observe.
    let reference = &run["reference"];
    assert_eq!(
        run["observed"],
        reference["timeline"].is_string(),
        "{run:#}"
    );
    assert_eq!(
        run["files"],
        json!({"expected": 1000, "read": 1000, "tampered": 0})
    );
    assert_eq!(record["faults"], json!([]));
    let replay = record["replay"].as_str().unwrap();
    assert_eq!(
        replay,
        format!(
            "grade sum-of-products {} --seed 0 --observe 0",
            folder.display()
        )
    );
}

#[test]
fn a_failed_build_has_no_runs_and_a_crash_has_one() {
    let record = grading(&submission("type-error"), &["7"]).code(1).record();
    assert_eq!(record["runs"], json!([]));
    let record = grading(&submission("segfaults"), &["7"]).code(1).record();
    assert_eq!(record["runs"].as_array().unwrap().len(), 1);
    assert_eq!(
        record["runs"][0]["termination"],
        json!({"kind": "signaled", "signal": 11})
    );
}

#[test]
fn the_same_seeds_give_the_same_record() {
    let seeds_and_draw = ["--seed", "7", "--seed", "4294967296", "--observe", "7"];
    for name in ["correct-u64-fold", "lines-from-zero"] {
        let one = lasting(grading_with(&submission(name), &seeds_and_draw).record());
        let two = lasting(grading_with(&submission(name), &seeds_and_draw).record());
        assert_eq!(one, two);
        assert_eq!(seeds(&one), ["0", "7", "4294967296"]);
    }
}

#[test]
fn the_runs_that_are_observed_are_those_asked_for() {
    let observed = |arguments: &[&str]| {
        let record = grading_with(&submission("correct-u64-fold"), arguments).record();
        let runs = record["runs"].as_array().unwrap().clone();
        let runs = runs.iter().map(|run| {
            // Reads in flight are known of an observed run only.
            assert_eq!(run["observed"], run["concurrency"].is_object());
            run["observed"].as_bool().unwrap()
        });
        runs.collect::<Vec<_>>()
    };
    assert_eq!(observed(&["--seed", "7", "--observe", "all"]), [true, true]);
    assert_eq!(observed(&["--seed", "7", "--observe", "0"]), [true, false]);
    // Of the data that nobody knows before.
    let drawn = observed(&[]);
    assert!(!drawn[0] && drawn[1] != drawn[2], "{drawn:?}");
    let arguments = ["--seed", "7", "--observe", "8"];
    let refused = grading_with(&submission("correct-u64-fold"), &arguments).code(2);
    assert!(refused.stderr.contains("`0`, `7`"), "{}", refused.stderr);
}

#[test]
fn the_largest_seed_is_graded() {
    let record = grading(&submission("correct-u64-fold"), &["18446744073709551615"])
        .code(0)
        .record();
    assert_eq!(seeds(&record), ["0", "18446744073709551615"]);
}

#[test]
fn fresh_seeds_are_drawn_for_each_grading() {
    let folder = submission("correct-u64-fold");
    let (one, two) = (
        seeds(&grading(&folder, &[]).record()),
        seeds(&grading(&folder, &[]).record()),
    );
    assert_eq!((one.len(), two.len()), (3, 3));
    assert_eq!((&*one[0], &*two[0]), ("0", "0"));
    // Two equal draws of twice 32 bits are practically impossible.
    assert_ne!(one, two);
}

/// Type the record's own command into a shell.
fn replayed(workspace: &Workspace, here: &Path, replay: &str) -> Finished {
    let binary = program();
    let script = format!(
        "PATH={}:$PATH; shift; {replay} --format json",
        binary.parent().unwrap().display()
    );
    let mut command = workspace.grade_behind(&["sh", "-c", &script, "sh"].map(str::to_owned));
    run(command.current_dir(here))
}

#[test]
fn the_replay_command_does_the_same_again() {
    let workspace = Workspace::new();
    let copy = workspace.course();
    // Names that a shell, or the command line, could take for something else.
    for name in ["plain", "with space's", "$(exit 9)", "data", "-x"] {
        copy_tree(
            &submission("lines-from-zero"),
            &workspace.path("work").join(name),
        );
    }
    let elsewhere = workspace.path("work");
    let beside = [
        (&*elsewhere, "plain", Some(&*copy.root)),
        (&elsewhere, "with space's", Some(&copy.root)),
        (&elsewhere, "$(exit 9)", Some(&copy.root)),
        (&elsewhere, "./data", Some(&copy.root)),
        (&elsewhere, "./-x", Some(&copy.root)),
        (&copy.root, "../work/plain", None),
    ];
    for (here, path, course) in beside {
        let mut command = workspace.grade();
        command
            .current_dir(here)
            .args(["sum-of-products", "--format", "json"])
            .arg(path);
        if let Some(course) = course {
            command.arg("--course").arg(course);
        }
        let first = run(&mut command).code(1).record();
        let replay = first["replay"].as_str().unwrap();
        let second = replayed(&workspace, here, replay).code(1).record();
        assert_eq!(lasting(first.clone()), lasting(second), "{replay}");
    }
}
