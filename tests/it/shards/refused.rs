//! What cannot give the records of the plan is refused, before anything is graded, with what to do.

use std::{fs, path::Path};

use super::class::{OF, Planned};
use crate::support::{
    command::{Finished, run},
    files::{copy_tree, names, remove_tree},
    small_course::Prints,
};

/// A shard that must not be graded.
#[track_caller]
fn refused(class: &Planned, code: i32, words: &[&str]) {
    class.grade_shard(1).refuses(code, words);
    let records = class.shard(1).join("records");
    assert!(!records.exists() || names(&records).is_empty());
}

#[test]
fn a_machine_that_differs_from_the_plan_is_refused() {
    let differs = [
        (
            "exercise",
            2,
            "the exercise differs here",
            "give every machine the same course",
        ),
        (
            "crates",
            2,
            "the course's `grader.lock` differs here",
            "give every machine the same course",
        ),
        (
            "toolchain",
            2,
            "the compiler differs here",
            "the same version of Rust",
        ),
        (
            "grader",
            2,
            "the program `grade` itself differs here",
            "the same file of this program",
        ),
        (
            "observer",
            3,
            "how reads are observed differs here",
            "see `grade doctor` on this machine",
        ),
    ];
    let class = Planned::new();
    let sound = fs::read(class.out().join("plan.json")).unwrap();
    for (name, code, what, remedy) in differs {
        fs::write(class.out().join("plan.json"), &sound).unwrap();
        class.edit_plan(|plan| plan["plan"]["made_from"][name] = "other".into());
        let what = format!("failed to grade by the plan: {what}");
        refused(
            &class,
            code,
            &[&what, "the plan has other, and this machine ", remedy],
        );
    }
    fs::write(class.out().join("plan.json"), sound).unwrap();
    // What is really changed: an exercise, and how submissions are isolated.
    let mut none = class.grade(&[
        "--isolation",
        "none",
        "batch",
        "largest",
        "class",
        "--out",
        "out",
        "--shard",
        "1/3",
    ]);
    run(&mut none).refuses(
        2,
        &[
            "how submissions are isolated differs here",
            "and this machine none",
            "leave out `--isolation`",
        ],
    );
    let file = class.course.root.join("exercises/largest/exercise.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(file, text.replace("lines = 5", "lines = 6")).unwrap();
    refused(&class, 2, &["the exercise differs here"]);
    class.plan(&[]).code(0);
    class.grade_shard(1).code(0);
}

#[test]
fn a_plan_that_cannot_be_followed_is_refused() {
    let class = Planned::new();
    let file = class.out().join("plan.json");
    let sound = fs::read_to_string(&file).unwrap();
    let damaged: [&dyn Fn(&mut serde_json::Value); 7] = [
        &|plan| plan["schema"] = "grade-plan/2".into(),
        &|plan| plan["plan"]["seeds"] = serde_json::json!([]),
        // Seeds that nothing else in the plan follows.
        &|plan| plan["plan"]["seeds"] = serde_json::json!(["0", "1"]),
        &|plan| plan["plan"]["generation"] = 7.into(),
        &|plan| plan["sources"] = serde_json::json!({}),
        &|plan| plan["roster"]["ids"].as_array_mut().unwrap().reverse(),
        &|plan| plan["roster"] = "class".into(),
    ];
    for edit in damaged {
        class.edit_plan(edit);
        let words = [
            "failed to read `",
            "plan.json",
            "make a new one with `grade plan EXERCISE DIR`",
        ];
        let exact = "make a new one with `grade plan largest class --out out`";
        refused(&class, 2, &[words[0], words[1], exact]);
        class.merge(&[]).refuses(2, &words);
        class.plan(&[]).code(2).complains(&words);
        fs::write(&file, &sound).unwrap();
    }
    for half in ["", "{", &sound[..sound.len() / 2]] {
        fs::write(&file, half).unwrap();
        refused(&class, 2, &["failed to read `"]);
    }
    // Of another exercise, of another version of this program, and none.
    let smallest = |text: &str| text.replace("\"largest\"", "\"smallest\"");
    fs::write(&file, smallest(&sound)).unwrap();
    refused(
        &class,
        2,
        &[
            "failed to use the plan `",
            "for `largest`: it is of `smallest`",
            "grade plan largest DIR --out PLAN",
        ],
    );
    class
        .plan(&[])
        .refuses(2, &["for `largest`: it is of `smallest`"]);
    fs::write(
        &file,
        sound.replace("\"isolation\": \"full\"", "\"isolation\": \"better\""),
    )
    .unwrap();
    if sound.contains("\"isolation\": \"full\"") {
        refused(&class, 2, &["failed to find the tier in the plan"]);
    }
    fs::write(
        &file,
        sound.replace("\"kind\": \"folder\"", "\"kind\": \"scroll\""),
    )
    .unwrap();
    refused(
        &class,
        2,
        &[
            "failed to find `dave` in the plan",
            "of a kind that this program does not know",
        ],
    );
    fs::remove_file(&file).unwrap();
    let none = [
        "failed to find the plan `",
        "out/plan.json`",
        "make it with `grade plan largest class --out out`",
        "--plan FILE",
    ];
    refused(&class, 2, &none);
    class
        .merge(&[])
        .refuses(2, &[none[0], none[1], "grade plan EXERCISE DIR"]);
}

#[test]
fn a_class_without_a_planned_submission_is_refused() {
    let class = Planned::new();
    let away = class.workspace.path("away");
    fs::rename(class.dir().join("dave"), &away).unwrap();
    let words = [
        "failed to find `",
        "class/dave`, which the plan names",
        "make the plan again",
    ];
    refused(&class, 2, &words);
    // Those in other shards are not affected.
    class.grade_shard(2).code(0);
    fs::rename(&away, class.dir().join("dave")).unwrap();
    class.grade_shard(1).code(0);
    // A class that has nobody in common with the planned one takes not its place.
    let other = class.workspace.path("other");
    copy_tree(&class.dir().join("ada"), &other.join("zoe"));
    let plan = run(&mut class.grade(&["plan", "largest", "other", "--out", "out"]));
    plan.refuses(
        2,
        &[
            "failed to use `",
            "plan.json` for `",
            "it is of another class",
            "--out",
        ],
    );
}

#[test]
fn flags_that_contradict_the_plan_or_each_other_are_refused() {
    let class = Planned::new();
    let conflicting: [&[&str]; 10] = [
        &["--seed", "7"],
        &["--observe", "all"],
        &["--names", "(?<student>.+)"],
        &["--roster", "list.csv"],
        &["--fresh"],
        &["--accept"],
        &["--all"],
        &["--feedback", "feedback"],
        &["--formats", "human"],
        &["--delimiter", ";"],
    ];
    let clap = |finished: Finished, words: &str| {
        let finished = finished.code(2);
        assert!(finished.stderr.contains(words), "{}", finished.shown());
    };
    for (at, flags) in conflicting.into_iter().enumerate() {
        let place = match at {
            0..=4 => "plan",
            5 | 7..=9 => "merge",
            _ => "",
        };
        let words = format!("cannot be used with '{}", flags[0]);
        let finished = class.batch(&[&["--shard", "0/3"], flags].concat());
        let other_way = finished.stderr.contains(&format!("'{}", flags[0]))
            && finished.stderr.contains("'--shard <K/N>'");
        assert!(other_way, "{words}: {}", finished.shown());
        let owner = match place {
            "" => !finished.stderr.contains("hint: "),
            _ => finished
                .stderr
                .contains(&format!("hint: give `{}` to `grade {place}`", flags[0])),
        };
        assert!(owner, "{}", finished.shown());
        clap(finished, "cannot be used with");
    }
    let list = &mut class.grade(&["batch", "largest", "class", "--shard", "0/3", "--list"]);
    clap(run(list), "'--shard <K/N>' cannot be used with '--list'");
    for flags in &conflicting[..5] {
        clap(
            class.batch(&[&["--plan", "out"], *flags].concat()),
            "cannot be used with",
        );
    }
    for (shard, why) in [
        (
            "3/3",
            "the last of 3 shards is `2/3`, because the first is `0/3`",
        ),
        ("1/0", "it is not of the form `K/N`"),
        ("1", "it is not of the form `K/N`"),
        ("-1/3", "it is not of the form `K/N`"),
        ("1/99999999999", "it is not of the form `K/N`"),
    ] {
        clap(class.batch(&[&format!("--shard={shard}")]), why);
    }
    assert!(!class.out().join("shards").exists());
}

#[test]
fn a_plan_does_not_make_a_folder_of_the_name_of_a_file() {
    let class = Planned::new();
    let plan = || run(&mut class.grade(&["plan", "largest", "class", "--out", "plan.txt"]));
    plan().refuses(
        2,
        &["failed to write a plan into `plan.txt`", "ends in `.json`"],
    );
    assert!(!class.workspace.path("plan.txt").exists());
    fs::create_dir(class.workspace.path("plan.txt")).unwrap();
    plan().code(0).reports(&["plan.txt/plan.json"]);
}

#[test]
fn outputs_and_plans_among_the_submissions_are_refused() {
    let class = Planned::new();
    let plan = |out: &str| run(&mut class.grade(&["plan", "largest", "class", "--out", out]));
    for out in [
        "class/plan.json",
        "class",
        "class/ada",
        "class/new/plan.json",
    ] {
        plan(out).code(2).complains(&[
            "failed to use the plan `",
            "it is among the submissions",
            "--out PLAN",
        ]);
    }
    let mut inside = class.grade(&[
        "batch",
        "largest",
        "class",
        "--out",
        "class/out",
        "--plan",
        "out",
        "--shard",
        "1/3",
    ]);
    run(&mut inside).refuses(
        2,
        &[
            "failed to write into `",
            "class/out/shards/1-of-3`: it is among the submissions",
        ],
    );
    fs::copy(class.out().join("plan.json"), class.dir().join("plan.json")).unwrap();
    let mut inside = class.grade(&[
        "batch",
        "largest",
        "class",
        "--out",
        "out",
        "--plan",
        "class/plan.json",
        "--shard",
        "1/3",
    ]);
    run(&mut inside).refuses(
        2,
        &["failed to use the plan `", "it is among the submissions"],
    );
    assert_eq!(
        names(&class.dir()),
        ["ada", "carol", "dave", "eve", "heidi", "judy", "plan.json"]
    );
    // Who names the outputs in place of the class is told so.
    class.grade_shard(1).code(0);
    let mut outputs = class.grade(&["plan", "largest", "out", "--out", "new"]);
    run(&mut outputs).refuses(
        2,
        &[
            "failed to find submissions in `",
            "it has the grades of a class",
        ],
    );
}

#[test]
fn a_plan_of_another_exercise_or_batch_takes_no_place() {
    let class = Planned::empty();
    class.add("ada", Prints::Smallest);
    run(&mut class.grade(&["batch", "smallest", "class", "--out", "out"])).code(0);
    class.plan(&[]).code(2).complains(&[
        "failed to use `",
        "plan.json` for `largest`: it has a batch of `smallest`",
        "--out DIR",
    ]);
    // The seeds of a batch in the same folder stay, and so do its records.
    remove_tree(&class.out()).unwrap();
    class.batch(&[]).code(1);
    let seeds = |path: &Path| super::class::json(path)["seeds"].clone();
    let drawn = seeds(&class.out().join("seeds.json"));
    class.plan(&[]).code(0);
    assert_eq!(
        super::class::json(&class.out().join("plan.json"))["plan"]["seeds"],
        drawn
    );
    class.grade_shards();
    class
        .merge(&[])
        .code(1)
        .reports(&["0 records are new, 1 unchanged"]);
    assert_eq!(OF, 3);
}
