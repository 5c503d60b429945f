//! Records of gradings, each of which fits the published schema.

use std::{path::Path, sync::LazyLock};

use assert_cmd::Command;
use serde_json::Value;

use super::{
    command::{grade, shown},
    course,
};

/// The record of a submission, graded on the seeds 0 and 7.
pub(crate) fn record(folder: &Path) -> Value {
    record_of(grade().args(["sum-of-products", "--seed", "7"]).arg(folder))
}

/// The record that a grading gives; it fits its schema.
#[track_caller]
pub(crate) fn record_of(command: &mut Command) -> Value {
    let output = command.args(["--format", "json"]).output();
    let output = output.expect("grade starts");
    let record = serde_json::from_slice(&output.stdout);
    fitting(record.unwrap_or_else(|_| panic!("{}", shown(&output))))
}

/// The record, if it fits the published schema; otherwise the test fails.
#[track_caller]
pub(crate) fn fitting(record: Value) -> Value {
    static SCHEMA: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
        let path = course().join("schema/grade-record-1.schema.json");
        let text = std::fs::read_to_string(path).expect("the schema is published");
        let schema = serde_json::from_str(&text).expect("the schema is JSON");
        jsonschema::validator_for(&schema).expect("the schema is one")
    });
    let errors: Vec<String> = SCHEMA
        .iter_errors(&record)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert_eq!(errors, [""; 0], "does not fit its schema: {record:#}");
    record
}

/// The status of each check in a record, in order.
#[expect(
    clippy::print_stderr,
    reason = "a test that fails shows why a check stayed open"
)]
pub(crate) fn statuses(record: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let checks = record["checks"].as_array().expect("checks");
    checks
        .iter()
        .map(|check| {
            if check["status"] == "inconclusive" {
                eprintln!("{}: {check}", record["submission"]["id"]);
            }
            (text(&check["id"]), text(&check["status"]))
        })
        .collect()
}
