//! What is published: the schemas, the records that fit them, the README's report, and the total itself.

use std::fs;

use crate::support::{
    command::grade,
    course,
    record::{fitting, record, record_of},
    submission,
    workspace::{Workspace, not_graded},
};
use evidence::{Captured, Execution, FilesWitness, Observed, Termination, Usage};
use judge::{
    Source,
    evidence::{BuildEvidence, Evidence, RunEvidence},
};

fn read(path: &str) -> String {
    fs::read_to_string(course().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

const SCHEMA: &str = "schema/grade-record-1.schema.json";
const BATCH_SCHEMA: &str = "schema/grade-batch-1.schema.json";

#[test]
fn the_published_schemas_are_generated_from_the_code() {
    for (path, schema) in [
        (SCHEMA, judge::record::json_schema()),
        (BATCH_SCHEMA, grade::batch::json_schema()),
    ] {
        if std::env::var_os("GRADE_BLESS").is_some() {
            fs::write(course().join(path), &schema).unwrap();
        }
        // Not `assert_eq`: the two are some hundred lines long.
        assert!(
            read(path) == schema,
            "run GRADE_BLESS=1 cargo test -p grade --test it published::, and read the diff"
        );
    }
}

#[test]
fn every_kind_of_record_fits_the_published_schema() {
    let mut verdicts = Vec::new();
    for name in [
        "correct-rayon-par-iter",
        "type-error",
        "panics",
        "crate-not-allowed",
        "prints-label",
    ] {
        verdicts.push(record(&submission(name))["verdict"].clone());
    }
    assert_eq!(verdicts, ["pass", "fail", "fail", "fail", "fail"]);
}

#[test]
fn a_record_of_what_was_not_graded_fits_the_published_schema() {
    let workspace = Workspace::new();
    let folder = workspace.submission("inside", "", "fn main() {}");
    let record = record_of(&mut not_graded(&workspace, &folder));
    assert_eq!(record["verdict"], "not-graded");
    assert_eq!(record["score"], serde_json::Value::Null);
    assert_eq!(record["faults"][0]["kind"], "usage");
}

/// A run of which everything is known but how it read.
fn run_without_observer() -> RunEvidence {
    RunEvidence {
        expected_saved: None,
        saved: None,
        slow: None,
        seed: ids::Seed(7),
        is_public: false,
        expected: "42".into(),
        reference_concurrency: None,
        execution: Execution {
            termination: Termination::Exited { code: 0 },
            stdout: Captured::complete("42\n"),
            stderr: Captured::complete(""),
            usage: Usage::default(),
            left_behind: 0,
            standing: Vec::new(),
            observation: Some(Observed::Unavailable {
                reason: "no seccomp here".into(),
            }),
        },
        files: FilesWitness {
            expected: 2,
            read: 2,
            ..FilesWitness::default()
        },
    }
}

#[test]
fn a_record_of_what_was_inconclusive_fits_the_published_schema() {
    let course = ::grade::course::Course::load(&course()).unwrap();
    let exercise = course.exercise("sum-of-products").unwrap();
    let evidence = Evidence {
        source: Source::default(),
        left_out: Vec::new(),
        build: BuildEvidence::Built {
            warnings: 0,
            notes: Vec::new(),
        },
        runs: vec![run_without_observer()],
    };
    let findings = judge::check::run_all(&exercise.questions, &evidence);
    let (verdict, score) = judge::verdict::decide(&findings, &exercise.checks);
    let record = judge::record::Record {
        schema: judge::record::SCHEMA.into(),
        grader: judge::record::Grader {
            version: env!("CARGO_PKG_VERSION").into(),
            tier: "weak".into(),
            observer: "file-times".into(),
        },
        exercise: exercise.id,
        submission: judge::record::Submission {
            id: "alice".parse().unwrap(),
            digest: None,
            left_out: vec![judge::record::LeftOut {
                path: "CLAUDE.md".to_owned(),
                why: "is a link".to_owned(),
            }],
            left_out_more: 1,
            graded: Some(judge::record::Graded {
                path: "/home/ada/sum-of-products".to_owned(),
                newest: Some(judge::record::Newest {
                    path: "src/main.rs".to_owned(),
                    modified: "2026-10-01T12:00:00Z".to_owned(),
                }),
            }),
        },
        verdict: verdict.into(),
        score: score.map(judge::record::Score::from),
        checks: findings
            .iter()
            .zip(&exercise.checks)
            .map(|(finding, spec)| judge::record::Check::new(finding, spec))
            .collect(),
        runs: evidence
            .runs
            .iter()
            .map(|run| judge::record::Run::new(run, &exercise.questions))
            .collect(),
        faults: Vec::new(),
        notice: exercise.notice,
        replay: String::new(),
    };
    let record = fitting(serde_json::to_value(record).unwrap());
    assert_eq!(record["verdict"], "not-graded");
    assert_eq!(record["checks"][4]["status"], "inconclusive");
}

#[test]
#[should_panic(expected = "does not fit its schema")]
fn a_record_that_lacks_a_field_does_not_fit() {
    // A schema that takes everything proves nothing.
    fitting(serde_json::json!({"schema": "grade-record/1"}));
}

#[test]
fn the_readme_opens_with_the_two_commands() {
    let readme = read("README.md");
    let head: String = readme.lines().take(24).collect::<Vec<_>>().join("\n");
    assert!(
        head.contains("cargo run --release -- sum-of-products"),
        "{head}"
    );
    assert!(head.contains("cargo test"), "{head}");
    let help = grade().arg("--help").output().unwrap();
    assert!(help.status.success());
}

#[test]
fn the_report_in_the_readme_is_a_real_one() {
    let line = "grade sum-of-products tests/submissions/mutex-around-read --seed 7131";
    let arguments: Vec<&str> = line.split(' ').skip(1).collect();
    let output = grade().args(arguments).output().unwrap();
    // How well a machine isolates is its own.
    let plain = |text: &str| {
        let lines = text
            .lines()
            .filter(|line| !line.starts_with("  Isolation: "))
            // So are the folder and the age of its files.
            .filter(|line| !line.starts_with("  Graded: ") && !line.starts_with("  Newest file: "));
        lines.collect::<Vec<_>>().join("\n")
    };
    let report = plain(&String::from_utf8(output.stdout).unwrap());
    let readme = plain(&read("README.md"));
    assert!(
        readme.contains(&format!("$ {line}\n{report}")),
        "it is now:\n{report}"
    );
}

/// The answer by the simplest method: one loop over the generated files.
fn oracle(seed: u64) -> String {
    let course = ::grade::course::Course::load(&course()).unwrap();
    let exercise = course.exercise("sum-of-products").unwrap();
    let dataset = dataset::generate(&exercise.recipe, seed).unwrap();
    let mut total: i128 = 0;
    for (_, contents) in dataset.files() {
        let lines: Vec<i128> = std::str::from_utf8(contents)
            .unwrap()
            .lines()
            .map(|line| line.parse().unwrap())
            .collect();
        total += lines[2] * lines[16];
    }
    total.to_string()
}

#[test]
fn the_reference_agrees_with_a_serial_oracle() {
    assert_eq!(oracle(0), "2483973");
    // 268 draws a name twice.
    let seeds = [1, 268, 4_294_967_297, u64::MAX];
    let mut command = grade();
    command.args(["sum-of-products", "reference/sum-of-products"]);
    for seed in seeds {
        command.args(["--seed", &seed.to_string()]);
    }
    let record = record_of(&mut command);
    let runs = record["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 5);
    for run in runs {
        let seed: u64 = run["seed"].as_str().unwrap().parse().unwrap();
        assert_eq!(run["expected"], oracle(seed), "seed {seed}");
        assert_eq!(run["answer"], oracle(seed), "seed {seed}");
    }
}
