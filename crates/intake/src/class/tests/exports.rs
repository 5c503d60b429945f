//! What Canvas and Moodle export, and what only looks like it.

use super::*;

#[test]
fn canvas_exports_give_ids_and_attempts() {
    let dir = Dir::of(&[
        "doejane_12345_67890_hw1.zip",
        "doejane_LATE_12345_100000_hw1-1.zip",
        "doejane_12345_67891_hw1-2.zip",
        "doejane_12345_100001_screenshot.png",
        "doejane_12399_67892_hw1.zip",
        "smith_LATE_777_888_hw.tar.gz",
        "loose_555_666_main.rs",
    ]);
    let expected = [
        ("doejane_12345", "doejane_LATE_12345_100000_hw1-1.zip"),
        ("doejane_12399", "doejane_12399_67892_hw1.zip"),
        ("loose_555", "loose_555_666_main.rs"),
        ("smith_777", "smith_LATE_777_888_hw.tar.gz"),
    ];
    assert_eq!(
        dir.found(),
        expected.map(|(id, path)| (id.to_owned(), path.to_owned()))
    );
    let class = dir.class();
    let attempts = class.submissions[0].attempts.iter();
    let attempts = attempts
        .map(|attempt| (attempt.name.as_str(), attempt.is_late))
        .collect::<Vec<_>>();
    // By the numbers, as numbers.
    let expected = [
        ("doejane_12345_67890_hw1.zip", false),
        ("doejane_12345_67891_hw1-2.zip", false),
        ("doejane_LATE_12345_100000_hw1-1.zip", true),
    ];
    assert_eq!(attempts, expected);
    assert_eq!(dir.ignored().len(), 1);
    assert!(
        dir.ignored()[0]
            .1
            .contains("beside what `doejane_12345` handed in")
    );
}

#[test]
fn names_that_all_have_one_number_where_canvas_has_the_users_are_not_canvass() {
    let dir = Dir::of(&[
        "cs_101_2024001_alice.zip",
        "cs_101_2024002_bob.tar.gz",
        "cs_101_2024003_carol/Cargo.toml",
        "cs_101_2024004_notes.txt",
    ]);
    let ids = dir.found().into_iter().map(|(id, _)| id);
    let expected = [
        "cs_101_2024001_alice",
        "cs_101_2024002_bob",
        "cs_101_2024003_carol",
    ];
    assert_eq!(ids.collect::<Vec<_>>(), expected);
    let ignored = dir.ignored();
    assert_eq!(ignored.len(), 1);
    assert!(ignored[0].1.contains("neither a folder nor an archive"));

    // Two files may be of one student, and if there is another student, so may be more.
    let one = ["doejane_123_4567_a.zip", "doejane_123_4568_b.zip"];
    Dir::finds(&one, &[("doejane_123", one[1])]);
    Dir::finds(
        &[
            "ann.zip",
            "doejane_123_4567_a.zip",
            "doejane_123_4568_b.zip",
            "doejane_123_4569_c.zip",
            "roejo_124_4570_d.zip",
        ],
        &[
            ("ann", "ann.zip"),
            ("doejane_123", "doejane_123_4569_c.zip"),
            ("roejo_124", "roejo_124_4570_d.zip"),
        ],
    );
    // An anonymous export is marked by Canvas.
    let anonymous = [
        "anon_aB3x9_4567_a.zip",
        "anon_aB3x9_4568_b.zip",
        "anon_aB3x9_4569_c.zip",
    ];
    Dir::finds(&anonymous, &[("anon_aB3x9", anonymous[2])]);
    // Moodle's names are read beside other names.
    let dir = Dir::of(&[
        "Jane Doe_77_assignsubmission_file_/Cargo.toml",
        "cs_101_2024001_alice.zip",
        "cs_101_2024002_bob.zip",
        "cs_101_2024003_carol.zip",
    ]);
    assert_eq!(dir.found().len(), 4);
    assert_eq!(dir.found()[0].0, "Jane_Doe_77");
}

#[test]
fn moodle_exports_give_ids_and_attempts() {
    Dir::finds(
        &[
            "Jane Doe_1234567_assignsubmission_file_/hw.zip",
            "Jane Doe_1234567_assignsubmission_file_/._hw.zip",
            "Jane Doe_1234568_assignsubmission_file_/Cargo.toml",
            "Max_1_assignsubmission_file_/project/Cargo.toml",
            "Max_1_assignsubmission_file_/project.zip",
            "Ann_2_assignsubmission_file_/notes.pdf",
            "Bo_3_assignsubmission_file_hw.tar.gz",
        ],
        &[
            ("Ann_2", "Ann_2_assignsubmission_file_"),
            ("Bo_3", "Bo_3_assignsubmission_file_hw.tar.gz"),
            (
                "Jane_Doe_1234567",
                "Jane Doe_1234567_assignsubmission_file_/hw.zip",
            ),
            (
                "Jane_Doe_1234568",
                "Jane Doe_1234568_assignsubmission_file_",
            ),
            ("Max_1", "Max_1_assignsubmission_file_"),
        ],
    );
    let dir = Dir::of(&[
        "A_1_assignsubmission_file_/hw.zip",
        "A_1_assignsubmission_onlinetext_/onlinetext.html",
        "B_2_assignsubmission_file_v10.zip",
        "B_2_assignsubmission_file_v9.zip",
    ]);
    let class = dir.class();
    assert_eq!(class.submissions.len(), 2);
    let names = class.submissions[1].attempts.iter();
    let names = names
        .map(|attempt| attempt.name.as_str())
        .collect::<Vec<_>>();
    let expected = [
        "B_2_assignsubmission_file_v9.zip",
        "B_2_assignsubmission_file_v10.zip",
    ];
    assert_eq!(names, expected);
    assert!(class.ignored[0].why.contains("typed into Moodle"));
}
