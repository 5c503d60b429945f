//! The same outputs however many are graded at a time, and whatever else the machine does.
//!
//! `cargo test` grades a class by two and by eight at a time. The rest takes as long again and has its own
//! command: `cargo test -p grade --test it batch:: -- --ignored`.

use std::{collections::BTreeMap, fs, process::Child};

use serde_json::Value;

use super::class::{CLASS, Class, assert_same, outputs, says, stdout};
use crate::support::{
    command::{grade, shown},
    course,
};

#[test]
fn a_class_is_graded_alike_at_any_number_of_jobs() {
    let class = Class::new(&CLASS);
    let mut all = Vec::new();
    for jobs in ["8", "2"] {
        all.push(graded_by(&class, jobs));
    }
    assert_same(&all[0], &all[1], "8 and 2 jobs");

    // The outputs fit their descriptions.
    let out = class.out("2");
    let schema = fs::read_to_string(course().join("schema/grade-batch-1.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    let batch: Value = serde_json::from_str(&all[0]["batch.json"]).unwrap();
    let errors: Vec<_> = validator
        .iter_errors(&batch)
        .map(|e| e.to_string())
        .collect();
    assert_eq!(errors, [""; 0]);
    assert!(!validator.is_valid(&serde_json::json!({"schema": "grade-batch/1"})));
    assert_eq!(batch["seeds"], serde_json::json!(["0", "7"]));
    let records = batch["records"].as_array().unwrap();
    let ids: Vec<_> = records
        .iter()
        .map(|r| r["submission"]["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, CLASS);
    assert_eq!(batch["class"]["size"], 12);
    assert!(records.iter().all(|r| {
        r["runs"].as_array().unwrap().iter().all(|run| {
            ["usage", "timeline", "reference"]
                .iter()
                .all(|part| run.get(*part).is_none())
        })
    }));
    let gradebook = &all[0]["gradebook.csv"];
    assert_eq!(gradebook.lines().count(), 13, "{gradebook}");
    assert!(gradebook.starts_with(
        "\u{feff}id,verdict,earned,possible,build,run,total,files-read,multi-threaded,reason,attempts,late\n"
    ));
    let line = "\nlines-from-zero,fail,8,10,1,1,0,2,4,\"total: wrong on all 2 datasets: lines are counted from zero";
    assert!(gradebook.contains(line), "{gradebook}");
    let usage = fs::read_to_string(out.join("usage/correct-modules.json")).unwrap();
    assert!(usage.contains("wall_ms"), "{usage}");
    // Not every machine can observe.
    let observed = records[0]["grader"]["observer"] == "seccomp-notify";
    assert_eq!(usage.contains("\"timeline\""), observed, "{usage}");
    let reference = fs::read_to_string(out.join("reference.json")).unwrap();
    assert_eq!(reference.contains("\"timeline\""), observed, "{reference}");
    // A report of one record has what lies beside it.
    let record = out.join("records/correct-modules.json");
    let printed = stdout(
        &grade()
            .args(["report", "--format", "json"])
            .arg(record)
            .output()
            .unwrap(),
    );
    let printed: Value = serde_json::from_str(&printed).unwrap();
    assert!(printed["runs"][0]["usage"].is_object(), "{printed:#}");
    let has = |part: &str| {
        printed["runs"]
            .as_array()
            .unwrap()
            .iter()
            .any(|run| run.get(part).is_some())
    };
    assert_eq!((has("timeline"), has("reference")), (observed, observed));

    // Everything is answered from disk, and every report can be made again.
    let output = class.batch("2", &[]);
    says(&output, "12 unchanged, 0 graded");
    assert_eq!(all[1], outputs(&out), "graded and answered from disk");
    let report = |format: &str| {
        stdout(
            &grade()
                .args(["report", "--format", format])
                .arg(&out)
                .output()
                .unwrap(),
        )
    };
    assert_eq!(report("json"), all[1]["batch.json"]);
    let gradebook = &all[1]["gradebook.csv"];
    assert_eq!(Some(&*report("csv")), gradebook.strip_prefix('\u{feff}'));
    assert!(
        report("human").contains("12 submissions, 4 passed, 8 did not pass"),
        "{}",
        report("human")
    );
    let one = grade()
        .arg("report")
        .arg(out.join("records/correct-modules.json"))
        .output()
        .unwrap();
    says(
        &one,
        "PASS sum-of-products by correct-modules: 10 of 10 points",
    );
}

#[test]
#[ignore = "as long as the test above; run by its own command, and by `.ci/run`"]
fn a_class_is_graded_alike_one_by_one_and_under_load() {
    let class = Class::new(&CLASS);
    let alone = graded_by(&class, "1");
    assert_same(&alone, &graded_by(&class, "2"), "1 and 2 jobs");

    // Nothing is answered from disk if that is not wanted. Beside programs that keep every core busy, nothing
    // is different.
    let output = under_load(3, || class.batch("2", &["--fresh"]));
    says(&output, "0 unchanged, 12 graded");
    assert!(
        !shown(&output).contains("What changed"),
        "{}",
        shown(&output)
    );
    let under_load = outputs(&class.out("2"));
    assert_same(&alone, &under_load, "graded alone and under load");
}

/// Grade a whole class, so many at a time, and see what is put out.
fn graded_by(class: &Class, jobs: &str) -> BTreeMap<String, String> {
    let output = class.batch(jobs, &["--jobs", jobs]);
    assert_eq!(output.status.code(), Some(1), "{}", shown(&output));
    says(&output, "0 unchanged, 12 graded");
    outputs(&class.out(jobs))
}

/// Do it while so many others never rest.
fn under_load<T>(others: usize, work: impl FnOnce() -> T) -> T {
    /// Ends them, also if the test fails.
    struct Busy(Vec<Child>);
    impl Drop for Busy {
        fn drop(&mut self) {
            for child in &mut self.0 {
                let _ = child.kill();
                let _ = child.wait();
            }
        }
    }
    let mut busy = Busy(Vec::new());
    for _ in 0..others {
        #[expect(clippy::disallowed_methods, reason = "a program that is only busy")]
        let mut command = std::process::Command::new("sh");
        // It ends by itself if this process does not end it.
        let script = "ulimit -t 120; while :; do :; done";
        busy.0.push(command.args(["-c", script]).spawn().unwrap());
    }
    work()
}
