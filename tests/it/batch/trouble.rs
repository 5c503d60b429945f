//! Machines that fail, commands that make no sense, and what is reported.

use std::fs;

use serde_json::Value;

use super::class::{Class, outputs, record, says, stdout};
use crate::support::{
    cache,
    command::{TIME_LIMIT, grade, shown},
    course, program,
};

#[test]
fn machine_trouble_is_tried_once_more_and_is_never_zero_points() {
    let class = Class::new(&["correct-modules", "correct-scoped-chunks"]);
    let own_course = class.own_course();
    let settings = own_course.join("grader.toml");
    let text = fs::read_to_string(&settings).unwrap();
    let text = text.replace("\"32 MiB\"", "\"100 MiB\"");
    // What programs may write is less than what this process may.
    let text = text.replace("file-size = \"1 GiB\"", "file-size = \"64 MiB\"");
    fs::write(&settings, text).unwrap();
    // The copy of this one does not fit into the largest file that this process may write; all that
    // is compiled does, and so does a copy of this program.
    fs::write(
        class.folder().join("correct-scoped-chunks/large.bin"),
        vec![7; 90 << 20],
    )
    .unwrap();
    let script = "trap '' XFSZ; ulimit -f 163840; exec \"$@\"";
    let mut limited = assert_cmd::Command::new("sh");
    limited
        .args(["-c", script, "sh"])
        .arg(program())
        .args(["batch", "sum-of-products"])
        .args(["--seed", "7"])
        .arg(class.folder())
        .arg("--out")
        .arg(class.out("out"))
        .arg("--course")
        .arg(&own_course)
        .current_dir(course())
        .env("GRADE_CACHE_DIR", cache())
        .timeout(TIME_LIMIT);
    // So that the limit meets the submission and not the crates.
    class.batch("warm", &[]);
    let output = limited.output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", shown(&output));
    says(
        &output,
        "later  correct-scoped-chunks  once more at the end: failed to write",
    );
    says(&output, "1 passed, 1 not graded");
    says(&output, "Not graded, through no fault of theirs");
    let not_graded = record(&class.out("out"), "correct-scoped-chunks");
    assert_eq!(not_graded["verdict"], "not-graded");
    assert_eq!(not_graded["score"], Value::Null);
    assert_eq!(not_graded["faults"][0]["kind"], "disk");

    // `--quiet` still reports the submissions that were not graded.
    let output = limited.arg("--quiet").output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", shown(&output));
    assert_eq!(output.stdout.len(), 0);
    says(
        &output,
        "not graded: correct-scoped-chunks: failed to write",
    );
    assert_eq!(String::from_utf8_lossy(&output.stderr).lines().count(), 1);

    // Once the machine works, the same command grades the submission that was left out, and no other one.
    let output = class.batch("out", &["--course", own_course.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
    says(&output, "1 unchanged, 1 graded");
    says(&output, "correct-scoped-chunks: not-graded -> pass 10/10");
}

#[test]
fn a_senseless_command_is_refused_before_anything_is_done() {
    let class = Class::new(&[]);
    let output = class.batch("out", &[]);
    assert_eq!(output.status.code(), Some(2), "{}", shown(&output));
    says(&output, "found no submission in");
    assert!(!class.out("out").exists());
    class.add("correct-scoped-chunks", "correct-scoped-chunks");
    let inside = class.folder().join("grades");
    let output = grade()
        .args(["batch", "sum-of-products"])
        .arg(class.folder())
        .arg("--out")
        .arg(&inside)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", shown(&output));
    says(&output, "it is among the submissions");
    assert!(!inside.exists());
    let output = grade().arg("report").arg(class.folder()).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", shown(&output));
    says(&output, "failed to find a batch in");
}

#[test]
fn quiet_prints_nothing_and_other_formats_print_the_files() {
    let class = Class::new(&["correct-scoped-chunks"]);
    let output = class.batch("out", &["--quiet"]);
    assert_eq!(
        (stdout(&output).as_str(), output.stderr.len()),
        ("", 0),
        "{}",
        shown(&output)
    );
    let output = class.batch("out", &["--format", "csv"]);
    // The mark is for Excel, which opens files.
    let gradebook = &outputs(&class.out("out"))["gradebook.csv"];
    assert_eq!(Some(&*stdout(&output)), gradebook.strip_prefix('\u{feff}'));
}

#[test]
fn control_characters_are_escaped_in_the_json_of_a_class() {
    let class = Class::new(&["correct-scoped-chunks"]);
    let main = class.folder().join("correct-scoped-chunks/src/main.rs");
    let text = "fn main() { println!(\"\\u{9b}2J\\u{202e}\") }";
    fs::write(main, text).unwrap();
    let output = class.batch("out", &["--format", "json"]);
    let batch = stdout(&output);
    assert_eq!(batch, outputs(&class.out("out"))["batch.json"]);
    let report = grade()
        .args(["report", "--format", "json"])
        .arg(class.out("out"))
        .output()
        .unwrap();
    assert_eq!(stdout(&report), batch);
    let acts = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
    for (name, text) in outputs(&class.out("out")) {
        assert!(!text.contains(acts), "{name}: {text:?}");
    }
    // And nothing is lost by it.
    let value: serde_json::Value = serde_json::from_str(&batch).unwrap();
    let record = record(&class.out("out"), "correct-scoped-chunks");
    assert!(record.to_string().contains("\u{9b}2J\u{202e}"), "{record}");
    assert_eq!(value["records"][0], record);
}

#[test]
fn a_place_that_cannot_be_used_is_a_mistake_of_the_command_line() {
    let class = Class::new(&["correct-scoped-chunks"]);
    let file = class.out("file");
    fs::write(&file, "mine").unwrap();
    for place in [
        file.as_path(),
        &file.join("below"),
        "/proc/nothing".as_ref(),
    ] {
        let mut command = grade();
        command
            .args(["batch", "sum-of-products"])
            .arg(class.folder());
        let output = command.arg("--out").arg(place).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", shown(&output));
        says(&output, "failed to write into");
        says(&output, "hint: name a folder that is yours to write to");
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
}

#[test]
fn a_class_may_be_the_folder_one_is_in_or_the_one_above() {
    let class = Class::new(&["correct-scoped-chunks"]);
    for (here, name, counts) in [
        (class.folder(), ".", "0 unchanged, 1 graded"),
        (
            class.folder().join("correct-scoped-chunks"),
            "..",
            "1 unchanged, 0 graded",
        ),
    ] {
        let mut command = grade();
        command.current_dir(here).arg("--course").arg(course());
        let output = command
            .args(["batch", "sum-of-products", "--seed", "7", name])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
        says(&output, counts);
    }
    assert!(class.out("class-grades").join("gradebook.csv").is_file());
    // And where grades go may be named from there.
    let mut command = grade();
    command.current_dir(class.folder());
    command.arg("--course").arg(course());
    command.args(["batch", "sum-of-products", ".", "--seed", "7"]);
    let output = command.args(["--out", "../grades"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
    assert!(class.out("grades").join("gradebook.csv").is_file());
}
