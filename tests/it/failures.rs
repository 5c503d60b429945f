//! What a student is told about a failure: the mistake by its name, and the line to look at.
//!
//! All programs are graded as one class, once.

use std::{collections::BTreeMap, fs, sync::LazyLock};

use serde_json::Value;

use crate::support::{
    command::{grade, shown},
    course,
    files::copy_tree,
    processors,
};

/// Submissions of the corpus, with the check that they fail.
const CLASS: [(&str, &str); 26] = [
    ("adds-in-all-threads", "build"),
    ("borrow-error", "build"),
    ("joins-by-reference", "build"),
    ("keeps-the-line-end", "run"),
    ("lends-parts-to-threads", "build"),
    ("missing-semicolon", "build"),
    ("mixed-number-types", "build"),
    ("moves-files-in-a-loop", "build"),
    ("no-prelude", "build"),
    ("panics", "run"),
    ("rc-across-threads", "build"),
    ("unresolved-crate", "build"),
    ("unwraps-missing-line", "run"),
    ("waits-for-input", "run"),
    ("awaits-each-read", "multi-threaded"),
    ("deadlock-channel", "run"),
    ("deadlock-lock-order", "run"),
    ("deadlock-lock-twice", "run"),
    ("lock-held-through-while-let", "multi-threaded"),
    ("locks-the-beginning", "multi-threaded"),
    ("par-bridge-over-a-reading-iterator", "multi-threaded"),
    ("pool-of-one-thread", "multi-threaded"),
    ("reads-a-byte-then-locks", "multi-threaded"),
    ("spawn-and-join-per-file", "multi-threaded"),
    ("starts-threads-far-apart", "multi-threaded"),
    ("threads-that-only-sleep", "multi-threaded"),
];

/// The failed check of each submission.
static FAILED: LazyLock<BTreeMap<String, Value>> = LazyLock::new(|| {
    let _alone = processors::use_all();
    let folder = tempfile::tempdir().unwrap();
    for (name, _) in CLASS {
        let from = course().join("tests/submissions").join(name);
        copy_tree(&from, &folder.path().join(name));
    }
    let output = grade()
        .args(["batch", "sum-of-products", "--seed", "7", "--quiet"])
        .args(["--format", "json"])
        .arg(folder.path())
        .output()
        .unwrap();
    let batch: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", shown(&output)));
    let failed = |record: &Value| {
        let name = record["submission"]["id"].as_str().unwrap().to_owned();
        let checks = record["checks"].as_array().unwrap();
        let check = checks.iter().find(|check| check["status"] == "fail");
        let check = check.unwrap_or_else(|| panic!("{record:#}"));
        (name, check.clone())
    };
    batch["records"]
        .as_array()
        .unwrap()
        .iter()
        .map(failed)
        .collect()
});

/// Expect the name of the mistake, and what is in the line that the report names.
#[track_caller]
fn told(name: &str, diagnosis: &str, line: &str) -> &'static Value {
    let check = &FAILED[name];
    let (_, id) = CLASS.iter().find(|(one, _)| *one == name).unwrap();
    assert_eq!(check["id"], *id, "{check:#}");
    assert_eq!(check["diagnosis"], diagnosis, "{check:#}");
    let place = check["details"]["place"].as_str().unwrap_or_default();
    let mut parts = place.split(':');
    let file = course()
        .join("tests/submissions")
        .join(name)
        .join(parts.next().unwrap());
    let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{error}: {check:#}"));
    let number: usize = parts.next().unwrap().parse().unwrap();
    let seen = text.lines().nth(number - 1).unwrap();
    assert!(seen.contains(line), "{seen}\n{check:#}");
    check
}

#[test]
fn a_program_that_is_not_parallel_is_told_which_line_makes_it_so() {
    for (name, diagnosis, line) in [
        (
            "awaits-each-read",
            "awaited-one-by-one",
            "spawn(product(path)).await",
        ),
        (
            "lock-held-through-while-let",
            "serialised",
            "while let Some(path)",
        ),
        ("locks-the-beginning", "beginning-serialised", "let _guard"),
        (
            "par-bridge-over-a-reading-iterator",
            "lazy-iterator",
            ".par_bridge()",
        ),
        ("pool-of-one-thread", "pool-of-one", ".num_threads(1)"),
        ("reads-a-byte-then-locks", "touched-only", ".lock()"),
        ("spawn-and-join-per-file", "spawn-join-loop", ".join()"),
        ("starts-threads-far-apart", "started-far-apart", "sleep("),
        ("threads-that-only-sleep", "sleeping-threads", "sleep("),
    ] {
        told(name, diagnosis, line);
    }
}

#[test]
fn a_deadlock_is_called_one_and_says_who_waits_for_what() {
    for (name, waits) in [
        (
            "deadlock-channel",
            &["the first thread (`main`) in `main`: waiting for a message of a channel (`recv`)"][..],
        ),
        (
            "deadlock-lock-order",
            &[
                "the first thread (`main`) in `main` (src/main.rs:44): waiting for another thread to end (`join`)",
                "1 thread in `add` (src/main.rs:10 or 12): waiting for lock A",
                "1 thread in `add` (src/main.rs:10 or 12): waiting for lock B",
            ],
        ),
        (
            "deadlock-lock-twice",
            &["the first thread (`main`) in `add` (src/main.rs:8): waiting for a lock"],
        ),
    ] {
        let check = &FAILED[name];
        assert_eq!(check["id"], "run", "{check:#}");
        assert_eq!(check["diagnosis"], name, "{check:#}");
        assert!(
            check["message"].as_str().unwrap().contains("a deadlock"),
            "{check:#}"
        );
        assert_eq!(
            check["details"]["more"],
            serde_json::json!(waits),
            "{check:#}"
        );
    }
}

#[test]
fn an_error_of_the_compiler_is_told_with_what_it_means() {
    for (name, diagnosis, line) in [
        ("adds-in-all-threads", "shared-mutable", "scope.spawn(||"),
        ("borrow-error", "borrow-in-spawn", "files"),
        ("joins-by-reference", "join-by-reference", "worker.join()"),
        ("lends-parts-to-threads", "borrow-in-spawn", "files.chunks"),
        ("missing-semicolon", "missing-semicolon", ""),
        ("mixed-number-types", "number-types", "worker.join()"),
        ("moves-files-in-a-loop", "use-after-move", "move ||"),
        ("no-prelude", "missing-prelude", ".par_iter()"),
        ("rc-across-threads", "rc-across-threads", "thread::spawn"),
    ] {
        let check = told(name, diagnosis, line);
        let output = check["details"]["output"].as_str().unwrap();
        assert!(
            output.starts_with("error"),
            "rustc's own words stay: {check:#}"
        );
    }
    let check = told("unresolved-crate", "unresolved-crate", "rayon");
    let more = check["details"]["more"].to_string();
    assert!(
        more.contains("the course has the crate `rayon`"),
        "{check:#}"
    );
}

#[test]
fn a_crash_is_told_with_its_line_and_what_is_in_it() {
    for (name, diagnosis, line) in [
        (
            "keeps-the-line-end",
            "parse-error",
            "numbers.push(line.parse().unwrap());",
        ),
        (
            "panics",
            "index-out-of-bounds",
            "fs::read_to_string(&files[i])",
        ),
        (
            "unwraps-missing-line",
            "unwrap-on-none",
            "lines.nth(16).unwrap()",
        ),
        (
            "waits-for-input",
            "reads-standard-input",
            "answer.trim().parse()",
        ),
    ] {
        let check = told(name, diagnosis, line);
        let more = check["details"]["more"].to_string();
        assert!(
            more.contains("src/main.rs:") && more.contains(line.split('&').next().unwrap()),
            "{check:#}"
        );
    }
}
