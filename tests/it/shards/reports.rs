//! What is told of shards and of merged outputs: reports, feedback, lists of the class, and settings of the environment.

use std::fs;

use super::class::{Planned, json};
use crate::support::{command::run, files::names, small_course::Prints};

#[test]
fn reports_of_shards_are_made_and_those_of_all_need_the_merge() {
    let class = Planned::new();
    let report =
        |path: &str, format: &str| run(&mut class.grade(&["report", path, "--format", format]));
    report("out", "human")
        .code(3)
        .reports(&["no shard has begun; 6 submissions are planned"]);
    class.grade_shard(2).code(0);
    report("out", "csv").refuses(
        2,
        &[
            "failed to find a batch in `",
            "it has shards that are not merged",
            "merge them with `grade merge ",
            "or name one of the folders in `shards`",
        ],
    );
    report("out", "human").code(3).reports(&[
        "shard 0/3: has not begun",
        "shard 2/3: 3 of 3 graded; it is complete",
        "3 of 6 graded; when all shards are complete, merge them with `grade merge ",
    ]);
    report("out/shards/2-of-3", "human")
        .code(0)
        .reports(&["3 submissions, 3 passed"]);
    let csv = report("out/shards/2-of-3", "csv").code(0);
    assert_eq!(csv.stdout.lines().count(), 4, "{}", csv.stdout);
    class.merge(&[]).code(3).notes(&["are missing"]);
    report("out", "human")
        .code(0)
        .reports(&["3 of 6 submissions so far"]);
}

#[test]
fn of_complete_shards_a_report_says_how_they_are_merged() {
    let class = Planned::new();
    class.grade_shards();
    let mark = class.workspace.path("out/shards/2-of-3/shard.json");
    let complete = fs::read_to_string(&mark).unwrap();
    run(&mut class.grade(&["report", "out"]))
        .code(0)
        .reports(&["merge them with `grade merge "]);
    fs::write(&mark, complete.replace("true", "false")).unwrap();
    run(&mut class.grade(&["report", "out"]))
        .code(3)
        .reports(&["shard 2/3: 3 of 3 graded; it is at work, or was stopped"]);
}

#[test]
fn a_merge_prints_every_format_that_a_batch_prints() {
    let class = Planned::new();
    class.grade_shards();
    let json: serde_json::Value =
        serde_json::from_str(&class.merge(&["--format", "json"]).code(1).stdout).unwrap();
    assert_eq!(json["records"].as_array().unwrap().len(), 6);
    let csv = class
        .merge(&["--format", "csv", "--delimiter", ";"])
        .code(1);
    assert_eq!(csv.stdout.lines().count(), 7, "{}", csv.stdout);
    assert!(csv.stdout.contains("ada;pass;10;10;"), "{}", csv.stdout);
    let gradebook = fs::read_to_string(class.out().join("gradebook.csv")).unwrap();
    assert!(gradebook.contains("ada;pass;10;10;"), "{gradebook}");
    let markdown = class.merge(&["--format", "markdown"]).code(1).stdout;
    assert!(markdown.contains("| judy |"), "{markdown}");
    for other in ["trace", "none"] {
        let finished = class.merge(&["--format", other]).code(2);
        assert!(finished.stderr.contains("--format"), "{}", finished.shown());
    }
}

#[test]
fn feedback_is_written_at_the_merge() {
    let class = Planned::new();
    class.grade_shards();
    class.merge(&["--feedback", "feedback"]).code(1);
    let files = names(&class.workspace.path("feedback"));
    for name in ["ada.html", "judy.html", "judy.md"] {
        assert!(files.contains(&name.to_owned()), "{files:?}");
    }
    fs::create_dir(class.workspace.path("mine")).unwrap();
    fs::write(class.workspace.path("mine/file"), "").unwrap();
    class
        .merge(&["--feedback", "mine"])
        .refuses(2, &["failed to use `", "for feedback"]);
}

#[test]
fn a_list_of_the_class_is_given_to_the_plan_and_is_in_the_outputs() {
    let class = Planned::new();
    let list = "login,name,number\nada,Ada Lovelace,1001\njudy,Judy Roe,1002\nmax,Max Moe,1003\n";
    fs::write(class.workspace.path("list.csv"), list).unwrap();
    class.plan(&["--roster", "list.csv"]).code(0);
    class.grade_shards();
    let part = run(&mut class.grade(&["report", "out/shards/0-of-3", "--format", "csv"])).code(0);
    assert!(part.stdout.contains("Judy Roe"), "{}", part.stdout);
    // Who handed in nothing is of no shard.
    assert!(!part.stdout.contains("Max Moe"), "{}", part.stdout);
    class.merge(&[]).code(1).reports(&["Max Moe"]);
    let batch = json(&class.out().join("batch.json"));
    assert_eq!(batch["class"]["absent"][0], "Max Moe (1003)");
    assert_eq!(batch["class"]["people"]["ada"][0]["name"], "Ada Lovelace");
    let plan = class.out().join("plan.json");
    let mut whole = class.grade(&["batch", "largest", "class", "--out", "one", "--plan"]);
    run(whole.arg(plan)).code(1);
    super::class::assert_same(&class.out(), &class.workspace.path("one"));
    let nobody = "login,name\nzoe,Zoe Zed\n";
    fs::write(class.workspace.path("nobody.csv"), nobody).unwrap();
    class
        .plan(&["--roster", "nobody.csv"])
        .code(2)
        .complains(&[]);
}

#[test]
fn settings_of_the_environment_hold_for_every_machine() {
    let class = Planned::empty();
    class.add("ada", Prints::Largest);
    // The temporary folder and the cache are of the environment in all of these tests.
    let grade = |args: &[&str]| {
        let mut command = class.workspace.grade();
        command
            .current_dir(class.workspace.path(""))
            .env("GRADE_COURSE", &class.course.root);
        run(command.args(args))
    };
    grade(&["plan", "largest", "class"]).code(0).reports(&[
        "the plan is class-grades/plan.json",
        "grade batch largest class --out class-grades --shard 0/10",
    ]);
    grade(&["batch", "largest", "class", "--shard", "0/1"]).code(0);
    grade(&["merge", "class-grades", "--out", "class-grades"])
        .code(0)
        .reports(&["1 record is new"]);
    let mut elsewhere = class.workspace.grade();
    elsewhere
        .current_dir(class.workspace.path(""))
        .env("GRADE_COURSE", "/nowhere");
    run(elsewhere.args(["batch", "largest", "class", "--shard", "0/1"]))
        .code(2)
        .complains(&[]);
    class.workspace.assert_nothing_left();
}
