//! Three exercises that nobody thought of when the program was written, as data alone: `tests/exercises`.

use std::{collections::BTreeMap, fs};

use serde_json::Value;

use super::files_of;
use crate::support::{
    command::{grade, run},
    course,
    files::names,
    record::{fitting, statuses},
    workspace::Workspace,
};

/// What each submission fails, as the table of the README has it.
fn expected() -> BTreeMap<(String, String), Vec<String>> {
    let readme = fs::read_to_string(course().join("tests/exercises/README.md")).unwrap();
    let code = |text: &str| -> Vec<String> {
        let parts = text.split('`').skip(1).step_by(2);
        parts.map(str::to_owned).collect()
    };
    let rows = readme.lines().filter(|line| line.starts_with("| `"));
    let mut expected = BTreeMap::new();
    for row in rows {
        let cells: Vec<&str> = row.split('|').collect();
        let exercise = code(cells[1]).remove(0);
        for right in code(cells[4]) {
            expected.insert((exercise.clone(), right), Vec::new());
        }
        for wrong in cells[5].split(';') {
            let mut words = code(wrong).into_iter();
            let name = words.next().unwrap();
            expected.insert((exercise.clone(), name), words.collect());
        }
    }
    expected
}

#[test]
fn they_are_sound() {
    let workspace = Workspace::new();
    let folder = course().join("tests/exercises");
    let mut check = workspace.grade();
    run(check.args(["check-exercises", "--course"]).arg(&folder))
        .code(0)
        .reports(&["3 of 3 exercises sound"]);
    for id in names(&folder.join("exercises")) {
        let file = folder.join("exercises").join(id).join("exercise.toml");
        let text = fs::read_to_string(&file).unwrap();
        assert_eq!(super::schema::misfits(&text), [""; 0], "{}", file.display());
    }
    workspace.assert_nothing_left();
}

#[test]
fn right_and_wrong_submissions_are_told_apart_by_the_checks_that_they_fail() {
    let workspace = Workspace::new();
    let folder = course().join("tests/exercises");
    let out = workspace.path("grades");
    let mut batch = workspace.grade();
    batch.args(["batch", "--all", "--seed", "7", "--quiet", "--course"]);
    batch.arg(&folder).arg(folder.join("submissions"));
    run(batch.arg("--out").arg(&out)).code(1);
    let mut found = BTreeMap::new();
    for exercise in names(&folder.join("exercises")) {
        let records = out.join(&exercise).join("records");
        for name in names(&records) {
            let record: Value =
                serde_json::from_slice(&fs::read(records.join(&name)).unwrap()).unwrap();
            let failed = statuses(&fitting(record)).into_iter();
            let failed = failed.filter(|(_, status)| status != "pass");
            let failed = failed.map(|(id, status)| {
                assert_eq!(status, "fail", "{exercise}/{name}: {id}");
                id
            });
            let name = name.trim_end_matches(".json").to_owned();
            found.insert((exercise.clone(), name), failed.collect::<Vec<_>>());
        }
    }
    let expected = expected();
    assert_eq!(expected.len(), 9);
    assert_eq!(found, expected);
}

#[test]
fn the_example_of_the_documentation_is_sound_as_it_stands_there() {
    let text = fs::read_to_string(course().join("docs/exercises.md")).unwrap();
    let files = files_of(&text, "## A worked example");
    assert_eq!(files.len(), 6, "{:?}", files.keys());
    let workspace = Workspace::new();
    let root = workspace.path("course");
    fs::create_dir(&root).unwrap();
    fs::write(root.join("grader.toml"), "format-version = 1\n").unwrap();
    for (path, text) in &files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let exercise = &files["exercises/longest-word/exercise.toml"];
    assert_eq!(super::schema::misfits(exercise), [""; 0]);
    let (_, shown) = text
        .split_once("$ grade check-exercises longest-word\n")
        .unwrap();
    let (shown, _) = shown.split_once("```").unwrap();
    let mut check = grade();
    let check = run(check
        .args(["check-exercises", "longest-word", "--course"])
        .arg(&root))
    .code(0);
    assert_eq!(check.stdout, shown);
    // The starter says what is missing, and the hints of the page lead on.
    let mut starter = grade();
    run(starter.args(["longest-word", "--course"]).arg(&root))
        .code(1)
        .reports(&["FAIL output", "FAIL overlap"]);
}
