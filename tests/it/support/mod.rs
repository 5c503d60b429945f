//! What the end-to-end tests share: a `grade` whose surroundings are known.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::allow_attributes,
    reason = "each test file uses its own part of this"
)]

pub mod scene;

use std::{
    path::{Path, PathBuf},
    process::Output,
    sync::LazyLock,
    time::Duration,
};

use assert_cmd::Command;
use serde_json::Value;

/// Nothing that a test starts may take longer: then it is stopped, and the test fails.
pub const OUTER_LIMIT: Duration = Duration::from_mins(3);

/// The project's folder, which is a course.
pub fn course() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A submission of the corpus.
pub fn submission(name: &str) -> PathBuf {
    let path = course().join("tests/submissions").join(name);
    assert!(path.is_dir(), "the corpus has no `{name}`");
    path
}

/// The cache that all tests share, so that the course's crates are compiled once.
pub fn cache() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("grade-cache")
}

/// The toolchain of whoever tests.
#[expect(clippy::disallowed_methods, reason = "the tests' own compiler")]
pub fn sysroot() -> PathBuf {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let asked = std::process::Command::new(rustc)
        .args(["--print", "sysroot"])
        .output()
        .expect("rustc starts");
    let said = String::from_utf8(asked.stdout).expect("its answer is a path");
    PathBuf::from(said.trim_end())
}

/// The program, in the course's folder, with an environment that holds nothing of the person who tests.
pub fn grade() -> Command {
    in_known_surroundings(Command::new(env!("CARGO_BIN_EXE_grade")))
}

/// The same for a command that starts the program.
pub fn in_known_surroundings(mut command: Command) -> Command {
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        let is_ours = name.starts_with("GRADE_") || name.starts_with("XDG_");
        if is_ours
            || matches!(
                &*name,
                "TMPDIR" | "NO_COLOR" | "CLICOLOR" | "CLICOLOR_FORCE"
            )
        {
            command.env_remove(&*name);
        }
    }
    command
        .current_dir(course())
        .env("GRADE_CACHE_DIR", cache())
        .timeout(OUTER_LIMIT);
    command
}

/// What a person would see, for the message of a failed assertion.
pub fn shown(output: &Output) -> String {
    format!(
        "{}\n--- stdout\n{}\n--- stderr\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// The record of a submission, graded on the seeds 0 and 7.
pub fn record(folder: &Path) -> Value {
    record_of(grade().args(["sum-of-products", "--seed", "7"]).arg(folder))
}

/// The record that a grading gives; it fits its schema.
#[track_caller]
pub fn record_of(command: &mut Command) -> Value {
    let output = command.args(["--format", "json"]).output();
    let output = output.expect("grade starts");
    let record = serde_json::from_slice(&output.stdout);
    fitting(record.unwrap_or_else(|_| panic!("{}", shown(&output))))
}

/// The record, if it fits the published schema; otherwise the test fails.
#[track_caller]
pub fn fitting(record: Value) -> Value {
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
pub fn statuses(record: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let checks = record["checks"].as_array().expect("checks");
    checks
        .iter()
        .map(|check| (text(&check["id"]), text(&check["status"])))
        .collect()
}
