//! What is handed in: folders, archives, exports, and what cannot be admitted.

use std::{
    fs,
    io::{Cursor, Write as _},
};

use super::class::{Class, outputs, record, says};
use crate::support::{
    command::{grade, shown},
    course,
    files::copy_tree,
    submission,
};

#[test]
fn a_submission_that_cannot_be_admitted_has_a_record_that_says_why() {
    let class = Class::new(&["correct-scoped-chunks"]);
    let linked = class.folder().join("linked");
    copy_tree(&submission("correct-scoped-chunks"), &linked);
    fs::remove_file(linked.join("Cargo.toml")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", linked.join("Cargo.toml")).unwrap();
    fs::create_dir(class.folder().join("no-manifest")).unwrap();
    copy_tree(
        &submission("no-manifest"),
        &class.folder().join("no-manifest"),
    );
    let output = class.batch("out", &[]);
    assert_eq!(output.status.code(), Some(1), "{}", shown(&output));
    says(&output, "3 submissions, 1 passed, 2 did not pass");
    for id in ["linked", "no-manifest"] {
        let message = record(&class.out("out"), id)["checks"][0]["message"].clone();
        assert!(
            message.as_str().unwrap().starts_with("not accepted: "),
            "{message}"
        );
    }
}

#[test]
fn submissions_in_an_export_are_graded_and_the_rest_is_listed() {
    let class = Class::new(&["correct-scoped-chunks"]);
    // As Moodle exports it: a folder for each student, named after them and a number.
    let folder = "Ada Lovelace_4711_assignsubmission_file_";
    copy_tree(
        &submission("correct-modules"),
        &class.folder().join(folder).join("my-solution"),
    );
    fs::write(class.folder().join("notes.txt"), "call Ada").unwrap();
    let output = class.batch("out", &[]);
    assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
    says(&output, "2 submissions, 2 passed");
    says(&output, "Ignored notes.txt");
    let gradebook = &outputs(&class.out("out"))["gradebook.csv"];
    assert!(gradebook.contains(",pass,10,10,"), "{gradebook}");
}

/// The files of a submission, by their names in an archive.
pub(crate) fn files(name: &str) -> Vec<(String, Vec<u8>)> {
    let folder = submission(name);
    let files = ["Cargo.toml", "src/main.rs"].iter().map(|file| {
        let bytes = fs::read(folder.join(file)).unwrap();
        (format!("{name}/{file}"), bytes)
    });
    files.collect()
}

pub(crate) fn zip(name: &str) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (file, bytes) in files(name) {
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(file, options).unwrap();
        zip.write_all(&bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn tar_gz(name: &str) -> Vec<u8> {
    let gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut tar = tar::Builder::new(gzip);
    for (file, bytes) in files(name) {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        tar.append_data(&mut header, file, &bytes[..]).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

#[test]
fn archives_and_attempts_are_graded_and_stand_in_every_output() {
    let class = Class::new(&[]);
    let put = |name: &str, bytes: &[u8]| fs::write(class.folder().join(name), bytes).unwrap();
    put("ada.tar.gz", &tar_gz("correct-scoped-chunks"));
    put("0012345.zip", &zip("correct-modules"));
    put("doejane_12345_67890_hw.zip", &zip("lines-from-zero"));
    put(
        "doejane_LATE_12345_67891_hw-1.zip",
        &zip("correct-scoped-chunks"),
    );
    put("roejo_LATE_777_67892_hw.tar.gz", &tar_gz("lines-from-zero"));
    put("notes.txt", b"call Ada");
    let out = class.out("out");
    let output = class.batch("out", &["--quiet"]);
    assert_eq!(output.status.code(), Some(1), "{}", shown(&output));
    assert_eq!(output.stdout.len() + output.stderr.len(), 0);

    let gradebook = outputs(&out)["gradebook.csv"].clone();
    let lines: Vec<&str> = gradebook.lines().skip(1).collect();
    let ends = [
        ("'0012345,", ",1,"),
        ("ada,pass,10,10,", ",1,"),
        ("doejane_12345,pass,10,10,", ",2,late"),
        ("roejo_777,fail,8,10,", ",1,late"),
    ];
    assert_eq!(lines.len(), ends.len(), "{gradebook}");
    for (line, (start, end)) in lines.into_iter().zip(ends) {
        assert!(line.starts_with(start) && line.ends_with(end), "{line}");
    }
    let batch: serde_json::Value = serde_json::from_str(&outputs(&out)["batch.json"]).unwrap();
    assert_eq!(
        batch["class"],
        serde_json::json!({
            "size": 4,
            "attempts": {
                "doejane_12345": [
                    {"name": "doejane_12345_67890_hw.zip", "late": false},
                    {"name": "doejane_LATE_12345_67891_hw-1.zip", "late": true},
                ],
                "roejo_777": [{"name": "roejo_LATE_777_67892_hw.tar.gz", "late": true}],
            },
            "ignored": [{"name": "notes.txt", "why": "is neither a folder nor an archive"}],
        })
    );
    let schema = fs::read_to_string(course().join("schema/grade-batch-1.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    assert!(validator.is_valid(&batch));
    let report = grade().arg("report").arg(&out).output().unwrap();
    says(
        &report,
        "doejane_12345: doejane_LATE_12345_67891_hw-1.zip (late) counts; also doejane_12345_67890_hw.zip",
    );
    says(&report, "Handed in late roejo_777");
    says(
        &report,
        "Ignored notes.txt is neither a folder nor an archive",
    );
}

#[test]
fn names_that_an_id_cannot_spell_can_be_found_again() {
    let class = Class::new(&[]);
    class.add("correct-scoped-chunks", "李雷");
    class.add("correct-modules", "王芳");
    let output = class.batch("out", &["--accept"]);
    says(&output, "accepted: 2 grades (2 new)");
    assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
    says(&output, "2 submissions, 2 passed");
    let batch: serde_json::Value =
        serde_json::from_str(&outputs(&class.out("out"))["batch.json"]).unwrap();
    let attempts = batch["class"]["attempts"].as_object().unwrap();
    let gradebook = &outputs(&class.out("out"))["gradebook.csv"];
    let mut names = Vec::new();
    for (id, all) in attempts {
        let name = all[0]["name"].as_str().unwrap();
        says(&output, &format!("{id}: {name}"));
        assert!(gradebook.contains(&format!("\n{id},pass,")), "{gradebook}");
        names.push(name);
    }
    names.sort_unstable();
    assert_eq!(names, ["李雷", "王芳"]);
}

#[test]
fn no_text_of_a_submission_begins_a_cell_of_the_gradebook() {
    let class = Class::new(&["correct-scoped-chunks"]);
    let folder = class.folder().join("sly");
    copy_tree(&submission("correct-scoped-chunks"), &folder);
    let manifest = folder.join("Cargo.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(
        &manifest,
        text.replace("edition = \"2021\"", "edition = '2021;=1+1; @x'"),
    )
    .unwrap();
    class.batch("out", &[]);
    let gradebook = &outputs(&class.out("out"))["gradebook.csv"];
    let line = gradebook
        .lines()
        .find(|line| line.starts_with("sly,"))
        .unwrap();
    assert!(line.contains(";'=1+1;' @x`"), "{line}");
    for cell in line.split([';', '\t']) {
        let bare = cell.trim_start_matches([' ', '"']);
        assert!(!bare.starts_with(['=', '+', '-', '@']), "{line}");
    }
}
