//! Who is in a class, as a person is told: the list, the instructor's own pattern, names that are nearly the same,
//! and folders that are not the class's.

use std::{
    fs,
    io::{Cursor, Write as _},
};

use serde_json::Value;

use super::{
    class::{Class, says, stdout},
    found::{files, zip},
};
use crate::support::command::{grade, shown};

const RIGHT: &str = "correct-scoped-chunks";
const WRONG: &str = "missing-semicolon";

impl Class {
    fn put(&self, path: &str, bytes: &[u8]) {
        let path = self.folder().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// Run a batch that ends with exit code 2, and says this.
    #[track_caller]
    fn refuses(&self, more: &[&str], words: &[&str]) {
        let output = self.batch("out", more);
        assert_eq!(output.status.code(), Some(2), "{}", shown(&output));
        for words in words {
            says(&output, words);
        }
    }
}

/// An archive of stored files, whose clock said this day of September 2026.
fn packed(files: &[(String, Vec<u8>)], day: u8) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let time = zip::DateTime::from_date_and_time(2026, 9, day, 12, 0, 0).unwrap();
    let options = zip::write::SimpleFileOptions::default().last_modified_time(time);
    for (name, bytes) in files {
        zip.start_file(name.as_str(), options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn the_list_says_who_is_in_the_class_and_grades_nothing() {
    let class = Class::new(&[WRONG]);
    class.put("stone_111_901_hw.zip", &zip(WRONG));
    class.put("stone_LATE_111_902_hw-1.zip", &zip(RIGHT));
    class.put("roe_112_903_hw.zip", &zip(RIGHT));
    class.put("notes.txt", b"call Max");
    let list = |format: &str| {
        let output = class.list(&["--format", format]);
        assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
        assert!(output.stderr.is_empty(), "{}", shown(&output));
        stdout(&output)
    };
    assert_eq!(
        list("human"),
        "Canvas export; a folder for each student: 3 submissions\n\n\
         missing-semicolon  missing-semicolon  attempt 1 of 1  counts\n\
         roe_112  roe_112_903_hw.zip  attempt 1 of 1  counts\n\
         stone_111  stone_111_901_hw.zip  attempt 1 of 2  an earlier attempt\n\
         stone_111  stone_LATE_111_902_hw-1.zip  attempt 2 of 2  late  counts\n\
         notes.txt  ignored: it is neither a folder nor an archive\n"
    );
    assert_eq!(
        list("csv"),
        "id,people,source,attempt,of,date,late,becomes\n\
         missing-semicolon,,missing-semicolon,1,1,,,counts\n\
         roe_112,,roe_112_903_hw.zip,1,1,,,counts\n\
         stone_111,,stone_111_901_hw.zip,1,2,,,an earlier attempt\n\
         stone_111,,stone_LATE_111_902_hw-1.zip,2,2,,late,counts\n\
         ,,notes.txt,,,,,ignored: it is neither a folder nor an archive\n"
    );
    let json: Value = serde_json::from_str(&list("json")).unwrap();
    assert_eq!(json["schema"], "grade-list/1");
    let entries = json["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 5);
    assert_eq!(entries[3]["attempt"], 2);
    assert_eq!(entries[3]["late"], true);
    assert_eq!(entries[4]["attempt"], Value::Null);
    assert!(!class.out("out").exists());
}

#[test]
fn names_of_other_systems_are_read_as_a_pattern_says() {
    let class = Class::new(&[]);
    class.put("2026-09-30 jane hw.zip", &zip(WRONG));
    class.put("2026-10-01 jane hw.zip", &zip(RIGHT));
    class.put("2026-10-01 max hw.zip", &zip(WRONG));
    class.put("plan.zip", &zip(RIGHT));
    let pattern = "^(?<date>[0-9-]+) (?<student>[a-z]+) ";
    for (wrong, words) in [
        ("^[a-z]+", "has no group `(?<student>…)`"),
        ("(?<student>", "is no regular expression"),
        ("(?<student>.)(?<other>.)", "has a group `other`"),
        ("^(?<student>[0-9]+)$", "matches no name in it"),
    ] {
        class.refuses(&["--names", wrong], &[words]);
    }
    assert!(!class.out("out").exists());
    let output = class.batch("out", &["--names", pattern]);
    assert_eq!(output.status.code(), Some(1), "{}", shown(&output));
    says(&output, "2 submissions, 1 passed, 1 did not pass");
    says(
        &output,
        "jane: 2026-10-01 jane hw.zip counts; also 2026-09-30 jane hw.zip",
    );
    says(&output, "plan.zip does not match the pattern for names");
    // Other students would be in it.
    let how = format!("its names were read with `--names '{pattern}'`");
    class.refuses(
        &["--names", "(?<student>.+)"],
        &[&how, "use the same option"],
    );
    class.refuses(&[], &[&how]);
    let again = class.batch("out", &["--names", pattern]);
    says(&again, "2 unchanged, 0 graded");
}

#[test]
fn the_gradebook_has_a_byte_order_mark_and_standard_output_has_none() {
    let class = Class::new(&[WRONG]);
    let output = class.batch("out", &["--format", "csv"]);
    let gradebook = fs::read(class.out("out").join("gradebook.csv")).unwrap();
    let report = grade()
        .arg("report")
        .arg(class.out("out"))
        .args(["--format", "csv"])
        .output()
        .unwrap();
    let unmarked = gradebook.strip_prefix("\u{FEFF}".as_bytes());
    assert_eq!(unmarked, Some(&output.stdout[..]), "{}", shown(&output));
    assert_eq!(output.stdout, report.stdout);
}

#[test]
fn who_is_told_apart_by_a_digest_is_told() {
    let class = Class::new(&[]);
    let long = format!("{}_jane", "x".repeat(90));
    for name in ["j.Doe", "j.doe", "max", &long] {
        class.add(WRONG, name);
    }
    let output = class.batch("out", &[]);
    says(&output, "Told apart by a digest");
    says(&output, "`j.Doe` and `j.doe` are two submissions: `j.Doe-");
    let batch = fs::read(class.out("out").join("batch.json")).unwrap();
    let batch: Value = serde_json::from_slice(&batch).unwrap();
    let told = batch["class"]["told_apart"].as_array().unwrap();
    assert_eq!(told.len(), 2, "{told:#?}");
    assert_eq!(told[0]["ids"].as_array().unwrap().len(), 2);
    let words = told[1]["words"].as_str().unwrap();
    let start = format!("`{long}` is too long for an id: `xxxx");
    assert!(words.starts_with(&start), "{words}");
    let list = class.list(&[]);
    says(&list, "`j.Doe` and `j.doe` are two submissions");
}

#[test]
fn of_several_archives_in_a_folder_the_one_with_the_newest_files_counts() {
    let class = Class::new(&[]);
    class.add(WRONG, "max");
    class.put("jane/final.zip", &packed(&files(RIGHT), 30));
    class.put("jane/work.zip", &packed(&files(WRONG), 20));
    let list = class.list(&[]);
    says(&list, "jane jane/final.zip attempt 2 of 2 counts");
    says(
        &list,
        "jane jane/work.zip attempt 1 of 2 an earlier attempt",
    );
    let output = class.batch("out", &[]);
    says(&output, "2 submissions, 1 passed");
    says(&output, "jane: jane/final.zip counts; also jane/work.zip");
}

#[test]
fn an_archive_of_the_whole_class_is_told() {
    let class = Class::new(&[]);
    let inner = ["jane.zip", "max.zip"].map(|name| (name.to_owned(), zip(RIGHT)));
    class.put("submissions.zip", &packed(&inner, 1));
    class.refuses(
        &[],
        &[
            "its only archive, `submissions.zip`, holds 2 crates or archives",
            "if that archive is the class, unpack it into a folder, and name that folder",
            "--names '(?<student>.+)'`",
        ],
    );
    // The archive itself in the place of the folder.
    let output = grade()
        .args(["batch", "sum-of-products"])
        .arg(class.folder().join("submissions.zip"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", shown(&output));
    says(&output, "it is an archive and not a folder");
    says(&output, "unpack it into a folder, and name that folder");
    // One student's, as the hint says.
    let output = class.batch("out", &["--names", "(?<student>.+)"]);
    assert_eq!(output.status.code(), Some(1), "{}", shown(&output));
    says(&output, "1 submission, 1 did not pass");
}

#[test]
fn the_hint_fits_the_doubt() {
    let classes = Class::new(&[]);
    for path in ["tutor-a/jane", "tutor-a/max", "tutor-b/ann", "tutor-b/bo"] {
        classes.put(&format!("{path}/Cargo.toml"), b"[package]\n");
    }
    classes.refuses(
        &[],
        &[
            "each folder in it may be a class of its own, such as `tutor-a`",
            "grade one class at a time, such as with `grade batch sum-of-products",
            "if each folder is the work of one student",
        ],
    );
    let attempts = Class::new(&[]);
    for path in ["attempt-1", "attempt-2"] {
        attempts.put(&format!("{path}/Cargo.toml"), b"[package]\n");
    }
    attempts.refuses(
        &[],
        &[
            "its names say that they are attempts of one student",
            "if the class is the folder above, type `grade batch sum-of-products",
            "if each folder or archive in this one is the work of one student",
        ],
    );
}
