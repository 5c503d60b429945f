//! The outputs of shards are those of one machine.

use std::fs;

use super::class::{Planned, assert_same, json, not_utf8, outputs, recorded, tar_gz, zip};
use crate::support::{
    command::run,
    files::names,
    small_course::{Prints, write_crate},
};

/// Formats in which nothing is measured, and the files that they have.
const FORMATS: [(&str, &str); 4] = [
    ("human", "report.txt"),
    ("json", "report.json"),
    ("csv", "report.csv"),
    ("markdown", "report.md"),
];

/// A class in which everything is handed in that a class may have.
fn all_kinds() -> Planned {
    let class = Planned::empty();
    class.add("ada", Prints::Largest);
    class.add("bob", Prints::Smallest);
    class.add_main("carol", "fn main() { x }\n");
    class.put("dave.zip", &zip(Prints::Largest));
    class.put("eve.tar.gz", &tar_gz(Prints::Nothing));
    class.put("doejane_12345_67890_hw.zip", &zip(Prints::Smallest));
    class.put("doejane_LATE_12345_67891_hw-1.zip", &zip(Prints::Largest));
    class.put("notes.txt", b"call Ada");
    class.put("torn.zip", b"PK\x03\x04 and no more");
    write_crate(&class.dir().join(not_utf8()), "largest", Prints::Largest);
    let linked = class.dir().join("linked");
    class.add("linked", Prints::Largest);
    fs::remove_file(linked.join("Cargo.toml")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", linked.join("Cargo.toml")).unwrap();
    class
}

#[test]
fn a_class_has_the_same_outputs_on_three_machines_and_on_one() {
    let class = all_kinds();
    class.plan(&[]).code(0).reports(&[
        "planned: 9 submissions of largest",
        "out/plan.json",
        "--shard 0/10",
    ]);
    for index in 0..3 {
        // Of right and wrong ones there are some in each, or not.
        class.grade_shard(index).notes(&["attacking the sandbox"]);
    }
    let formats = FORMATS.map(|(name, _)| name).join(",");
    let merged = class.merge(&["--formats", &formats]).code(1);
    merged.reports(&[
        "9 submissions, 4 passed, 5 did not pass",
        "3 shards merged: 9 records are new, 0 unchanged",
    ]);

    let one = class.workspace.path("one");
    let plan = class.out().join("plan.json");
    let mut whole = class.grade(&[
        "batch",
        "largest",
        "class",
        "--out",
        "one",
        "--formats",
        &formats,
        "--plan",
    ]);
    run(whole.arg(&plan))
        .code(1)
        .reports(&["0 unchanged, 9 graded"]);
    assert_same(&class.out(), &one);
    let files = outputs(&one);
    for name in [
        "batch.json",
        "gradebook.csv",
        "class.json",
        "seeds.json",
        "accepted.json",
    ] {
        assert!(files.contains_key(name), "{name}");
    }
    for (_, name) in FORMATS {
        assert!(files.contains_key(name), "{name} in {:?}", files.keys());
    }
    assert_eq!(recorded(&one).len(), 9);
    assert_eq!(names(&one.join("keys")).len(), 9);
    // The pages show times, which differ; everything else of them is there.
    assert_eq!(names(&class.out().join("usage")), names(&one.join("usage")));
    assert!(class.out().join("reference.json").is_file());

    // The parts are parts: each submission once.
    let parts = (0..3).flat_map(|index| recorded(&class.shard(index)));
    let mut parts: Vec<_> = parts.collect();
    parts.sort();
    assert_eq!(parts, recorded(&one));
    // An ordinary batch continues what was merged.
    class.batch(&[]).code(1).reports(&["9 unchanged, 0 graded"]);
    class.workspace.assert_nothing_left();
}

#[test]
fn more_shards_than_submissions_are_graded_and_merged() {
    let class = Planned::empty();
    class.add("ada", Prints::Largest);
    class.add("bob", Prints::Largest);
    class.plan(&[]).code(0);
    let mut graded = 0;
    for index in 0..7 {
        let shard = format!("{index}/7");
        let finished = class.batch(&["--shard", &shard]).code(0);
        graded += usize::from(finished.stdout.contains("0 unchanged, 1 graded"));
    }
    assert_eq!(graded, 2);
    // What is sent as files may come without empty folders.
    for index in 0..7 {
        for part in ["records", "keys", "usage"] {
            let _ = fs::remove_dir(class.out().join(format!("shards/{index}-of-7/{part}")));
        }
    }
    class
        .merge(&[])
        .code(0)
        .reports(&["7 shards merged: 2 records are new"]);
    // Also if an empty one is named alone.
    let empty = (0..7)
        .map(|index| class.out().join(format!("shards/{index}-of-7")))
        .find(|folder| !folder.join("records").exists());
    let mut alone = class.grade(&["merge", "--out", "out"]);
    run(alone.arg(empty.unwrap()))
        .code(0)
        .reports(&["1 shard merged: 0 records are new, 2 unchanged"]);
}

#[test]
fn shards_are_found_wherever_they_are_copied_to() {
    let class = Planned::new();
    class.grade_shards();
    let elsewhere = class.workspace.path("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    for index in 0..3 {
        let to = elsewhere.join(format!("artifact {index}"));
        crate::support::files::copy_tree(&class.shard(index), &to);
    }
    fs::write(elsewhere.join("README"), "not a shard").unwrap();
    fs::create_dir(elsewhere.join("logs")).unwrap();
    let plan = class.out().join("plan.json");
    let mut merge = class.grade(&["merge", "elsewhere", "--out", "merged", "--plan"]);
    run(merge.arg(&plan))
        .code(1)
        .notes(&[])
        .reports(&["3 shards merged: 6 records are new"]);
    // Named one by one, and twice.
    let mut merge = class.grade(&[
        "merge",
        "elsewhere/artifact 2",
        "elsewhere/artifact 0",
        "out/shards/1-of-3",
    ]);
    merge.args(["out/shards/1-of-3", "--out", "again", "--plan"]);
    run(merge.arg(&plan))
        .code(1)
        .reports(&["3 shards merged: 6 records are new"]);
    assert_same(
        &class.workspace.path("merged"),
        &class.workspace.path("again"),
    );
    let batch = json(&class.workspace.path("merged/batch.json"));
    assert_eq!(batch["records"].as_array().unwrap().len(), 6);
}
