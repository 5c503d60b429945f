//! What is missing, double, damaged, or not of the plan is told by name, and does not keep the rest from being merged.

use std::fs;

use serde_json::Value;

use super::class::{Planned, assert_same, edit_json, json, recorded};
use crate::support::{
    command::run,
    files::{copy_tree, remove_tree},
    small_course::Prints,
};

#[test]
fn shards_that_are_missing_are_named_and_the_rest_is_merged() {
    let class = Planned::new();
    class.grade_shard(2).code(0);
    class
        .merge(&["--accept"])
        .code(3)
        .notes(&[
            "shards 0/3, 1/3 are missing, with 3 submissions (`judy`, `dave`, `heidi`)",
            "hint: grade what is missing, such as with `--shard 0/3`, and merge again",
        ])
        .reports(&[
            "3 of 6 submissions so far",
            "1 shard merged: 3 records are new, 0 unchanged",
            "3 submissions without a record; no grades are accepted before all are there",
        ]);
    assert_eq!(recorded(&class.out()), ["ada", "carol", "eve"]);
    assert!(!class.out().join("accepted.json").exists());
    let batch = json(&class.out().join("batch.json"));
    assert_eq!(batch["class"]["size"], 6);
    let report = run(&mut class.grade(&["report", "out"])).code(0);
    report.notes(&["3 of 6 have no record: `grade merge ", "--out "]);
    // Where the program is only asked whether students did well.
    class
        .merge(&["--exit-zero"])
        .code(3)
        .notes(&["are missing"]);

    class.grade_shard(0).code(1);
    class.grade_shard(1).code(0);
    class
        .merge(&["--exit-zero"])
        .code(0)
        .reports(&["3 records are new, 3 unchanged"]);
    class
        .merge(&["--accept"])
        .code(1)
        .reports(&["accepted: 6 grades (nothing changed)"]);
    let plan = class.out().join("plan.json");
    run(class
        .grade(&["batch", "largest", "class", "--out", "one", "--plan"])
        .arg(plan))
    .code(1);
    assert_same(&class.out(), &class.workspace.path("one"));
}

#[test]
fn a_shard_without_some_of_its_records_is_named() {
    let class = Planned::new();
    class.grade_shards();
    for part in ["records", "keys"] {
        fs::remove_file(class.shard(2).join(part).join("eve.json")).unwrap();
    }
    class
        .merge(&[])
        .code(3)
        .notes(&[
            "shard 2/3 in `",
            "/out/shards/2-of-3` has no record of `eve`",
            "hint: grade it again with `--shard 2/3`: what it has stays",
        ])
        .reports(&["5 records are new", "1 submission without a record"]);
    class
        .grade_shard(2)
        .code(0)
        .reports(&["2 unchanged, 1 graded"]);
    class
        .merge(&[])
        .code(1)
        .reports(&["1 record is new, 5 unchanged"]);
}

#[test]
fn damage_is_named_and_never_merged() {
    let class = Planned::new();
    class.grade_shards();
    let shard = class.shard(2);
    fs::write(shard.join("records/ada.json"), "{}").unwrap();
    fs::write(shard.join("keys/carol.json"), "\u{fffd}").unwrap();
    // A record of one and the key of another, and points that somebody changed.
    edit_json(&shard.join("records/eve.json"), |record| {
        record["score"]["earned"] = 9.into();
    });
    fs::copy(
        class.shard(1).join("records/dave.json"),
        class.shard(1).join("records/heidi.json"),
    )
    .unwrap();
    fs::write(class.shard(0).join("shard.json"), "{").unwrap();
    let merged = class
        .merge(&[])
        .code(3)
        .notes(&[
            "2-of-3` has damaged records: left out 3 submissions (`ada`, `carol`, `eve`)",
            "1-of-3` has damaged records: left out `heidi`",
            "hint: grade this shard again: a damaged record is made anew",
            "0-of-3`: its `shard.json` is damaged",
            "hint: grade this shard again: what it has is used, and the file is made anew",
            "shard 0/3 is missing, with `judy`",
        ])
        .reports(&["2 shards merged: 1 record is new"]);
    // Each of them is told once.
    assert_eq!(
        merged.stderr.matches("hint: ").count(),
        4,
        "{}",
        merged.stderr
    );
    assert_eq!(recorded(&class.out()), ["dave"]);
    class
        .grade_shard(0)
        .code(1)
        .reports(&["1 unchanged, 0 graded"]);
    class
        .grade_shard(1)
        .code(0)
        .reports(&["1 unchanged, 1 graded (1 damaged and made again: heidi)"]);
    class
        .grade_shard(2)
        .code(0)
        .reports(&["0 unchanged, 3 graded (3 damaged"]);
    class
        .merge(&[])
        .code(1)
        .reports(&["5 records are new, 1 unchanged"]);
}

#[test]
fn the_same_shard_twice_is_merged_once_and_different_records_are_told() {
    let class = Planned::new();
    class.grade_shards();
    // A machine that graded the same part at the same time, into a folder of its own.
    let second = class.workspace.path("second");
    copy_tree(&class.shard(2), &second.join("2-of-3"));
    let merge = |more: &[&str]| {
        run(class
            .grade(&["merge", "out", "second", "--out", "out"])
            .args(more))
    };
    let same = merge(&[])
        .code(1)
        .reports(&["4 shards merged: 6 records are new"]);
    assert!(!same.stderr.contains("hint: "), "{}", same.stderr);

    remove_tree(&second).unwrap();
    class.add("ada", Prints::Smallest);
    let plan = class.out().join("plan.json");
    let mut again = class.grade(&[
        "batch", "largest", "class", "--out", "second", "--shard", "2/3", "--plan",
    ]);
    run(again.arg(plan))
        .code(1)
        .reports(&["0 unchanged, 3 graded"]);
    merge(&[]).code(1).notes(&[
        "/out/shards/2-of-3` and `",
        "/second/shards/2-of-3` have different records of `ada`; a record of `",
        "grade the shard again that is out of date, or name one of the two folders only",
    ]);
    assert_eq!(
        json(&class.out().join("records/ada.json"))["verdict"],
        "pass"
    );
    // Which one counts depends on nothing but their order.
    run(&mut class.grade(&["merge", "second", "out", "--out", "out"])).code(1);
    assert_eq!(
        json(&class.out().join("records/ada.json"))["verdict"],
        "fail"
    );
}

#[test]
fn a_record_of_a_graded_submission_counts_more_than_one_of_trouble() {
    let class = Planned::new();
    class.grade_shards();
    let second = class.workspace.path("second");
    copy_tree(&class.shard(2), &second.join("2-of-3"));
    // What a machine in trouble leaves, under a sound key.
    let troubled = class.shard(2);
    edit_json(&troubled.join("records/ada.json"), |record| {
        record["verdict"] = "not-graded".into();
        record["score"] = Value::Null;
    });
    seal(&troubled, "ada", |_| {});
    run(&mut class.grade(&["merge", "out", "second", "--out", "out"]))
        .code(1)
        .notes(&["have different records of `ada`"]);
    assert_eq!(
        json(&class.out().join("records/ada.json"))["verdict"],
        "pass"
    );
    // Where it is the only one, the submission is not graded, which is no zero, and the exit code says so.
    class.merge(&[]).code(3).reports(&["1 not graded"]);
}

#[test]
fn what_follows_another_plan_is_named_with_what_differs() {
    const AGAIN: &str = "hint: grade it again by the plan, with `--shard 0/3`";
    let differs = [
        ("seeds", "the list of seeds"),
        ("observed", "which runs are observed"),
        ("generation", ""),
        ("exercise", "the exercise"),
        ("crates", "the course's `grader.lock`"),
        ("toolchain", "the compiler"),
        ("grader", "the program `grade` itself"),
        ("isolation", "how submissions are isolated"),
        ("observer", "how reads are observed"),
    ];
    let class = Planned::new();
    class.grade_shards();
    let key = class.shard(0).join("keys/judy.json");
    let sound = fs::read(&key).unwrap();
    let inputs = json(&key)["parts"].as_object().unwrap().len();
    assert_eq!(
        inputs,
        differs.len() + 2,
        "each input but the id and the files"
    );
    for (name, words) in differs {
        seal(&class.shard(0), "judy", |key| {
            key["parts"][name] = "other".into();
        });
        let told = match name {
            "generation" => {
                "0-of-3` was graded before the class was planned with `--fresh`: left out `judy`"
                    .to_owned()
            }
            _ => format!("0-of-3` follows another plan; different: {words}; left out `judy`"),
        };
        let merged = class.merge(&[]).code(3).notes(&[&told, AGAIN]);
        assert_eq!(
            merged.stderr.matches("hint: ").count(),
            1,
            "{}",
            merged.stderr
        );
        // Only where the plan itself can be another one, there is another one to name.
        let other = merged.stderr.contains("name the plan that it follows");
        assert_eq!(other, ["seeds", "observed"].contains(&name), "{name}");
        fs::write(&key, &sound).unwrap();
    }
    seal(&class.shard(0), "judy", |key| {
        for name in ["generation", "toolchain", "seeds"] {
            key["parts"][name] = "other".into();
        }
    });
    class.merge(&[]).code(3).notes(&[
        "different: the list of seeds, the number of the regrading and the compiler; left out",
    ]);
    fs::write(&key, &sound).unwrap();
    class
        .merge(&[])
        .code(1)
        .reports(&["1 record is new, 5 unchanged"]);
}

#[test]
fn shards_of_two_divisions_are_merged_and_what_is_missing_is_told() {
    let class = Planned::new();
    class.grade_shard(2).code(0);
    class.batch(&["--shard", "0/2"]).notes(&[]);
    let half = recorded(&class.out().join("shards/0-of-2"));
    let both = half
        .iter()
        .filter(|id| ["ada", "carol", "eve"].contains(&id.as_str()))
        .count();
    let none = 6 - half.len() - 3 + both;
    assert!(both > 0 && none > 1, "{half:?}");
    class.merge(&[]).code(3).notes(&[
        "/out/shards/2-of-3` is of another division than the other folder, into 2",
        "hint: grade all shards of one division, with `--shard K/2`",
        &format!("shard 1/2 is missing, with {none} submissions ("),
        "hint: grade what is missing, such as with `--shard 1/2`",
    ]);
    class.batch(&["--shard", "1/2"]).notes(&[]);
    let merged = class.merge(&[]).code(1);
    assert!(!merged.stderr.contains("hint: "), "{}", merged.stderr);
}

#[test]
fn a_path_without_a_shard_is_named() {
    let class = Planned::new();
    class.grade_shards();
    let merge = |paths: &[&str]| run(class.grade(&["merge", "--out", "out"]).args(paths));
    merge(&["class", "nowhere", "out"]).code(1).notes(&[
        "found no shard in `",
        "/class`: neither it nor a folder in it has a `shard.json`",
        "/nowhere`: No such file or directory",
        "hint: name folders that `grade batch --shard K/N` wrote",
    ]);
    merge(&["class", "nowhere"]).refuses(
        2,
        &["failed to find a shard in `", "nowhere`", "--shard K/N"],
    );
    let mut into = class.grade(&[
        "merge",
        "out",
        "--out",
        "out/shards/1-of-3",
        "--plan",
        "out",
    ]);
    run(&mut into).refuses(2, &["failed to merge into `", "it is a shard", "--out DIR"]);
}

/// Change the key of a record and seal it again, as the program that graded would have.
fn seal(shard: &std::path::Path, id: &str, edit: impl FnOnce(&mut Value)) {
    let record = ids::Digest::of(&fs::read(shard.join(format!("records/{id}.json"))).unwrap());
    edit_json(&shard.join(format!("keys/{id}.json")), |key| {
        edit(key);
        key["record"] = record.to_string().into();
        let parts = key["parts"].as_object().unwrap().iter();
        let parts: std::collections::BTreeMap<_, _> = parts
            .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
            .collect();
        let shape: Option<ids::Digest> = serde_json::from_value(key["shape"].clone()).unwrap();
        let text = format!("grade-key/1\n{parts:?}\n{record}\n{shape:?}");
        key["seal"] = ids::Digest::of(text.as_bytes()).to_string().into();
    });
}
