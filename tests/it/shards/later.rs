//! A class that changes after it was planned: who comes, who goes, and who is graded again.

use std::{fs, path::Path};

use serde_json::Value;

use super::class::{Planned, assert_same, json, not_utf8, recorded, zip};
use crate::support::{command::run, files::remove_tree, small_course::Prints};

fn seeds(class: &Planned) -> Value {
    json(&class.out().join("plan.json"))["plan"]["seeds"].clone()
}

/// Expect that the merged outputs are those of one machine that never knew an earlier plan.
#[track_caller]
fn assert_as_on_one_machine(class: &Planned) {
    let plan = class.out().join("plan.json");
    let mut whole = class.grade(&[
        "batch", "largest", "class", "--out", "one", "--accept", "--plan",
    ]);
    run(whole.arg(plan)).code(1);
    class.merge(&["--accept"]).code(1);
    assert_same(&class.out(), &class.workspace.path("one"));
}

#[test]
fn who_comes_later_is_graded_alone_on_the_same_data() {
    let class = Planned::new();
    class.grade_shards();
    class.merge(&[]).code(1);
    let drawn = seeds(&class);
    class.add("zoe", Prints::Smallest);
    // Without a new plan, nobody grades her, and each shard says so once.
    let later = class
        .grade_shard(1)
        .code(0)
        .notes(&[
            "1 name in `",
            "class` came after the class was planned, such as `zoe`: what is not in the plan is not graded",
            "hint: plan again with `grade plan largest class --out out`, and grade the shards again",
        ])
        .reports(&["2 unchanged, 0 graded"]);
    assert_eq!(later.stderr.matches("came after").count(), 1);
    class.plan(&[]).code(0).reports(&["planned: 7 submissions"]);
    assert_eq!(seeds(&class), drawn);
    class
        .merge(&[])
        .code(3)
        .notes(&["shard 0/3 in `", "has no record of `zoe`"]);
    class
        .grade_shard(0)
        .code(1)
        .reports(&["1 unchanged, 1 graded"]);
    class
        .grade_shard(1)
        .code(0)
        .reports(&["2 unchanged, 0 graded"]);
    class
        .merge(&[])
        .code(1)
        .reports(&["1 record is new, 6 unchanged", "zoe: new, fail 3/10"]);
    assert_as_on_one_machine(&class);
}

#[test]
fn all_that_the_plan_looked_at_is_known_and_each_new_name_is_told() {
    let class = Planned::empty();
    // In a folder of its own, as some systems export a class.
    for name in ["export/ada", "export/carol"] {
        class.add(name, Prints::Largest);
    }
    class.put("export/notes.txt", b"no submission");
    class.put("export/dave_attempt_1.zip", &zip(Prints::Largest));
    class.put("export/dave_attempt_2.zip", &zip(Prints::Largest));
    let named = |more: &[&str]| {
        run(class
            .grade(&["plan", "largest", "class/export", "--out", "out"])
            .args(more))
    };
    named(&[]).code(0);
    let grade = || {
        run(&mut class.grade(&[
            "batch",
            "largest",
            "class/export",
            "--out",
            "out",
            "--shard",
            "0/1",
            "--format",
            "json",
        ]))
    };
    let quiet = grade();
    assert!(!quiet.stderr.contains("came after"), "{}", quiet.stderr);
    class.put("export/.DS_Store", b"hidden");
    class.put("export/eve.zip", b"not even an archive");
    class.put(
        Path::new("export").join(not_utf8()),
        b"a name that is not UTF-8",
    );
    grade().notes(&[
        "2 names in `",
        "such as `eve.zip`",
        "`grade plan largest class/export --out out`",
    ]);
    named(&[]).code(0);
    let quiet = grade();
    assert!(!quiet.stderr.contains("came after"), "{}", quiet.stderr);
}

#[test]
fn who_goes_is_gone_from_the_outputs_and_told() {
    let class = Planned::new();
    class.grade_shards();
    class.merge(&[]).code(1);
    // The only one of a shard, in whose place another one comes; and all of one.
    remove_tree(&class.dir().join("judy")).unwrap();
    class.add("zoe", Prints::Smallest);
    for id in ["dave", "heidi"] {
        remove_tree(&class.dir().join(id)).unwrap();
    }
    class.plan(&[]).code(0).reports(&["planned: 4 submissions"]);
    class
        .grade_shard(0)
        .code(1)
        .reports(&["0 unchanged, 1 graded"]);
    class
        .grade_shard(1)
        .code(0)
        .reports(&["0 unchanged, 0 graded"]);
    assert_eq!(recorded(&class.shard(0)), ["zoe"]);
    assert_eq!(recorded(&class.shard(1)), [] as [&str; 0]);
    class.merge(&[]).code(1).reports(&[
        "1 record is new, 3 unchanged",
        "judy: fail 3/10 -> gone",
        "dave: pass 10/10 -> gone",
    ]);
    assert_eq!(recorded(&class.out()), ["ada", "carol", "eve", "zoe"]);
    assert!(class.out().join("previous/records/judy.json").is_file());
    assert_as_on_one_machine(&class);
}

#[test]
fn everybody_is_graded_again_after_a_fresh_plan() {
    let class = Planned::new();
    class.grade_shards();
    class.merge(&[]).code(1);
    let drawn = seeds(&class);
    class.add("ada", Prints::Smallest);
    class.plan(&["--fresh"]).code(0);
    assert_eq!(seeds(&class), drawn);
    // What is not graded again yet is of another plan, and in no output.
    class
        .grade_shard(2)
        .code(1)
        .reports(&["0 unchanged, 3 graded"]);
    class
        .merge(&["--accept"])
        .code(3)
        .notes(&[
            "0-of-3` was graded before the class was planned with `--fresh`: left out `judy`",
            "1-of-3` was graded before the class",
        ])
        .reports(&[
            "3 of 6 submissions so far",
            "3 records are new",
            "3 submissions without a record",
        ]);
    class
        .grade_shard(0)
        .code(1)
        .reports(&["0 unchanged, 1 graded"]);
    class
        .grade_shard(1)
        .code(0)
        .reports(&["0 unchanged, 2 graded"]);
    class.merge(&[]).code(1).reports(&[
        "3 records are new, 3 unchanged",
        "ada: pass 10/10 -> fail 3/10 (the submission changed)",
        "the same command with `--accept` accepts the grades that changed",
    ]);
    assert_as_on_one_machine(&class);
    let merged = class.merge(&[]).code(1);
    assert!(!merged.stdout.contains("->"), "{}", merged.stdout);
    // Planning again does not begin another regrading.
    class.plan(&[]).code(0);
    class
        .grade_shard(1)
        .code(0)
        .reports(&["2 unchanged, 0 graded"]);
}

#[test]
fn what_is_handed_in_after_the_plan_is_graded_as_it_is() {
    let class = Planned::new();
    class.add("ada", Prints::Smallest);
    let list = class.dir().join("carol/src/main.rs");
    fs::write(list, "fn main() { x }").unwrap();
    class.grade_shard(2).code(1);
    let verdict =
        |id: &str| json(&class.shard(2).join(format!("records/{id}.json")))["verdict"].clone();
    assert_eq!(
        [verdict("ada"), verdict("carol"), verdict("eve")],
        ["fail", "fail", "pass"]
    );
    class.add("ada", Prints::Largest);
    class
        .grade_shard(2)
        .code(1)
        .reports(&["2 unchanged, 1 graded"]);
    // A shard keeps none of the records that it replaces: nobody has accepted them.
    assert!(!class.shard(2).join("previous").exists());
    let shown = run(&mut class.grade(&["report", "out/shards/2-of-3"])).code(0);
    assert!(!shown.stdout.contains("->"), "{}", shown.stdout);
    // Other seeds on purpose.
    class.plan(&["--seed", "5"]).code(0);
    assert_eq!(seeds(&class), serde_json::json!(["0", "5"]));
    class
        .grade_shard(2)
        .code(1)
        .reports(&["0 unchanged, 3 graded"]);
}
