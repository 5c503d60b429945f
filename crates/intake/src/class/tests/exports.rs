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
        "C_3_assignsubmission_onlinetext_/onlinetext.html",
    ]);
    let class = dir.class();
    assert_eq!(class.submissions.len(), 3);
    let expected = [
        "B_2_assignsubmission_file_v9.zip",
        "B_2_assignsubmission_file_v10.zip",
    ];
    assert_eq!(attempts(&class.submissions[1]), expected);
    assert!(
        class.ignored[0]
            .why
            .contains("typed into Moodle beside what `A_1`")
    );
    dir.refuses("C_3", "typed text");
    assert_eq!(class.layout, "Moodle export");
}

fn attempts(found: &Found) -> Vec<&str> {
    found
        .attempts
        .iter()
        .map(|attempt| attempt.name.as_str())
        .collect()
}

impl Dir {
    #[track_caller]
    fn refuses(&self, id: &str, words: &str) {
        let Admission::Refused(refusals) = self.admit(id) else {
            panic!("{id} was admitted")
        };
        assert!(refusals[0].problem.contains(words), "{refusals:?}");
    }
}

#[test]
fn what_was_typed_into_canvas_is_refused_and_not_dropped() {
    let dir = Dir::of(&[
        "stone_111_901_hw.zip",
        "brook_121_902_hw.zip",
        "doejane_12345_link.html",
        "roemax_LATE_777_text.html",
        "brook_121_text.html",
    ]);
    dir.refuses("doejane_12345", "a link");
    dir.refuses("roemax_777", "typed text");
    let class = dir.class();
    assert_eq!(class.submissions.len(), 4);
    assert!(class.submissions[2].attempts[0].is_late);
    assert_eq!(class.ignored.len(), 1);
    assert!(
        class.ignored[0]
            .why
            .contains("beside what `brook_121` handed in")
    );
    assert_eq!(class.layout, "Canvas export");
}

#[test]
fn blackboard_exports_give_logins_and_attempts_by_date() {
    let title = "Programming Assignment 3 - Concurrency and Multi-threading in Rust";
    let name = |rest: &str| format!("{title}_{rest}");
    let files = [
        "jdoe_attempt_2026-10-01-09-00-00_hw.zip",
        "jdoe_attempt_2026-10-01-09-00-00.txt",
        "jdoe_attempt_2026-09-24-21-26-00_a.zip",
        "mroe_attempt_2026-09-24-21-26-00_hw.zip",
        "apoe_attempt_2026-09-24-21-26-00.txt",
    ]
    .map(name);
    let dir = Dir::of(&files.each_ref().map(String::as_str));
    let class = dir.class();
    let ids = class.submissions.iter().map(|found| found.id.as_str());
    assert_eq!(ids.collect::<Vec<_>>(), ["apoe", "jdoe", "mroe"]);
    assert_eq!(attempts(&class.submissions[1]), [&files[2], &files[0]]);
    assert_eq!(
        class.submissions[1].attempts[0].date.as_deref(),
        Some("2026-09-24 21:26:00")
    );
    assert_eq!(
        (class.ignored.len(), class.layout.as_str()),
        (1, "Blackboard export")
    );
    dir.refuses("apoe", "typed text");
}

#[test]
fn brightspace_exports_give_attempts_by_date() {
    for end in ["/hw.zip", " - hw.zip"] {
        let name = |rest: &str| format!("397063-2557369 - {rest}{end}");
        let files = [
            name("Mary-Ann Roe - Oct 1, 2026 1005 AM"),
            name("Mary-Ann Roe - Sep 30, 2026 926 PM"),
            "397064-2557369 - Mary-Ann Roe - Sep 30, 2026 926 PM/hw.zip".to_owned(),
            "index.html".to_owned(),
        ];
        let dir = Dir::of(&files.each_ref().map(String::as_str));
        let class = dir.class();
        assert_eq!(class.layout, "Brightspace export");
        let ids = class.submissions.iter().map(|found| found.id.as_str());
        assert_eq!(
            ids.collect::<Vec<_>>(),
            ["Mary-Ann_Roe_397063", "Mary-Ann_Roe_397064"]
        );
        assert_eq!(attempts(&class.submissions[0]), [&files[1], &files[0]]);
    }
}

#[test]
fn sakai_exports_give_logins_and_what_was_attached() {
    let dir = Dir::of(&[
        "Doe, Jane(jdoe123)/Submission attachment(s)/hw.zip",
        "Doe, Jane(jdoe123)/Feedback Attachment(s)/old.zip",
        "Doe, Jane(jdoe123)/timestamp.txt",
        "Poe, Ann (A.)(apoe)/Submission attachment(s)/Cargo.toml",
        "Roe, Max(mroe)/Submission attachment(s)/",
        "Roe, Max(mroe)/Roe, Max(mroe)_submissionText.html",
        "Roe, Max(mroe)/timestamp.txt",
        "grades.csv",
    ]);
    let expected = [
        ("apoe", "Poe, Ann (A.)(apoe)"),
        ("jdoe123", "Doe, Jane(jdoe123)"),
        ("mroe", "Roe, Max(mroe)"),
    ];
    let files = [
        "Submission attachment(s)",
        "Submission attachment(s)/hw.zip",
        "Roe, Max(mroe)_submissionText.html",
    ];
    let expected = expected.iter().zip(files);
    let expected = expected.map(|((id, home), file)| ((*id).to_owned(), format!("{home}/{file}")));
    assert_eq!(dir.found(), expected.collect::<Vec<_>>());
    assert!(dir.class().layout.starts_with("Sakai export"));
    dir.refuses("mroe", "typed text");
    assert!(matches!(dir.admit("apoe"), Admission::Admitted(_)));
}

#[test]
fn openolat_exports_give_revisions_as_attempts() {
    let dir = Dir::of(&[
        "Doe_Jane_jdoe/1_task/task.zip",
        "Doe_Jane_jdoe/2_submissions/hw.zip",
        "Doe_Jane_jdoe/3_corrections/Cargo.toml",
        "Doe_Jane_jdoe/10_revisions_1/project/Cargo.toml",
        "Doe_Jane_jdoe/11_corrections_1/hw.zip",
        "Roe_Max_mroe/1_submissions/",
        "overview.xlsx",
    ]);
    let class = dir.class();
    assert_eq!(class.layout, "OpenOLAT export");
    let found = &class.submissions[0];
    assert_eq!(found.id.as_str(), "Doe_Jane_jdoe");
    let expected = [
        "Doe_Jane_jdoe/2_submissions/hw.zip",
        "Doe_Jane_jdoe/10_revisions_1",
    ];
    assert_eq!(attempts(found), expected);
    dir.refuses("Roe_Max_mroe", "no `Cargo.toml`");
}

#[test]
fn gradescope_exports_give_people() {
    let dir = Dir::of(&[
        "submission_1/Cargo.toml",
        "submission_2/Cargo.toml",
        "submission_3/Cargo.toml",
    ]);
    let text = "---\nsubmission_1:\n  :submitters:\n  - :name: Jane Doe\n    :sid: '1001'\n\
        submission_2:\n  :submitters:\n  - :name: Max Roe\n    :sid: '1002'\n  - :name: Ann Poe\n    :sid: '1003'\n\
        submission_9:\n  :submitters:\n  - :name: Lost\n    :sid: '1009'\n";
    fs::write(dir.path(gradescope::METADATA), text).unwrap();
    let class = dir.class();
    let ids = class
        .submissions
        .iter()
        .map(|found| (found.id.as_str(), found.people.len()));
    let expected = [
        ("Jane_Doe_1001", 1),
        ("Max_Roe_1002-Ann_Poe_1003", 2),
        ("submission_3", 0),
    ];
    assert_eq!(ids.collect::<Vec<_>>(), expected);
    let why = |name: &str| {
        { dir.ignored() }
            .into_iter()
            .find(|(ignored, _)| ignored == name)
            .unwrap()
            .1
    };
    assert!(why("submission_9").contains("Lost_1009, and has no folder"));
    assert!(why(gradescope::METADATA).contains("whose submissions"));
}

#[test]
fn clones_of_github_classroom_keep_their_logins() {
    let prefix = "programming-assignment-3-concurrency-and-multi-threading-in-rust";
    for prefix in ["hw1", prefix] {
        let files = ["octocat", "hubot"].map(|login| format!("{prefix}-{login}/.git/HEAD"));
        let class = Dir::of(&files.each_ref().map(String::as_str)).class();
        for (found, login) in class.submissions.iter().zip(["hubot", "octocat"]) {
            assert!(found.id.as_str().contains(login), "{found:?}");
        }
        assert!(
            class.layout.contains("GitHub Classroom"),
            "{}",
            class.layout
        );
    }
}
