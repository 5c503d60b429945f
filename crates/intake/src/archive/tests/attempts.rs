//! Several archives of one student: which of them counts.

use super::*;
use crate::class::{Class, find};

/// A class of these files, and of one more student: many names of one alone are not taken for Canvas's.
fn class(files: &[(&str, Vec<u8>)]) -> Class {
    let dir = tempdir().unwrap();
    let other = ("roejo_777_60000_hw.zip", good_zip().bytes());
    for (name, bytes) in files.iter().chain([&other]) {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    find(dir.path(), wanted(), &LIMITS, None).unwrap()
}

/// What counts of the first student in a class, what came before it, and what is no attempt.
#[track_caller]
fn counts(files: &[(&str, Vec<u8>)], attempts: &[&str], ignored: &[&str]) {
    let class = class(files);
    let [found, other] = &class.submissions[..] else {
        panic!("{class:?}")
    };
    assert_eq!((other.id.as_str(), other.attempts.len()), ("roejo_777", 1));
    let names: Vec<&str> = { &found.attempts }
        .iter()
        .map(|attempt| attempt.name.as_str())
        .collect();
    assert_eq!(names, attempts);
    assert_eq!(found.source, found.attempts.last().unwrap().source);
    let names: Vec<&str> = { &class.ignored }
        .iter()
        .map(|ignored| ignored.name.as_str())
        .collect();
    assert_eq!(names, ignored);
    for ignored in &class.ignored {
        assert!(
            ignored.why.contains("without a `Cargo.toml`"),
            "{ignored:?}"
        );
    }
}

fn report() -> Vec<u8> {
    Zip::default().file("report.pdf", "%PDF").bytes()
}

#[test]
fn a_report_handed_in_after_the_crate_is_no_attempt() {
    let tar = TarBall::default().file("report/report.pdf", "%PDF").bytes();
    counts(
        &[
            ("doejane_12345_67890_hw.zip", good_zip().bytes()),
            ("doejane_12345_67891_hw-1.zip", good_zip().bytes()),
            ("doejane_12345_67892_report.zip", report()),
            ("doejane_12345_67893_report.tar.gz", tar),
        ],
        &["doejane_12345_67890_hw.zip", "doejane_12345_67891_hw-1.zip"],
        &[
            "doejane_12345_67892_report.zip",
            "doejane_12345_67893_report.tar.gz",
        ],
    );
    let folder = "Jane Doe_1_assignsubmission_file_";
    counts(
        &[
            (&format!("{folder}/hw.zip"), good_zip().bytes()),
            (&format!("{folder}/report.zip"), report()),
        ],
        &[&format!("{folder}/hw.zip")],
        &[&format!("{folder}/report.zip")],
    );
}

#[test]
fn a_checkout_of_the_course_is_an_attempt() {
    let checkout = Zip::default().file(
        format!("course-main/{EXERCISE_PATH}/Cargo.toml"),
        "[package]\n",
    );
    counts(
        &[
            ("doejane_12345_67890_hw.zip", good_zip().bytes()),
            ("doejane_12345_67891_hw.zip", checkout.bytes()),
        ],
        &["doejane_12345_67890_hw.zip", "doejane_12345_67891_hw.zip"],
        &[],
    );
}

#[test]
fn where_no_archive_holds_a_crate_the_last_counts() {
    counts(
        &[
            ("doejane_12345_67890_a.zip", report()),
            ("doejane_12345_67891_b.zip", report()),
        ],
        &["doejane_12345_67890_a.zip", "doejane_12345_67891_b.zip"],
        &[],
    );
}

#[test]
fn an_archive_that_cannot_be_read_counts_and_its_record_tells_why() {
    let mut damaged = good_zip().bytes();
    damaged.truncate(damaged.len() - 9);
    for last in [damaged, b"no archive".to_vec(), Zip::default().bytes()] {
        counts(
            &[
                ("doejane_12345_67890_hw.zip", good_zip().bytes()),
                ("doejane_12345_67891_hw.zip", last),
            ],
            &["doejane_12345_67890_hw.zip", "doejane_12345_67891_hw.zip"],
            &[],
        );
    }
}

#[test]
fn only_the_last_few_archives_are_looked_into() {
    let mut files = vec![("doejane_12345_10000_hw.zip".to_owned(), good_zip().bytes())];
    for n in 10_001..10_009 {
        files.push((format!("doejane_12345_{n}_x.zip"), report()));
    }
    let files: Vec<(&str, Vec<u8>)> = { &files }
        .iter()
        .map(|(name, bytes)| (name.as_str(), bytes.clone()))
        .collect();
    let class = class(&files);
    assert_eq!(class.submissions[0].attempts.len(), 9);
    assert!(class.ignored.is_empty());
}

#[test]
fn a_checkout_gives_one_digest_as_folder_and_as_archive() {
    let around = tempdir().unwrap();
    let source = around.path().join("alice");
    let mut zip = Zip::default();
    for (name, data) in GOOD {
        for path in [
            format!("{EXERCISE_PATH}/{name}"),
            format!("reference/sum/{name}"),
        ] {
            let at = source.join("repo").join(&path);
            fs::create_dir_all(at.parent().unwrap()).unwrap();
            fs::write(at, data).unwrap();
            zip = zip.file(format!("repo/{path}"), data);
        }
        zip = zip.file(format!("repo/{name}"), "[workspace]\n");
        fs::write(source.join("repo").join("Cargo.toml"), "[workspace]\n").unwrap();
    }
    let dest = around.path().join("dest");
    fs::create_dir(&dest).unwrap();
    let folder = Source::Folder(Location::new(around.path(), "alice"));
    let admission = admit_source(&folder, wanted(), &dest, &LIMITS).unwrap();
    let Admission::Admitted(folder) = admission else {
        panic!("{admission:?}")
    };
    let (zipped, _around) = admitted("alice.zip", &zip.bytes());
    assert_eq!(paths(&folder), ["Cargo.toml", "src/main.rs"]);
    assert_eq!(zipped.digest(), folder.digest());
}
