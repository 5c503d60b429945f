//! A folder that is graded again: what did not change is not run again, and what did is.

use std::{fs, path::PathBuf};

use serde_json::Value;

use crate::support::{
    command::{Finished, run},
    private_cache, submission,
    workspace::Workspace,
};

/// A submission, and a cache that remembers it.
struct Student {
    workspace: Workspace,
    folder: PathBuf,
    cache: PathBuf,
}

const NOTE: &str = "nothing changed since";

impl Student {
    fn new(corpus: &str) -> Self {
        let workspace = Workspace::new();
        let folder = workspace.path("mine");
        crate::support::files::copy_tree(&submission(corpus), &folder);
        Self {
            workspace,
            folder,
            cache: private_cache(),
        }
    }

    fn grade(&self, arguments: &[&str]) -> Finished {
        let mut command = self.workspace.grade();
        command
            .env("GRADE_CACHE_DIR", &self.cache)
            .args(["sum-of-products", "--format", "json"])
            .args(arguments)
            .arg(&self.folder);
        run(&mut command)
    }

    /// The record, and whether it is that of an earlier grading.
    fn record(&self, arguments: &[&str]) -> (Value, bool) {
        let output = self.grade(arguments);
        let is_earlier = output.stderr.contains(NOTE);
        (output.record(), is_earlier)
    }
}

fn seeds(record: &Value) -> Vec<String> {
    let runs = record["runs"].as_array().unwrap();
    runs.iter().map(|run| run["seed"].to_string()).collect()
}

#[test]
fn what_did_not_change_is_answered_by_its_record() {
    let student = Student::new("mutex-around-read");
    let (first, is_earlier) = student.record(&[]);
    assert!(!is_earlier);
    let (again, is_earlier) = student.record(&[]);
    assert!(is_earlier);
    assert_eq!(first, again);
    // By its own command too, and the command is that of the record.
    let replay = first["replay"].as_str().unwrap();
    let typed: Vec<&str> = replay.split(' ').skip(3).collect();
    let (replayed, is_earlier) = student.record(&typed);
    assert!(is_earlier, "{typed:?}");
    assert_eq!(first, replayed);
    // Other data, or more to observe, are no answer.
    assert!(!student.record(&["--seed", "7"]).1);
    assert!(!student.record(&["--seed", "7", "--observe", "all"]).1);
    assert!(student.record(&["--seed", "7"]).1);
}

#[test]
fn new_data_that_are_asked_for_are_not_answered_by_a_record() {
    let student = Student::new("correct-u64-fold");
    let (first, _) = student.record(&[]);
    let (fresh, is_earlier) = student.record(&["--fresh"]);
    assert!(!is_earlier);
    assert_ne!(seeds(&first), seeds(&fresh));
    assert_eq!(fresh["verdict"], "pass");
    // The latest is the one that is remembered.
    let (last, is_earlier) = student.record(&[]);
    assert!(is_earlier);
    assert_eq!(last, fresh);
}

#[test]
fn a_program_that_was_kept_is_run_without_a_compiler() {
    let student = Student::new("correct-u64-fold");
    student.record(&[]);
    // A compiler that cannot compile: what the toolchain said of itself is remembered as well.
    let layers = student.cache.join("layers");
    fs::remove_file(&layers).unwrap();
    fs::create_dir(&layers).unwrap();
    let (fresh, _) = student.record(&["--fresh"]);
    assert_eq!(fresh["verdict"], "pass");
    assert_eq!(
        fs::read_dir(&layers).unwrap().count(),
        0,
        "crates were compiled"
    );
}

#[test]
fn what_changed_is_graded() {
    let student = Student::new("correct-u64-fold");
    student.record(&[]);
    let main = student.folder.join("src/main.rs");
    let text = fs::read_to_string(&main).unwrap();
    // A comment is a change.
    fs::write(&main, text.clone() + "// x\n").unwrap();
    assert!(!student.record(&[]).1);
    // A file that was only written again is none.
    fs::write(&main, text + "// x\n").unwrap();
    assert!(student.record(&[]).1);
    // Nor does another folder know of it.
    let other = Student {
        folder: student.workspace.path("other"),
        cache: student.cache.clone(),
        workspace: Workspace::new(),
    };
    crate::support::files::copy_tree(&student.folder, &other.folder);
    assert!(!other.record(&[]).1);
}

#[test]
fn a_record_that_was_damaged_or_forged_is_no_answer() {
    let student = Student::new("mutex-around-read");
    student.record(&[]);
    let entries = || {
        let folder = fs::read_dir(student.cache.join("gradings")).unwrap();
        let folders = folder.map(|found| found.unwrap().path());
        folders.filter(|path| path.is_dir()).collect::<Vec<_>>()
    };
    let [entry] = &entries()[..] else {
        panic!("{:?}", entries())
    };
    let record = entry.join("grading.json");
    let text = fs::read_to_string(&record).unwrap();
    fs::write(&record, text.replace("\"fail\"", "\"pass\"")).unwrap();
    assert!(!student.record(&[]).1, "a forged record was the answer");
    assert!(student.record(&[]).1);
    // A damaged program is built again.
    let program = entry.join("program");
    let mut bytes = fs::read(&program).unwrap();
    bytes[1000] ^= 1;
    fs::write(&program, bytes).unwrap();
    let (fresh, _) = student.record(&["--fresh"]);
    assert_eq!(fresh["verdict"], "fail");
    assert_eq!(fresh["checks"][2]["status"], "pass");
}

#[test]
fn what_the_machine_failed_at_is_not_remembered() {
    let student = Student::new("correct-u64-fold");
    let temp = student.folder.join("temp");
    fs::create_dir(&temp).unwrap();
    let failed = student.grade(&["--temp-dir", temp.to_str().unwrap()]);
    assert!(failed.stdout.contains("not-graded"), "{}", failed.shown());
    fs::remove_dir(&temp).unwrap();
    let (record, is_earlier) = student.record(&[]);
    assert!(!is_earlier);
    assert_eq!(record["verdict"], "pass");
}
