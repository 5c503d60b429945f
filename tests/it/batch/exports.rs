//! The exports of nine systems, graded end to end: who is in the class, what each is worth, and what is ignored.

use std::{fs, path::Path};

use serde_json::Value;

use super::{
    class::{Class, record, says, stdout},
    found::zip,
};
use crate::support::{command::shown, files::copy_tree, submission};

/// A program that gets all points, as a folder or an archive.
const RIGHT: &str = "correct-scoped-chunks";
/// A program that gets none.
const WRONG: &str = "missing-semicolon";

/// What is at a path of an export.
enum Put {
    /// A folder with this submission.
    Folder(&'static str),
    /// An archive of this submission.
    Zip(&'static str),
    /// A file with this text.
    Text(&'static str),
}
use Put::{Folder, Text, Zip};

/// A student of an export.
struct Student {
    id: &'static str,
    points: u64,
    attempts: usize,
    /// What ends the line of the gradebook, after the number of attempts.
    ends: &'static [&'static str],
}

fn student(id: &'static str, points: u64, attempts: usize) -> Student {
    Student {
        id,
        points,
        attempts,
        ends: &[""],
    }
}

impl Put {
    fn at(&self, path: &Path) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        match self {
            Folder(name) => copy_tree(&submission(name), path),
            Zip(name) => fs::write(path, zip(name)).unwrap(),
            Text(text) => fs::write(path, text).unwrap(),
        }
    }
}

fn exported(files: &[(&str, Put)]) -> Class {
    let class = Class::new(&[]);
    for (path, put) in files {
        put.at(&class.folder().join(path));
    }
    class
}

/// Grade the class and compare what a batch leaves with what is right.
#[track_caller]
fn graded(class: &Class, layout: &str, students: &[Student], ignored: &[(&str, &str)]) {
    let list = class.list(&[]);
    assert_eq!(list.status.code(), Some(0), "{}", shown(&list));
    let listed = stdout(&list);
    let head = format!("{layout}: {} submissions\n", students.len());
    assert!(listed.starts_with(&head), "{listed}");

    let output = class.batch("out", &["--quiet"]);
    assert_eq!(output.status.code(), Some(1), "{}", shown(&output));
    let out = class.out("out");
    let gradebook = fs::read_to_string(out.join("gradebook.csv")).unwrap();
    let mut lines = gradebook.lines().skip(1);
    for student in students {
        let Student { id, points, .. } = student;
        let record = record(&out, id);
        assert_eq!(record["score"]["earned"], *points, "{record:#}");
        let verdict = if *points == 10 { "pass" } else { "fail" };
        for end in student.ends {
            let line = lines.next().unwrap_or_default();
            let start = format!("{id},{verdict},{points},10,");
            let end = format!(",{},{end}", student.attempts);
            assert!(
                line.starts_with(&start) && line.ends_with(&end),
                "{start}…{end} in {gradebook}"
            );
        }
    }
    assert_eq!(lines.next(), None, "{gradebook}");
    let batch = fs::read_to_string(out.join("batch.json")).unwrap();
    let batch: Value = serde_json::from_str(&batch).unwrap();
    assert_eq!(batch["class"]["size"], students.len());
    let seen = batch["class"]["ignored"].as_array().unwrap();
    assert_eq!(seen.len(), ignored.len(), "{seen:#?}");
    for (seen, (name, why)) in seen.iter().zip(ignored) {
        assert_eq!(seen["name"], *name, "{seen}");
        assert!(seen["why"].as_str().unwrap().contains(why), "{seen}");
        assert!(listed.contains(name), "{listed}");
    }
}

#[test]
fn canvas() {
    let class = exported(&[
        ("stone_111_901_hw.zip", Zip(WRONG)),
        ("stone_111_1002_hw-1.zip", Zip(RIGHT)),
        ("brook_LATE_121_902_hw.zip", Zip(WRONG)),
        ("doejane_12345_link.html", Text("<a href=x>x</a>")),
        ("roemax_LATE_777_text.html", Text("see my repository")),
        ("brook_121_text.html", Text("hello")),
    ]);
    let late = |mut student: Student| {
        student.ends = &["late"];
        student
    };
    graded(
        &class,
        "Canvas export",
        &[
            late(student("brook_121", 0, 1)),
            student("doejane_12345", 0, 1),
            late(student("roemax_777", 0, 1)),
            student("stone_111", 10, 2),
        ],
        &[("brook_121_text.html", "beside what `brook_121` handed in")],
    );
    for (id, what) in [("doejane_12345", "a link"), ("roemax_777", "typed text")] {
        let message = record(&class.out("out"), id)["checks"][0]["message"].clone();
        assert!(message.as_str().unwrap().contains(what), "{message}");
    }
}

#[test]
fn moodle() {
    let class = exported(&[
        (
            "Jane Doe_101_assignsubmission_file/my solution",
            Folder(RIGHT),
        ),
        (
            "Jane Doe_101_assignsubmission_onlinetext/onlinetext.html",
            Text("hello"),
        ),
        ("Max Roe_102_assignsubmission_file/hw.zip", Zip(WRONG)),
        (
            "Ann Poe_103_assignsubmission_onlinetext/onlinetext.html",
            Text("my program"),
        ),
    ]);
    // Moodle writes names out.
    let of = |id, points, ends| Student {
        ends,
        ..student(id, points, 1)
    };
    graded(
        &class,
        "Moodle export",
        &[
            of("Ann_Poe_103", 0, &[",,Ann Poe,,,"]),
            of("Jane_Doe_101", 10, &[",,Jane Doe,,,"]),
            of("Max_Roe_102", 0, &[",,Max Roe,,,"]),
        ],
        &[(
            "Jane Doe_101_assignsubmission_onlinetext",
            "typed into Moodle beside what `Jane_Doe_101` handed in",
        )],
    );
    let message = record(&class.out("out"), "Ann_Poe_103")["checks"][0]["message"].clone();
    assert!(
        message.as_str().unwrap().contains("typed text"),
        "{message}"
    );
}

#[test]
fn blackboard() {
    let class = exported(&[
        ("HW 1_jdoe_attempt_2026-10-01-09-00-00_a.zip", Zip(RIGHT)),
        (
            "HW 1_jdoe_attempt_2026-10-01-09-00-00.txt",
            Text("Name: Jane Doe"),
        ),
        ("HW 1_jdoe_attempt_2026-09-24-21-26-00_z.zip", Zip(WRONG)),
        ("HW 1_mroe_attempt_2026-09-24-21-26-00_hw.zip", Zip(WRONG)),
    ]);
    graded(
        &class,
        "Blackboard export",
        &[student("jdoe", 10, 2), student("mroe", 0, 1)],
        &[(
            "HW 1_jdoe_attempt_2026-10-01-09-00-00.txt",
            "description of an attempt",
        )],
    );
}

#[test]
fn brightspace() {
    let class = exported(&[
        (
            "397063-2557369 - Jane Doe - Oct 1, 2026 1005 AM/hw.zip",
            Zip(RIGHT),
        ),
        (
            "397063-2557369 - Jane Doe - Sep 30, 2026 926 PM/hw.zip",
            Zip(WRONG),
        ),
        (
            "397064-2557369 - Max Roe - Sep 30, 2026 926 PM/hw.zip",
            Zip(WRONG),
        ),
        ("index.html", Text("a list")),
    ]);
    graded(
        &class,
        "Brightspace export",
        &[
            student("Jane_Doe_397063", 10, 2),
            student("Max_Roe_397064", 0, 1),
        ],
        &[("index.html", "neither a folder nor an archive")],
    );
}

#[test]
fn sakai() {
    let class = exported(&[
        (
            "Doe, Jane(jdoe)/Submission attachment(s)/hw.zip",
            Zip(RIGHT),
        ),
        ("Doe, Jane(jdoe)/Feedback Attachment(s)/old.zip", Zip(WRONG)),
        ("Doe, Jane(jdoe)/timestamp.txt", Text("20261001")),
        ("Roe, Max(mroe)/Submission attachment(s)", Folder(WRONG)),
        ("grades.csv", Text("Assignment 1\n")),
    ]);
    graded(
        &class,
        "Sakai export; what is in `Submission attachment(s)` is graded",
        &[student("jdoe", 10, 1), student("mroe", 0, 1)],
        &[("grades.csv", "neither a folder nor an archive")],
    );
}

#[test]
fn openolat() {
    let class = exported(&[
        ("Doe_Jane_jdoe/1_task/task.zip", Zip(WRONG)),
        ("Doe_Jane_jdoe/2_submissions/hw.zip", Zip(WRONG)),
        ("Doe_Jane_jdoe/3_corrections/hw.zip", Zip(WRONG)),
        ("Doe_Jane_jdoe/4_revisions_1/project", Folder(RIGHT)),
        ("Roe_Max_mroe/2_submissions/hw.zip", Zip(WRONG)),
        ("overview.xlsx", Text("a table")),
    ]);
    graded(
        &class,
        "OpenOLAT export",
        &[
            student("Doe_Jane_jdoe", 10, 2),
            student("Roe_Max_mroe", 0, 1),
        ],
        &[("overview.xlsx", "neither a folder nor an archive")],
    );
}

#[test]
fn gradescope() {
    const METADATA: &str = "---\nsubmission_1:\n  :submitters:\n  - :name: Jane Doe\n    :sid: '1001'\n    \
        :email: jane@example.org\n  - :name: Ann Poe\n    :sid: '1003'\nsubmission_2:\n  :submitters:\n  \
        - :name: Max Roe\n    :sid: '1002'\nsubmission_9:\n  :submitters:\n  - :name: Bo Lost\n    :sid: '1009'\n";
    let class = exported(&[
        ("submission_1", Folder(RIGHT)),
        ("submission_2", Folder(WRONG)),
        ("submission_metadata.yml", Text(METADATA)),
    ]);
    // Each person of a group has a line.
    let group = Student {
        ends: &[",1001,Jane Doe,jane@example.org,,", ",1003,Ann Poe,,,"],
        ..student("Jane_Doe_1001-Ann_Poe_1003", 10, 1)
    };
    let alone = Student {
        ends: &[",1002,Max Roe,,,"],
        ..student("Max_Roe_1002", 0, 1)
    };
    graded(
        &class,
        "Gradescope export",
        &[group, alone],
        &[
            ("submission_9", "of Bo Lost_1009, and has no folder"),
            ("submission_metadata.yml", "whose submissions these are"),
        ],
    );
    let list = class.list(&["--format", "csv"]);
    says(
        &list,
        "Jane_Doe_1001-Ann_Poe_1003,Jane Doe (1001); Ann Poe (1003),submission_1,1,1,,,counts",
    );
}

#[test]
fn github_classroom() {
    let class = exported(&[
        ("hw1-hubot/.git/HEAD", Text("ref: refs/heads/main\n")),
        ("hw1-hubot", Folder(WRONG)),
        ("hw1-octocat/.git/HEAD", Text("ref: refs/heads/main\n")),
        ("hw1-octocat", Folder(RIGHT)),
    ]);
    graded(
        &class,
        "repositories of GitHub Classroom, `hw1-…`",
        &[student("hw1-hubot", 0, 1), student("hw1-octocat", 10, 1)],
        &[],
    );
}

#[test]
fn plain_folders_in_a_folder_around_them() {
    let class = exported(&[
        ("HW 1/jane", Folder(RIGHT)),
        ("HW 1/max.zip", Zip(WRONG)),
        ("HW 1/notes.txt", Text("call Max")),
    ]);
    let output = class.batch("out", &[]);
    assert_eq!(output.status.code(), Some(2), "{}", shown(&output));
    says(
        &output,
        "its only folder, `HW 1`, holds 2 folders or archives",
    );
    let inner = class.folder().join("HW 1");
    let command = format!("type `grade batch sum-of-products '{}'`", inner.display());
    says(&output, &command);
    let whole = class.folder();
    let alone = format!(
        "type `grade batch sum-of-products {} --names '(?<student>.+)'`",
        whole.display()
    );
    says(&output, &alone);
    assert!(!class.out("out").exists());

    // As the message says.
    let moved = class.out("moved");
    fs::rename(&inner, &moved).unwrap();
    fs::remove_dir(&whole).unwrap();
    fs::rename(&moved, &whole).unwrap();
    graded(
        &class,
        "a folder or a file for each student",
        &[student("jane", 10, 1), student("max", 0, 1)],
        &[("notes.txt", "neither a folder nor an archive")],
    );
}
