//! What somebody put into a shard that is no file of a shard: it is neither waited for, nor followed, nor merged.

use std::{fs, os::unix::fs::symlink};

use assert_cmd::Command;

use super::class::{Planned, recorded};

/// Put a pipe in the place of a file. Opened as a file is, it would be waited for without end.
fn pipe(path: &std::path::Path) {
    let _ = fs::remove_file(path);
    Command::new("mkfifo").arg(path).assert().success();
}

#[test]
fn pipes_links_and_devices_are_left_out_and_the_rest_is_merged() {
    let class = Planned::new();
    class.grade_shards();
    let [one, two] = [1, 2].map(|index| class.shard(index));
    pipe(&two.join("records/ada.json"));
    pipe(&two.join("keys/carol.json"));
    fs::remove_file(one.join("records/dave.json")).unwrap();
    symlink("/dev/zero", one.join("records/dave.json")).unwrap();
    let secret = class.workspace.path("secret");
    fs::write(&secret, "{\"runs\": [], \"secret\": 1}").unwrap();
    for place in ["usage/heidi.json", "reference.json"] {
        fs::remove_file(one.join(place)).unwrap();
        symlink(&secret, one.join(place)).unwrap();
    }
    pipe(&class.shard(0).join("reference.json"));
    class
        .merge(&[])
        .code(3)
        .notes(&[
            "2-of-3` has damaged records: left out 2 submissions (`ada`, `carol`)",
            "1-of-3` has damaged records: left out `dave`",
        ])
        .reports(&["3 records are new"]);
    let out = class.out();
    assert_eq!(recorded(&out), ["eve", "heidi", "judy"]);
    assert!(!out.join("usage/heidi.json").exists());
    let reference = fs::read_to_string(out.join("reference.json")).unwrap_or_default();
    assert!(!reference.contains("secret"));
    // The shards make anew what is not theirs.
    for index in 0..3 {
        let _ = class.grade_shard(index);
    }
    class.merge(&[]).code(1).reports(&["3 records are new"]);
}

#[test]
fn a_plan_that_is_a_pipe_is_refused_and_one_behind_a_link_is_used() {
    let class = Planned::new();
    let plan = class.out().join("plan.json");
    let elsewhere = class.workspace.path("mounted.json");
    fs::rename(&plan, &elsewhere).unwrap();
    symlink(&elsewhere, &plan).unwrap();
    class.grade_shard(1).code(0);
    pipe(&plan);
    for finished in [class.grade_shard(1), class.merge(&[]), class.plan(&[])] {
        finished
            .code(2)
            .notes(&["plan.json`", "it is no plain file"]);
    }
}

#[test]
fn a_record_that_got_damaged_after_it_was_merged_holds_acceptance_back() {
    let class = Planned::new();
    class.grade_shards();
    class.merge(&[]).code(1);
    let record = class.shard(2).join("records/eve.json");
    let sound = fs::read(&record).unwrap();
    fs::write(&record, [&sound[..], b"x"].concat()).unwrap();
    class
        .merge(&["--accept", "--exit-zero"])
        .code(3)
        .notes(&["2-of-3` has damaged records: left out `eve`"])
        .reports(&["no grades are accepted before all are there"]);
    fs::write(&record, sound).unwrap();
    class.merge(&["--accept", "--exit-zero"]).code(0);
}

#[test]
fn the_class_is_no_place_for_what_is_merged() {
    let class = Planned::new();
    class.grade_shards();
    let mut command = class.grade(&["merge", "out", "--out", "class", "--plan", "out/plan.json"]);
    crate::support::command::run(&mut command).code(2).notes(&[
        "class`",
        "the submission of `ada` is in it",
        "--out DIR",
    ]);
    assert!(!class.dir().join("records").exists());
}
