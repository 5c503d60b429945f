//! Every check against every submission of the corpora.
//!
//! Each exercise has a corpus of its own: `tests/submissions` for the first one, `tests/submissions-of/ID` for each
//! other. To grade them takes minutes, so it has a command of its own:
//! `cargo test -p grade --test it matrix:: -- --include-ignored`; `GRADE_MATRIX_ONLY=ID` before it takes one exercise. The
//! tables in `tests/golden/matrix*.txt` are what is expected; the same command with `GRADE_BLESS=1` before it writes them
//! anew, and then they are read by a person. Two rules hold
//! whatever they say: the reference passes every check, and every check fails for some submission. A table is the same at
//! every tier that fences submissions in: with `GRADE_MATRIX_TIER=confined` the command grades at that tier. Where there is
//! no fence, those that write where they must not get further, and fail there:
//! see `grade/tampering.rs`.
//!
//! `tests/golden/diagnoses*.txt` have, from the same gradings, which mistake each submission is said to make. They are
//! written anew in the same way. What is right has none.
//!
//! With `GRADE_REPEATS=N` each corpus is graded so often and compared with both tables, and with `GRADE_BUSY=6`
//! so many busy processes run beside. The command then prints how many rows are in one of the two only.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::PathBuf,
};

use crate::support::{
    command::{grade, shown},
    course, processors,
    record::{fitting, statuses},
};
use assert_cmd::Command;
use serde_json::Value;
use test_support::busy::{Busy, setting};

/// One exercise, and the submissions to try it on.
struct Corpus {
    exercise: String,
    folder: PathBuf,
}

impl Corpus {
    /// Those of all exercises of the course.
    fn all() -> Vec<Self> {
        let entries = fs::read_dir(course().join("exercises")).unwrap();
        let mut exercises: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        exercises.sort();
        let corpus = |exercise: String| {
            let folder = match &*exercise {
                FIRST => course().join("tests/submissions"),
                other => course().join("tests/submissions-of").join(other),
            };
            Self { exercise, folder }
        };
        exercises.into_iter().map(corpus).collect()
    }

    /// A file of `tests/golden`, by its path in the repository.
    fn golden(&self, what: &str) -> String {
        match &*self.exercise {
            FIRST => format!("tests/golden/{what}.txt"),
            other => format!("tests/golden/{what}-{other}.txt"),
        }
    }

    /// The submissions: their folders and names.
    fn submissions(&self) -> Vec<(PathBuf, String)> {
        let entries = fs::read_dir(&self.folder)
            .unwrap_or_else(|error| panic!("{}: {error}", self.folder.display()));
        let named = entries.map(|entry| {
            let entry = entry.unwrap();
            (entry.path(), entry.file_name().into_string().unwrap())
        });
        // `hostile` is a corpus of its own, with a test of its own.
        named
            .filter(|(path, name)| path.is_dir() && name != "hostile")
            .collect()
    }
}

/// The exercise whose corpus and tables have no name in their paths.
const FIRST: &str = "sum-of-products";

/// What came of one submission.
struct Row {
    /// The answer of each check.
    statuses: Vec<(String, String)>,
    /// Check and mistake, where one is known.
    diagnoses: Vec<(String, String)>,
    /// All of it, for a row that is not as expected.
    record: Value,
}

/// Submissions and what came of them, by name: graded as a class, which is quicker than one by one.
fn graded(corpus: &Corpus) -> BTreeMap<String, Row> {
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
    let exercise = &*corpus.exercise;
    add(course().join("reference").join(exercise), "reference");
    add(course().join("exercises").join(exercise), "starter");
    for (folder, name) in corpus.submissions() {
        add(folder, &name);
    }
    let submissions = fs::read_dir(&class).unwrap().count();
    let mut command = grade();
    command
        .args(["batch", exercise, "--jobs", "3"])
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
            let diagnoses: Vec<_> = checks
                .iter()
                .filter_map(|check| {
                    let text = |key: &str| Some(check[key].as_str()?.to_owned());
                    Some((text("id")?, text("diagnosis")?))
                })
                .collect();
            let row = Row {
                statuses: statuses(&record),
                diagnoses,
                record,
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

/// Print the record of the submission that a line of a table is about: it may never come out like that again.
#[expect(clippy::print_stdout, reason = "what a person needs to find the cause")]
fn show_record(rows: &BTreeMap<String, Row>, line: &str) {
    let name = line.split_whitespace().next().unwrap_or_default();
    if let Some(row) = rows.get(name) {
        println!("{:#}", row.record);
    }
}

/// Compare with a golden file, or write it anew.
fn compare(table: &str, seen: &str, rows: &BTreeMap<String, Row>) {
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
        if seen != expected {
            show_record(rows, seen);
        }
        assert_eq!(seen, expected);
    }
    assert_eq!(
        seen.lines().count(),
        expected.lines().count(),
        "rows came or went: see {table}"
    );
}

#[test]
#[ignore = "grades all corpora: `cargo test -p grade --test it matrix:: -- --include-ignored`"]
fn every_check_answers_every_submission_as_expected() {
    let _alone = processors::use_all();
    let only = std::env::var("GRADE_MATRIX_ONLY").ok();
    let mut corpora = Corpus::all();
    corpora.retain(|corpus| only.as_ref().is_none_or(|only| *only == corpus.exercise));
    assert!(!corpora.is_empty(), "no exercise is called {only:?}");
    let _busy = Busy::start(setting("GRADE_BUSY", 0));
    let repeats = setting("GRADE_REPEATS", 1);
    let mut wrong = Vec::new();
    for corpus in corpora {
        if repeats == 1 {
            grade_and_compare(&corpus);
        } else {
            wrong.extend(grade_again_and_again(&corpus, repeats));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Grade a corpus so often. Returns the rows that are not those of the tables.
#[expect(clippy::print_stdout, reason = "a count that a person reads")]
fn grade_again_and_again(corpus: &Corpus, repeats: u32) -> Vec<String> {
    let golden = ["matrix", "diagnoses"].map(|kind| corpus.golden(kind));
    let expected = golden.map(|table| fs::read_to_string(course().join(table)).unwrap());
    let mut gradings = 0;
    let mut wrong = Vec::new();
    for _ in 0..repeats {
        let rows = graded(corpus);
        let tables = [statuses_table(&rows), diagnoses_table(&rows)];
        for (seen, expected) in tables.iter().zip(&expected) {
            let lines = |table: &str| table.lines().map(str::to_owned).collect::<BTreeSet<_>>();
            let (seen, expected) = (lines(seen), lines(expected));
            let differ = seen.symmetric_difference(&expected);
            wrong.extend(differ.map(|line| {
                show_record(&rows, line);
                format!("{}: {line}", corpus.exercise)
            }));
        }
        gradings += rows.len();
    }
    println!(
        "{}: {gradings} gradings, {} rows that differ",
        corpus.exercise,
        wrong.len()
    );
    wrong
}

fn statuses_table(rows: &BTreeMap<String, Row>) -> String {
    table(rows.iter().map(|(name, row)| (name, &row.statuses)))
}

/// Of those submissions alone that have a diagnosis.
fn diagnoses_table(rows: &BTreeMap<String, Row>) -> String {
    let diagnosed = rows.iter().map(|(name, row)| (name, &row.diagnoses));
    table(diagnosed.filter(|(_, diagnoses)| !diagnoses.is_empty()))
}

fn grade_and_compare(corpus: &Corpus) {
    let exercise = &corpus.exercise;
    let rows = graded(corpus);
    let reference = &rows["(reference)"].statuses;
    assert!(
        reference.iter().all(|(_, status)| status == "pass"),
        "{exercise}: {reference:?}"
    );
    let starter = &rows["(starter)"].statuses;
    assert!(
        starter.iter().any(|(_, status)| status == "fail"),
        "{exercise}: the starter passes"
    );
    for (index, (id, _)) in reference.iter().enumerate() {
        let fails = |row: &Row| row.statuses[index].1 == "fail";
        assert!(
            rows.values().any(fails),
            "{exercise}: no submission fails `{id}`"
        );
    }
    for (name, row) in &rows {
        if name.starts_with("correct-") {
            let statuses = &row.statuses;
            assert!(
                statuses.iter().all(|(_, status)| status == "pass"),
                "{exercise}: {name}: {statuses:?}"
            );
        }
        for (check, diagnosis) in &row.diagnoses {
            let fails = row.statuses.contains(&(check.clone(), "fail".into()));
            assert!(fails, "{exercise}: {name} passes `{check}` as {diagnosis}");
        }
    }
    compare(&corpus.golden("matrix"), &statuses_table(&rows), &rows);
    compare(&corpus.golden("diagnoses"), &diagnoses_table(&rows), &rows);
}

#[test]
fn every_submission_says_what_it_does_and_is_called_after_it() {
    for corpus in Corpus::all() {
        let table = corpus.golden("matrix");
        let rows = fs::read_to_string(course().join(&table)).unwrap_or_default();
        for (path, name) in corpus.submissions() {
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
                "{name} has no row in {table}; grade the corpus with `GRADE_BLESS=1`"
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
}

#[test]
fn every_exercise_has_right_and_wrong_submissions_in_many_styles() {
    for corpus in Corpus::all() {
        let submissions = corpus.submissions();
        let is_right = |(_, name): &&(PathBuf, String)| name.starts_with("correct-");
        let right = submissions.iter().filter(is_right).count();
        let exercise = &corpus.exercise;
        assert!(right >= 5, "{exercise}: only {right} are right");
        let wrong = submissions.len() - right;
        assert!(wrong >= 7, "{exercise}: only {wrong} are wrong");
    }
}
