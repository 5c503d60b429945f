//! The formats of JSON that one reader each has, held against schemas made from what those readers document.

use std::fs;

use data_encoding::BASE64;
use serde_json::Value;

use super::paths::{GRADED, POINTS};
use crate::support::{command::run, course, submission, workspace::Workspace};

/// A report that fits the schema of its format.
#[track_caller]
pub(super) fn fitting(format: &str, text: &str) -> Value {
    let bytes = if format == "github-classroom" {
        assert_eq!(text.lines().count(), 1, "{text}");
        BASE64.decode(text.trim_end().as_bytes()).unwrap()
    } else {
        text.as_bytes().to_vec()
    };
    let report: Value = serde_json::from_slice(&bytes).unwrap();
    let schema = course().join(format!("tests/it/reports/schemas/{format}.json"));
    let schema: Value = serde_json::from_str(&fs::read_to_string(schema).unwrap()).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let errors = schema.iter_errors(&report);
    let errors: Vec<String> = errors
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert_eq!(errors, [""; 0], "{report:#}");
    report
}

fn sum(report: &Value, what: &str) -> u64 {
    let tests = report["tests"].as_array().unwrap().iter();
    tests.map(|test| test[what].as_u64().unwrap_or(0)).sum()
}

#[test]
fn gradescope_has_the_points_and_none_for_what_was_not_graded() {
    for (id, points) in POINTS {
        let report = fitting("gradescope", &GRADED.one(id, "gradescope"));
        assert_eq!(report["score"].as_u64(), points, "{report:#}");
        let output = report["output"].as_str().unwrap();
        if let Some(points) = points {
            assert_eq!(sum(&report, "score"), points);
            assert_eq!(sum(&report, "max_score"), 10);
        } else {
            assert!(report.get("score").is_none() && report["tests"] == Value::Array(vec![]));
            assert!(output.contains("This is not zero points"), "{output}");
        }
    }
}

#[test]
fn exercism_has_an_error_for_what_does_not_compile_and_for_what_was_not_graded() {
    for (id, points) in POINTS {
        let report = fitting("exercism", &GRADED.one(id, "exercism"));
        let expected = match (id, points) {
            ("not-built" | "not-graded", _) => "error",
            (_, Some(10)) => "pass",
            _ => "fail",
        };
        assert_eq!(report["status"], expected, "{report:#}");
    }
    let report = fitting("exercism", &GRADED.one("not-built", "exercism"));
    let message = report["message"].as_str().unwrap();
    assert!(message.contains("src/main.rs:6"), "{message}");
}

#[test]
fn both_rules_of_the_classroom_reporter_give_the_points() {
    for (id, points) in POINTS {
        let report = fitting("github-classroom", &GRADED.one(id, "github-classroom"));
        let tests = report["tests"].as_array().unwrap();
        let Some(points) = points else {
            // Without a maximum, it counts for no points at all.
            assert!(report.get("max_score").is_none(), "{report:#}");
            assert_eq!(report["status"], "error");
            continue;
        };
        let passed = tests.iter().filter(|test| test["status"] == "pass").count();
        let most = usize::try_from(report["max_score"].as_u64().unwrap()).unwrap();
        assert_eq!(
            passed * most / tests.len(),
            usize::try_from(points).unwrap()
        );
        assert_eq!(sum(&report, "score"), points);
        let expected = if points == 10 { "pass" } else { "fail" };
        assert_eq!(report["status"], expected, "{report:#}");
    }
}

#[test]
fn sarif_has_a_result_for_each_failed_check_and_a_place_for_each_result() {
    let report: Value = serde_json::from_str(&GRADED.class("sarif")).unwrap();
    let run = &report["runs"][0];
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 6, "{results:#?}");
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    for result in results {
        let rule = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[rule]["id"], result["ruleId"]);
        let place = &result["locations"][0]["physicalLocation"];
        let uri = place["artifactLocation"]["uri"].as_str().unwrap();
        let (id, file) = uri.split_once('/').unwrap();
        assert!(POINTS.iter().any(|(other, _)| *other == id), "{uri}");
        assert!(matches!(file, "Cargo.toml" | "src/main.rs"), "{uri}");
    }
    let not_graded = results.iter().filter(|one| one["ruleId"] == "not-graded");
    let levels: Vec<_> = not_graded.map(|one| one["level"].clone()).collect();
    assert_eq!(levels, ["note"]);
    assert_eq!(run["invocations"][0]["executionSuccessful"], false);
    let one: Value = serde_json::from_str(&GRADED.one("panics", "sarif")).unwrap();
    let place = &one["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "src/main.rs");
    assert_eq!(place["region"]["startLine"], 23);
}

#[test]
fn a_trace_has_every_read_on_lines_that_do_not_overlap() {
    let workspace = Workspace::new();
    let command = &mut workspace.grade();
    command.args(["sum-of-products", "--seed", "0", "--format", "trace"]);
    command.arg(submission("correct-scoped-chunks"));
    let report = fitting("trace", &run(command).code(0).stdout);
    let reads = apart(&report);
    assert!(reads.len() >= 1000, "{}", reads.len());
    let threads: std::collections::BTreeSet<_> = reads.iter().map(|read| read.0).collect();
    assert!(threads.len() > 1, "{threads:?}");

    // A thread that reads several files at once.
    let mut record = GRADED.record("right");
    record["runs"][0]["timeline"] = "1 0 0 4;1 1 1 3;1 2 2 5;1 3 4 6;2 4 0 1".into();
    let file = workspace.path("record.json");
    fs::write(&file, record.to_string()).unwrap();
    let command = &mut workspace.grade();
    command.args(["report", "--format", "trace"]).arg(file);
    let reads = apart(&fitting("trace", &run(command).code(0).stdout));
    assert_eq!(reads.len(), 5);

    // Nothing ran, so there is nothing to show, and the file says so.
    let report = fitting("trace", &GRADED.one("not-built", "trace"));
    assert_eq!(report["traceEvents"], Value::Array(vec![]));
    let note = report["otherData"]["note"].as_str().unwrap();
    assert!(
        note.contains("no run of this record has a timeline"),
        "{note}"
    );
}

/// The reads of a trace: line, start and length. No two on a line overlap.
#[track_caller]
fn apart(trace: &Value) -> Vec<(u64, u64, u64)> {
    let events = trace["traceEvents"].as_array().unwrap().iter();
    let reads = events.filter(|event| event["ph"] == "X");
    let number = |event: &Value, name: &str| event[name].as_u64().unwrap();
    let mut reads: Vec<_> = reads
        .map(|event| {
            (
                number(event, "tid"),
                number(event, "ts"),
                number(event, "dur"),
            )
        })
        .collect();
    reads.sort_unstable();
    for pair in reads.windows(2) {
        let (line, start, length) = pair[0];
        assert!(line != pair[1].0 || start + length <= pair[1].1, "{pair:?}");
    }
    reads
}

#[test]
fn a_damaged_timeline_is_a_mistake_of_the_record() {
    let workspace = Workspace::new();
    let mut record = GRADED.record("right");
    record["runs"][0]["timeline"] = "1 2 3".into();
    let file = workspace.path("record.json");
    fs::write(&file, record.to_string()).unwrap();
    let command = &mut workspace.grade();
    command.args(["report", "--format", "trace"]).arg(file);
    run(command).refuses(2, &["failed to make a report as `trace`", "is damaged"]);
}

#[test]
fn what_is_for_one_submission_is_refused_for_a_class() {
    let workspace = Workspace::new();
    for format in ["gradescope", "exercism", "github-classroom", "trace"] {
        let command = &mut workspace.grade();
        command
            .args(["report", "--format", format])
            .arg(&GRADED.out);
        let words = format!("failed to report a class as `{format}`: it is for one submission");
        run(command).refuses(2, &[&words]);
    }
}
