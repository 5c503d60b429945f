//! The plan has the seeds, and shards have grades: no submission reads them, while it is built or runs.

use std::fs;

use super::class::{Planned, json};
use crate::support::{
    command::run,
    small_course::{Prints, main},
};

/// A program that says which of these it can read, or else does what the exercise asks.
fn nosy(paths: &[String]) -> String {
    let right = main(Prints::Largest).replacen("fn main()", "fn right()", 1);
    format!(
        "{right}\nfn main() {{\n    \
             let files: &[&str] = &{paths:?};\n    \
             let read = |path: &&&str| fs::read(path).is_ok() || fs::read_dir(path).is_ok() || fs::OpenOptions::new().append(true).open(path).is_ok();\n    \
             match files.iter().find(read) {{\n        \
                 Some(path) => println!(\"it reads {{path}}\"),\n        \
                 None => right(),\n    \
             }}\n}}\n"
    )
}

/// Grade the attackers at a tier, if this machine has it. Returns the answer of the one that reads while it runs, and whether the one is compiled
/// that reads while it is built.
fn attacked_at(tier: &str) -> Option<(String, bool)> {
    let class = Planned::empty();
    let plan = class.out().join("plan.json");
    let paths = [
        plan.clone(),
        class.out().join("shards"),
        class.shard(1).join("records/dave.json"),
        class.shard(1),
        class.out(),
    ];
    let paths = paths.map(|path| path.display().to_string());
    class.add("dave", Prints::Largest);
    class.add_main("eve", &nosy(&paths));
    let steals = format!(
        "{}\nconst PLAN: &[u8] = include_bytes!({:?});\n",
        main(Prints::Largest),
        plan.display()
    );
    class.add_main(
        "carol",
        &steals.replacen("fn main() {", "fn main() { assert!(!PLAN.is_empty());", 1),
    );
    let all = |args: &[&str]| run(&mut class.grade(&[&["--isolation", tier], args].concat()));
    let planned = all(&["plan", "largest", "class", "--out", "out"]);
    if !plan.is_file() {
        planned.code(3);
        return None;
    }
    for index in [1, 2] {
        let shard = format!("{index}/3");
        all(&[
            "batch", "largest", "class", "--out", "out", "--shard", &shard,
        ]);
    }
    let record = |id: &str| json(&class.shard(2).join(format!("records/{id}.json")));
    assert_eq!(record("eve")["grader"]["tier"], tier);
    assert!(fs::metadata(&paths[2]).is_ok(), "there is nothing to read");
    let answer = record("eve")["runs"][0]["answer"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let is_built = record("carol")["checks"][0]["status"] == "pass";
    Some((answer, is_built))
}

#[test]
fn no_submission_reads_the_plan_or_another_shard() {
    let mut tried = 0;
    for tier in ["full", "confined"] {
        let Some((answer, is_built)) = attacked_at(tier) else {
            continue;
        };
        tried += 1;
        assert!(answer.parse::<i64>().is_ok(), "{tier}: {answer}");
        assert!(!is_built, "{tier}: the compiler reads the plan");
    }
    assert!(tried > 0, "this machine has no tier that hides files");
    // Where nothing is promised, the same attackers succeed.
    let (answer, is_built) = attacked_at("none").unwrap();
    assert!(
        answer.starts_with("it reads ") && answer.ends_with("plan.json"),
        "{answer}"
    );
    assert!(is_built);
}
