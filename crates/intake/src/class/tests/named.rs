//! Which folder was named: the class's, the one above or the one below; and names that a pattern explains.

use super::*;
use crate::error::Misnamed;

#[track_caller]
fn misnamed(files: &[&str]) -> (Misnamed, String) {
    let dir = Dir::of(files);
    match dir.error() {
        Error::NotTheClass { meant, source, .. } => {
            let meant = meant
                .strip_prefix(dir.0.path())
                .unwrap_or(Path::new("above"));
            (source, meant.to_str().unwrap().to_owned())
        }
        error => panic!("{error:?}"),
    }
}

#[test]
fn a_folder_around_a_class_is_told() {
    for (files, meant) in [
        (&["HW1/jane.zip", "HW1/max.zip", "HW1/ann.zip"][..], "HW1"),
        (&["HW1/jane/Cargo.toml", "HW1/max/Cargo.toml"], "HW1"),
        (&["HW1/2024001/Cargo.toml", "HW1/2024002/Cargo.toml"], "HW1"),
        (&["HW1/2024001/hw.zip", "HW1/2024002/hw.zip"], "HW1"),
        (
            &["HW1/student-1/Cargo.toml", "HW1/student-2/Cargo.toml"],
            "HW1",
        ),
        (&["HW1/1/Cargo.toml", "HW1/2/Cargo.toml"], "HW1"),
        (
            &["a/b/c/jane/hw/Cargo.toml", "a/b/c/max/x/y/Cargo.toml"],
            "a/b/c",
        ),
        // The archive that was unpacked, what systems add, and documents.
        (
            &[
                "HW1/jane.zip",
                "HW1/max.zip",
                "HW1.zip",
                "__MACOSX/x",
                "grades.csv",
            ],
            "HW1",
        ),
        (
            &[
                "HW1/jane/main.rs",
                "HW1/max/Cargo.toml",
                "HW1/ann/notes.txt",
            ],
            "HW1",
        ),
    ] {
        let (why, told) = misnamed(files);
        assert!(
            matches!(why, Misnamed::Wrapper { .. }),
            "{files:?}: {why:?}"
        );
        assert_eq!(told, meant, "{files:?}");
    }
}

#[test]
fn an_export_in_a_folder_is_looked_into() {
    for (files, people) in [
        (
            &["HW1/doejane_123_901_hw.zip", "HW1/roemax_124_902_hw.zip"][..],
            2,
        ),
        (
            &[
                "a/b/Jane Doe_1_assignsubmission_file_/hw.zip",
                "a/b/Max_2_assignsubmission_file_/Cargo.toml",
            ],
            2,
        ),
        (
            &[
                "HW1/Doe, Jane(jdoe)/Submission attachment(s)/hw.zip",
                "HW1/grades.csv",
            ],
            1,
        ),
        (
            &[
                "HW1/Doe_Jane_jdoe/1_submissions/hw.zip",
                "HW1/Roe_Max_mroe/1_submissions/hw.zip",
            ],
            2,
        ),
        (
            &[
                "x/submission_1/Cargo.toml",
                "x/submission_2/Cargo.toml",
                "x/submission_metadata.yml",
            ],
            2,
        ),
        (
            &[
                "x/10-700 - A - Oct 1, 2026 1005 AM/hw.zip",
                "x/100-700 - B - Oct 1, 2026 1006 AM/hw.zip",
            ],
            2,
        ),
    ] {
        let dir = Dir::of(files);
        let class = dir.class();
        assert_eq!(class.submissions.len(), people, "{files:?}: {class:?}");
        assert!(class.layout.contains(", in `"), "{}", class.layout);
        for found in &class.submissions {
            assert!(found.source.path().exists(), "{found:?}");
        }
    }
}

#[test]
fn a_class_of_one_student_is_a_class() {
    for files in [
        &["jane/Cargo.toml"][..],
        &["jane/hw/Cargo.toml", "jane/report/report.pdf"],
        &["jane/hw-main/code/solution/Cargo.toml"],
        &["jane/attempt-1/Cargo.toml", "jane/attempt-2/Cargo.toml"],
        &["jane/hw.zip", "jane/hw-1.zip"],
        &["jane/hw.zip", "jane/hw/Cargo.toml"],
        &["jane/week1/Cargo.toml", "jane/sum/Cargo.toml"],
        &["jane/src/main.rs"],
        &["jane/Cargo.toml", "jane/a/Cargo.toml", "jane/b/Cargo.toml"],
        &["jane/"],
        &["jane/notes.txt"],
    ] {
        let found = Dir::of(files).found();
        assert_eq!(found.len(), 1, "{files:?}");
        assert_eq!(found[0].0, "jane", "{files:?}");
    }
}

#[test]
fn several_classes_are_told_and_several_students_are_not() {
    let (why, meant) = misnamed(&["tue/jane.zip", "tue/max.zip", "wed/ann.zip", "wed/bob.zip"]);
    assert!(matches!(why, Misnamed::Classes { .. }), "{why:?}");
    assert_eq!(meant, "tue");
    misnamed(&[
        "tue/2024001/Cargo.toml",
        "tue/2024002/Cargo.toml",
        "wed/2024003/x.zip",
        "wed/2024004/x.zip",
    ]);
    for files in [
        &[
            "jane/code.zip",
            "jane/report.zip",
            "max/code.zip",
            "max/report.zip",
        ][..],
        &["jane/a/Cargo.toml", "jane/b/Cargo.toml", "max/Cargo.toml"],
        &[
            "jane/attempt-1/Cargo.toml",
            "jane/attempt-2/Cargo.toml",
            "max/v1/Cargo.toml",
            "max/v2/Cargo.toml",
        ],
    ] {
        assert_eq!(Dir::of(files).class().submissions.len(), 2, "{files:?}");
    }
}

#[test]
fn one_students_folder_is_told() {
    for files in [
        &["Submission attachment(s)/hw.zip", "timestamp.txt"][..],
        &["1_submissions/hw.zip"],
    ] {
        assert_eq!(misnamed(files), (Misnamed::OneStudents, "above".to_owned()));
    }
    let attempts = ["attempt-1/Cargo.toml", "attempt-2/Cargo.toml"];
    assert_eq!(
        misnamed(&attempts),
        (Misnamed::Attempts, "above".to_owned())
    );
    let dir = Dir::of(&["Jane Doe_1_assignsubmission_file_/hw.zip"]);
    let below = scan(&dir.path("Jane Doe_1_assignsubmission_file_")).unwrap_err();
    assert!(
        matches!(
            below,
            Error::NotTheClass {
                source: Misnamed::OneStudents,
                ..
            }
        ),
        "{below}"
    );
}

#[test]
fn the_grades_of_a_batch_are_no_student() {
    let dir = Dir::of(&[
        "class-grades/seeds.json",
        "class-grades/records/jane.json",
        "jane/Cargo.toml",
        "max/Cargo.toml",
    ]);
    assert_eq!(dir.found().len(), 2);
    assert!(dir.ignored()[0].1.contains("grades of a batch"));
    // The folder above a class and its grades.
    let (why, meant) = misnamed(&[
        "class-grades/seeds.json",
        "class-grades/records/jane.json",
        "class/jane.zip",
        "class/max.zip",
    ]);
    assert!(matches!(why, Misnamed::Wrapper { .. }), "{why:?}");
    assert_eq!(meant, "class");
}

#[test]
fn a_pattern_explains_names() {
    let dir = Dir::of(&[
        "HW1/jane.zip",
        "HW1/max.zip",
        "2026-10-01_jane_2.zip",
        "2026-09-30_jane_3.zip",
        "2026-09-30_max_1/Cargo.toml",
        "2026-09-30_max_2/notes.txt",
    ]);
    let find = |text: &str| {
        let pattern = NamePattern::new(text).unwrap();
        find(dir.0.path(), wanted(), &LIMITS, Some(&pattern))
    };
    let class = find("^(?<date>[0-9-]+)_(?<student>[a-z]+)_(?<attempt>[0-9]+)").unwrap();
    let found = class.submissions.iter().map(|found| {
        let attempts = found.attempts.iter().map(|attempt| attempt.name.as_str());
        (found.id.as_str(), attempts.collect::<Vec<_>>())
    });
    let expected = [
        (
            "jane",
            vec!["2026-09-30_jane_3.zip", "2026-10-01_jane_2.zip"],
        ),
        ("max", vec!["2026-09-30_max_1", "2026-09-30_max_2"]),
    ];
    assert_eq!(found.collect::<Vec<_>>(), expected);
    assert_eq!(class.ignored.len(), 1);
    assert!(class.ignored[0].why.contains("does not match"));
    let error = find("^x(?<student>.)").unwrap_err();
    assert!(matches!(error, Error::NoName { .. }), "{error}");
    // With a pattern, a folder with several things in it is one student's, if the pattern says so.
    let one = Dir::of(&["HW1/jane.zip", "HW1/max.zip"]);
    let pattern = NamePattern::new("(?<student>.+)").unwrap();
    let class = super::find(one.0.path(), wanted(), &LIMITS, Some(&pattern)).unwrap();
    assert_eq!(class.submissions[0].id.as_str(), "HW1");
}

#[test]
fn an_archive_that_may_hold_the_class_is_told() {
    let dir = Dir::of(&["notes.txt"]);
    let put = |files: &[&str]| fs::write(dir.path("all.zip"), zipped(files)).unwrap();
    for files in [
        &["jane.zip", "max.zip"][..],
        &["HW1/jane/Cargo.toml", "HW1/max/Cargo.toml"],
        &["jane/hw/Cargo.toml", "max/hw/Cargo.toml"],
        &["jane/hw.zip", "max/hw.zip", "ann/notes.txt"],
    ] {
        put(files);
        let Error::NotTheClass { source, .. } = dir.error() else {
            panic!("{files:?}")
        };
        assert!(
            matches!(source, Misnamed::Packed { holds: 2, .. }),
            "{source}"
        );
        let pattern = NamePattern::new("(?<student>.+)").unwrap();
        let class = find(dir.0.path(), wanted(), &LIMITS, Some(&pattern));
        assert!(class.is_ok(), "{class:?}");
    }
    for files in [
        &["Cargo.toml", "a.zip", "b.zip"][..],
        &["attempt-1/Cargo.toml", "attempt-2/Cargo.toml"],
        &["hello/Cargo.toml", "sum/Cargo.toml"],
        &["hw/hw.zip"],
    ] {
        put(files);
        assert_eq!(dir.class().submissions.len(), 1, "{files:?}");
    }
    // One or two folders down, and in the place of the folder.
    fs::create_dir(dir.path("HW1")).unwrap();
    put(&["jane.zip", "max.zip"]);
    fs::rename(dir.path("all.zip"), dir.path("HW1/all.zip")).unwrap();
    let error = dir.error();
    let Error::NotTheClass { meant, .. } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(*meant, dir.path("HW1/all.zip"));
    for (name, what) in [
        ("HW1/all.zip", IsAFile::Archive),
        ("notes.txt", IsAFile::Other),
    ] {
        let error = scan(&dir.path(name)).unwrap_err();
        assert!(
            matches!(error, Error::ClassIsFile { source, .. } if source == what),
            "{error:?}"
        );
    }
}

/// A zip archive of files with these names.
fn zipped(files: &[&str]) -> Vec<u8> {
    zipped_on(1, files)
}

/// The same, with files of a day in September 2026.
fn zipped_on(day: u8, files: &[&str]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
    let time = zip::DateTime::from_date_and_time(2026, 9, day, 12, 0, 0).unwrap();
    let options = zip::write::SimpleFileOptions::default().last_modified_time(time);
    for file in files {
        zip.start_file(*file, options).unwrap();
        io::Write::write_all(&mut zip, b"[package]\n").unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn tarred(seconds: u64, file: &str) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(10);
    header.set_mode(0o644);
    header.set_mtime(seconds);
    header.set_cksum();
    tar.append_data(&mut header, file, &b"[package]\n"[..])
        .unwrap();
    tar.into_inner().unwrap()
}

#[test]
fn archives_whose_names_say_no_order_are_ordered_by_their_newest_files() {
    let crates = |day| zipped_on(day, &["hw/Cargo.toml"]);
    // The 25th of September 2026.
    let tar = |seconds| tarred(seconds, "hw/Cargo.toml");
    let noon = 1_790_337_600;
    for (files, expected) in [
        (
            &[("final.zip", crates(30)), ("work.zip", crates(20))][..],
            &["work.zip", "final.zip"][..],
        ),
        (
            &[("final.tar", tar(noon)), ("work.zip", crates(20))],
            &["work.zip", "final.tar"],
        ),
        (
            &[("final.tar", tar(noon)), ("work.zip", crates(30))],
            &["final.tar", "work.zip"],
        ),
        // Names go before files.
        (
            &[("hw-1.zip", crates(30)), ("hw-2.zip", crates(20))],
            &["hw-1.zip", "hw-2.zip"],
        ),
        (
            &[("hw.zip", crates(30)), ("hw (1).zip", crates(20))],
            &["hw.zip", "hw (1).zip"],
        ),
        (
            &[
                ("a 2026-09-01.zip", crates(30)),
                ("b 2026-08-01.zip", crates(20)),
            ],
            &["b 2026-08-01.zip", "a 2026-09-01.zip"],
        ),
        // Without the time of each, or with the same time, by name.
        (
            &[("final.tar", tar(0)), ("work.zip", crates(20))],
            &["final.tar", "work.zip"],
        ),
        (
            &[("b.zip", crates(20)), ("a.zip", crates(20))],
            &["a.zip", "b.zip"],
        ),
    ] {
        let dir = Dir::of(&["max/Cargo.toml", "jane/"]);
        for (name, bytes) in files {
            fs::write(dir.path("jane").join(name), bytes).unwrap();
        }
        let class = dir.class();
        let jane = { &class.submissions }
            .iter()
            .find(|one| one.id.as_str() == "jane");
        let names = jane
            .unwrap()
            .attempts
            .iter()
            .map(|attempt| attempt.name.as_str());
        let expected = expected.iter().map(|name| format!("jane/{name}"));
        assert_eq!(names.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    }
}

#[test]
fn who_is_told_apart_is_told() {
    let words = |files: &[&str]| {
        let told = Dir::of(files).class().told_apart.into_iter();
        told.map(|one| one.words).collect::<Vec<_>>()
    };
    assert_eq!(words(&["jane/", "max/"]), Vec::<String>::new());
    let told = words(&["a b/", "a_b/", "max/"]);
    assert_eq!(told.len(), 1);
    assert!(
        told[0].starts_with("`a b` and `a_b` are two submissions: `a_b-"),
        "{told:?}"
    );
    assert!(told[0].ends_with(" and `a_b`"), "{told:?}");
    let told = words(&["x.zip", "x.tar", "x/", "X/"]);
    assert!(
        told[0].starts_with("`X`, `x`, `x.tar` and `x.zip` are 4 submissions: `X-"),
        "{told:?}"
    );
    let long = format!("{}/", "é".repeat(80));
    let told = words(&[&long]);
    assert!(told[0].contains("is too long for an id: `"), "{told:?}");
    let many = (0..8).map(|bits| {
        let spelled = |(at, c): (usize, char)| {
            if bits >> at & 1 == 1 {
                c.to_ascii_uppercase()
            } else {
                c
            }
        };
        "abcd/".chars().enumerate().map(spelled).collect::<String>()
    });
    let many = many
        .chain(["ABCD/", "aBcD/"].map(str::to_owned))
        .collect::<Vec<_>>();
    let told = words(&many.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(
        told[0].contains(" and 2 more are 10 submissions: "),
        "{told:?}"
    );
}

#[test]
fn a_class_with_too_many_entries_is_refused_also_one_folder_down() {
    let names = ["Jane Doe_1", "John Roe_2", "Max Poe_3"];
    let files = |around: &str| {
        let files = names.map(|name| format!("{around}{name}_assignsubmission_file_/hw.zip"));
        Dir::of(&files.each_ref().map(String::as_str))
    };
    for dir in [files(""), files("export/")] {
        let find = |too_many| find_in(dir.0.path(), wanted(), &LIMITS, None, too_many);
        assert_eq!(find(4).unwrap().submissions.len(), 3);
        let error = find(3).unwrap_err();
        assert!(matches!(error, Error::ClassTooLarge { .. }), "{error:?}");
    }
}
