//! A new copy of the starter, and what checks and mistakes are.

use std::{fs, process::Output};

use assert_cmd::Command;
use ids::CheckId;

use crate::support::{
    command::{run, shown},
    course,
    files::names,
    workspace::Workspace,
};

/// Text with every run of white space as one space.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_copy_of_the_starter_is_graded_and_run_by_cargo_inside_another_workspace() {
    let workspace = Workspace::new();
    let new = |folder: &str| {
        let mut command = workspace.grade();
        run(command
            .args(["new", "sum-of-products"])
            .arg(workspace.path(folder)))
    };
    // Cargo would take the copy for a crate of this workspace that it does not list.
    fs::create_dir_all(workspace.path("other/empty")).unwrap();
    fs::write(
        workspace.path("other/Cargo.toml"),
        "[workspace]\nmembers = []\n",
    )
    .unwrap();
    let told = new("other/mine")
        .code(0)
        .reports(&["README.md first", "other/mine/src/main.rs"]);
    let mine = workspace.path("other/mine");
    assert_eq!(names(&mine), ["Cargo.toml", "README.md", "src"]);
    let main = |folder: &std::path::Path| fs::read(folder.join("src/main.rs")).unwrap();
    assert_eq!(
        main(&mine),
        main(&course().join("exercises/sum-of-products"))
    );

    let list = run(workspace.grade().arg("list")).code(0);
    list.reports(&["other/mine the starter, unchanged: not graded yet"]);

    // The commands that are shown.
    let commands: Vec<&str> = told
        .stdout
        .lines()
        .filter_map(|line| line.strip_prefix("    "))
        .collect();
    let [grade, data, cd, cargo] = commands[..] else {
        panic!("{}", told.shown());
    };
    let typed =
        |line: &str| -> Vec<String> { shlex::split(line).unwrap().into_iter().skip(1).collect() };
    run(workspace.grade().args(typed(grade)))
        .code(1)
        .reports(&["4 of 10 points"]);
    run(workspace
        .grade()
        .args(typed(data))
        .current_dir(workspace.path("other"))
        .arg("--course")
        .arg(course()))
    .code(0);
    assert_eq!(cd, "cd data");
    let mut cargo_run = Command::new(env!("CARGO"));
    cargo_run.args(typed(cargo)).args(["--offline", "--quiet"]);
    let output: Output = cargo_run
        .current_dir(workspace.path("other/data"))
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "50269\n",
        "{}",
        shown(&output)
    );

    // Nothing is replaced; a folder that is there and empty is filled.
    fs::write(mine.join("src/main.rs"), "mine").unwrap();
    new("other/mine").refuses(
        2,
        &["failed to copy the starter into", "name an empty folder"],
    );
    assert_eq!(main(&mine), b"mine");
    new("other/empty").code(0);
    // Beside no workspace, the manifest is the starter's.
    new("alone").code(0);
    let manifest = |folder: &std::path::Path| fs::read(folder.join("Cargo.toml")).unwrap();
    assert_eq!(
        manifest(&workspace.path("alone")),
        manifest(&course().join("exercises/sum-of-products"))
    );
    workspace.assert_nothing_left();
}

#[test]
fn every_check_and_every_mistake_is_explained() {
    let workspace = Workspace::new();
    let explain = |names: &[&str]| run(workspace.grade().arg("explain").args(names));
    let list = explain(&[]).code(0);
    for id in CheckId::ALL {
        let asks = judge::check::asks(id);
        assert!(
            words(&list.stdout).contains(&format!("{id} {asks}")),
            "{}",
            list.shown()
        );
        explain(&[id.as_str()]).code(0).reports(&[
            asks,
            "How it is measured",
            "What fails, for example",
        ]);
        // The same words as in the pages for students.
        let page = fs::read_to_string(course().join("docs/students.md")).unwrap();
        assert!(page.contains(&format!("| `{id}` | {asks} |")), "{id}");
    }
    let mut mistakes = judge::check::mistakes();
    mistakes.extend(judge::mistakes::explained());
    for mistake in &mistakes {
        assert!(
            words(&list.stdout).contains(&format!(" {} {}", mistake.name, mistake.message)),
            "{}",
            list.shown()
        );
    }
    explain(&["serialised"])
        .code(0)
        .reports(&["8 threads take turns", "grade explain multi-threaded"]);
    explain(&["rest-dropped"])
        .code(0)
        .reports(&["chunks_exact", "grade explain total"]);
    // The mistakes of the exercise.
    let known = [
        "the numbers on lines 4 and 18 were multiplied",
        "a mistake that fails `total`",
    ];
    explain(&["lines-from-zero"]).code(0).reports(&known);
    explain(&["serialized"]).refuses(2, &["did you mean `grade explain serialised`?"]);
}

/// A ladder for a mistake that no check names would never be shown.
#[test]
fn every_mistake_in_reading_has_a_ladder_and_every_ladder_a_mistake() {
    let course = ::grade::course::Course::load(&course()).unwrap();
    let exercise = course.exercise("sum-of-products").unwrap();
    let has = |check, diagnosis: Option<&str>| {
        let mut ladders = exercise.ladders.iter();
        ladders.any(|ladder| ladder.check == check && ladder.diagnosis.as_deref() == diagnosis)
    };
    let asked: Vec<CheckId> = exercise.checks.iter().map(|check| check.id).collect();
    for id in &asked {
        assert!(has(*id, None), "{id} has no ladder");
    }
    let mut mistakes = judge::check::mistakes();
    // A wrong total has one for all mistakes that have none of their own.
    mistakes.retain(|mistake| mistake.check != CheckId::Total && asked.contains(&mistake.check));
    for mistake in &mistakes {
        assert!(
            has(mistake.check, Some(&mistake.name)),
            "{} has no ladder",
            mistake.name
        );
    }
    for ladder in &exercise.ladders {
        let is_known = |name: &str| {
            mistakes
                .iter()
                .any(|mistake| mistake.check == ladder.check && mistake.name == name)
        };
        assert!(
            ladder.check != CheckId::MultiThreaded
                || ladder.diagnosis.as_deref().is_none_or(is_known),
            "{ladder:?}"
        );
    }
}
