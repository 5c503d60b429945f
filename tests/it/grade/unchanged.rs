//! A folder that is graded again: what did not change is not run again, and what did is.

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::support::{
    command::{Finished, run},
    files::copy_tree,
    submission,
    workspace::Workspace,
};

/// A submission, and a cache that remembers it.
struct Student {
    workspace: Workspace,
    folder: PathBuf,
}

const NOTE: &str = "nothing changed since";

impl Student {
    fn new(corpus: &str) -> Self {
        let workspace = Workspace::new();
        let folder = workspace.path("mine");
        copy_tree(&submission(corpus), &folder);
        Self { workspace, folder }
    }

    fn grade(&self, arguments: &[&str]) -> Finished {
        let mut command = self.workspace.grade();
        command
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
    let (all, is_earlier) = student.record(&["--seed", "7", "--observe", "all"]);
    assert!(!is_earlier);
    assert_eq!(all["verdict"], "fail", "{all:#}");
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
    let student = Student::new("correct-rayon-par-iter");
    student.record(&[]);
    // A compiler that cannot compile: what the toolchain said of itself is remembered as well.
    let layers = student.workspace.cache.join("layers");
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
    let other = student.workspace.path("other");
    copy_tree(&student.folder, &other);
    let student = Student {
        folder: other,
        ..student
    };
    assert!(!student.record(&[]).1);
}

#[test]
fn a_record_that_was_damaged_or_forged_is_no_answer() {
    let student = Student::new("mutex-around-read");
    student.record(&[]);
    let entries = || {
        let folder = fs::read_dir(student.workspace.cache.join("gradings")).unwrap();
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
fn a_cache_that_cannot_remember_costs_no_record() {
    let student = Student::new("correct-u64-fold");
    // A file in the place of the folder.
    fs::write(student.workspace.cache.join("gradings"), "").unwrap();
    for _ in 0..2 {
        let (record, is_earlier) = student.record(&[]);
        assert!(!is_earlier);
        assert_eq!(record["verdict"], "pass");
    }
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

/// Every file below a folder.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(folder).into_iter().flatten();
    let files = entries.filter(|entry| entry.file_type().is_file());
    files.map(walkdir::DirEntry::into_path).collect()
}

#[test]
fn what_the_compiler_keeps_of_a_folder_never_decides_a_grade() {
    let student = Student::new("correct-u64-fold");
    let main = student.folder.join("src/main.rs");
    let text = fs::read_to_string(&main).unwrap();
    let graded = |more: &str| {
        fs::write(&main, format!("{text}{more}")).unwrap();
        let (record, is_earlier) = student.record(&[]);
        assert!(!is_earlier, "{more}");
        record["verdict"].as_str().unwrap().to_owned()
    };
    assert_eq!(graded("// 1\n"), "pass");
    let notes = student.workspace.cache.join("incremental");
    let kept = files_below(&notes);
    assert!(kept.len() > 10, "{kept:?}");
    // Each grading compiles what stands there now.
    assert_eq!(graded("const _: () = panic!();\n"), "fail");
    assert_eq!(graded("// 2\n"), "pass");
    // Notes that were damaged are not used.
    for file in files_below(&notes) {
        let is_lock = file.extension().is_some_and(|end| end == "lock");
        if !is_lock && file.parent().unwrap() != notes {
            let mut bytes = fs::read(&file).unwrap();
            for byte in &mut bytes {
                *byte = !*byte;
            }
            fs::write(&file, bytes).unwrap();
        }
    }
    assert_eq!(graded("// 3\n"), "pass");
}

#[test]
fn what_did_not_change_in_a_program_is_not_compiled_again() {
    let student = Student::new("correct-u64-fold");
    let graded = || {
        let (record, _) = student.record(&[]);
        assert_eq!(record["verdict"], "pass", "{record:#}");
        let notes = student.workspace.cache.join("incremental");
        let mut objects = files_below(&notes);
        objects.retain(|file| file.extension().is_some_and(|end| end == "o"));
        // The compiler links what it uses again, and writes the rest anew.
        let files = objects.iter().map(|file| fs::metadata(file).unwrap().ino());
        files.collect::<BTreeSet<u64>>()
    };
    let before = graded();
    assert!(before.len() > 2, "{before:?}");
    let main = student.folder.join("src/main.rs");
    let text = fs::read_to_string(&main).unwrap();
    fs::write(&main, text + "#[allow(dead_code)]\nfn more() {}\n").unwrap();
    assert_eq!(graded(), before);
}

#[test]
fn two_gradings_of_one_folder_at_once_do_not_disturb_each_other() {
    let student = Student::new("correct-u64-fold");
    std::thread::scope(|scope| {
        let gradings = [0; 3].map(|_| scope.spawn(|| student.record(&["--fresh"])));
        for grading in gradings {
            assert_eq!(grading.join().unwrap().0["verdict"], "pass");
        }
    });
    student.workspace.assert_nothing_left();
}

#[test]
fn a_class_is_graded_without_what_was_kept_of_a_folder() {
    let student = Student::new("correct-u64-fold");
    student.record(&[]);
    let class = student.workspace.path("class");
    fs::create_dir(&class).unwrap();
    fs::rename(&student.folder, class.join("mine")).unwrap();
    let gradings = || files_below(&student.workspace.cache.join("gradings"));
    let notes = || files_below(&student.workspace.cache.join("incremental"));
    let before = (gradings(), notes());
    let mut command = student.workspace.grade();
    command
        .args(["batch", "sum-of-products", "--quiet"])
        .arg(&class);
    run(&mut command).code(0);
    assert_eq!((gradings(), notes()), before);
}
