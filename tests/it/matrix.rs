//! Every check against every submission of the corpus.
//!
//! To grade the corpus takes more than a minute, so it has a command of its own:
//! `cargo test -p grade --test it matrix:: -- --include-ignored`. The table in `tests/golden/matrix.txt` is what is expected;
//! the same command with `GRADE_BLESS=1` before it writes it anew, and then it is read by a person. Two rules hold
//! whatever it says: the reference passes every check, and every check fails for some submission. The table is the same at
//! every tier that fences submissions in: with `GRADE_MATRIX_TIER=confined` the command grades at that tier. Where there is
//! no fence, those that write where they must not get further, and fail there:
//! see `grade/tampering.rs`.
//!
//! `tests/golden/diagnoses.txt` has, from the same gradings, which mistake each submission is said to make. It is written
//! anew in the same way. What is right has none.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::PathBuf};

use crate::support::{
    command::{grade, shown},
    course, processors,
    record::{fitting, statuses},
};
use assert_cmd::Command;
use serde_json::Value;

const TABLE: &str = "tests/golden/matrix.txt";
const DIAGNOSES: &str = "tests/golden/diagnoses.txt";

/// What came of one submission.
struct Row {
    /// The answer of each check.
    statuses: Vec<(String, String)>,
    /// Check and mistake, where one is known.
    diagnoses: Vec<(String, String)>,
}

/// Submissions and what came of them, by name: graded as a class, which is quicker than one by one.
fn graded() -> BTreeMap<String, Row> {
    let folder = tempfile::tempdir().unwrap();
    let class = folder.path().join("class");
    fs::create_dir(&class).unwrap();
    let add = |from: PathBuf, name: &str| {
        // The slow one first, so that the batch does not wait for it at the end.
        let turn = if name == "infinite-const-eval" {
            '1'
        } else {
            '2'
        };
        let to = class.join(format!("{turn}-{name}"));
        Command::new("cp")
            .arg("-a")
            .args([&from, &to])
            .assert()
            .success();
    };
    add(course().join("reference/sum-of-products"), "reference");
    add(course().join("exercises/sum-of-products"), "starter");
    for entry in fs::read_dir(course().join("tests/submissions")).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        // `hostile` is a corpus of its own, with a test of its own.
        if entry.path().is_dir() && name != "hostile" {
            add(entry.path(), &name);
        }
    }
    let submissions = fs::read_dir(&class).unwrap().count();
    let mut command = grade();
    command
        .args(["batch", "sum-of-products", "--jobs", "3"])
        // A diagnosis needs more than one dataset.
        .args(["--seed", "7", "--seed", "8"])
        .args(["--observe", "all"])
        .args(["--quiet", "--format", "json"])
        .arg(&class);
    if let Some(tier) = std::env::var_os("GRADE_MATRIX_TIER") {
        command.arg("--isolation").arg(tier);
    }
    let output = command.output().unwrap();
    let batch: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", shown(&output)));
    let rows: BTreeMap<_, _> = batch["records"]
        .as_array()
        .unwrap()
        .iter()
        .map(|record| {
            let record = fitting(record.clone());
            let id = record["submission"]["id"].as_str().unwrap();
            let name = match &id[2..] {
                ours @ ("reference" | "starter") => format!("({ours})"),
                name => name.to_owned(),
            };
            let checks = record["checks"].as_array().unwrap();
            let diagnoses = checks.iter().filter_map(|check| {
                let text = |key: &str| Some(check[key].as_str()?.to_owned());
                Some((text("id")?, text("diagnosis")?))
            });
            let row = Row {
                statuses: statuses(&record),
                diagnoses: diagnoses.collect(),
            };
            (name, row)
        })
        .collect();
    assert_eq!(rows.len(), submissions, "{}", shown(&output));
    rows
}

/// A line for each submission.
fn table<'a>(rows: impl Iterator<Item = (&'a String, &'a Vec<(String, String)>)>) -> String {
    let mut text = String::new();
    for (name, cells) in rows {
        let cells: Vec<String> = cells
            .iter()
            .map(|(id, what)| format!("{id}: {what}"))
            .collect();
        writeln!(text, "{name:<32} {}", cells.join("  ")).unwrap();
    }
    text
}

/// Compare with a golden file, or write it anew.
fn compare(table: &str, seen: &str) {
    let path = course().join(table);
    if std::env::var_os("GRADE_BLESS").is_some() {
        assert!(
            std::env::var_os("CI").is_none(),
            "a golden file is not written by CI"
        );
        fs::write(&path, seen).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    for (seen, expected) in seen.lines().zip(expected.lines()) {
        assert_eq!(seen, expected);
    }
    assert_eq!(
        seen.lines().count(),
        expected.lines().count(),
        "rows came or went: see {table}"
    );
}

#[test]
#[ignore = "grades the whole corpus: `cargo test -p grade --test it matrix:: -- --include-ignored`"]
fn every_check_answers_every_submission_as_expected() {
    let _alone = processors::use_all();
    let rows = graded();
    let reference = &rows["(reference)"].statuses;
    assert!(
        reference.iter().all(|(_, status)| status == "pass"),
        "{reference:?}"
    );
    let starter = &rows["(starter)"].statuses;
    assert!(starter.iter().any(|(_, status)| status == "fail"));
    for (index, (id, _)) in reference.iter().enumerate() {
        let fails = |row: &Row| row.statuses[index].1 == "fail";
        assert!(rows.values().any(fails), "no submission fails `{id}`");
    }
    for (name, row) in &rows {
        if name.starts_with("correct-") {
            let statuses = &row.statuses;
            assert!(
                statuses.iter().all(|(_, status)| status == "pass"),
                "{name}: {statuses:?}"
            );
        }
        for (check, diagnosis) in &row.diagnoses {
            let fails = row.statuses.contains(&(check.clone(), "fail".into()));
            assert!(fails, "{name} passes `{check}` as {diagnosis}");
        }
    }
    compare(
        TABLE,
        &table(rows.iter().map(|(name, row)| (name, &row.statuses))),
    );
    let diagnosed = rows.iter().map(|(name, row)| (name, &row.diagnoses));
    let diagnosed = diagnosed.filter(|(_, diagnoses)| !diagnoses.is_empty());
    compare(DIAGNOSES, &table(diagnosed));
}

#[test]
fn every_submission_says_what_it_does_and_is_called_after_it() {
    let rows = fs::read_to_string(course().join(TABLE)).unwrap();
    for entry in fs::read_dir(course().join("tests/submissions")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !path.is_dir() || name == "hostile" {
            continue;
        }
        let sources = [
            "src/main.rs",
            "src/bin/x.rs",
            "src/lib.rs",
            "sum/src/main.rs",
        ];
        let source = sources
            .iter()
            .find_map(|source| fs::read_to_string(path.join(source)).ok());
        let source = source.unwrap_or_else(|| panic!("{name} has no source"));
        assert!(
            rows.lines()
                .any(|row| row.split_whitespace().next() == Some(&*name)),
            "{name} has no row in {TABLE}; grade the corpus with `GRADE_BLESS=1`"
        );
        assert!(
            source.starts_with("//! "),
            "{name}: the first line does not say what it does"
        );
        if let Ok(manifest) = fs::read_to_string(path.join("Cargo.toml"))
            && let Ok(manifest) = manifest.parse::<toml::Table>()
            && let Some(package) = manifest.get("package")
        {
            assert_eq!(package["name"].as_str(), Some(name.as_str()));
        }
    }
}
