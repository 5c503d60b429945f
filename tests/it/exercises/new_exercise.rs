//! `grade new-exercise`: what it writes is sound at once, and replaces nothing.

use std::fs;

use assert_cmd::Command;

use crate::support::{
    command::{Finished, run, shown},
    files::names,
    small_course::SmallCourse,
    workspace::Workspace,
};

fn make(workspace: &Workspace, course: &SmallCourse, arguments: &[&str]) -> Finished {
    let mut command = course.grade(workspace);
    run(command.arg("new-exercise").args(arguments))
}

#[track_caller]
fn is_sound(workspace: &Workspace, course: &SmallCourse, id: &str, words: &[&str]) {
    let mut check = course.grade(workspace);
    let check = run(check.args(["check-exercises", id])).code(0);
    let head = format!("sound {id}: the reference has");
    check.reports(&[&head]).reports(words);
    workspace.assert_nothing_left();
}

#[test]
fn an_exercise_on_numbers_is_sound_at_once() {
    let workspace = Workspace::new();
    let course = SmallCourse::make(workspace.path("course"));
    make(&workspace, &course, &["add-up", "--kind", "numbers"])
        .code(0)
        .reports(&["the exercise add-up is in", "grade check-exercises add-up"]);
    is_sound(
        &workspace,
        &course,
        "add-up",
        &["fails total, multi-threaded"],
    );
    let starter = course.root.join("exercises/add-up");
    assert_eq!(
        names(&starter),
        ["Cargo.toml", "README.md", "exercise.toml", "src"]
    );
    let first = fs::read_to_string(starter.join("exercise.toml")).unwrap();
    assert!(
        first.starts_with("#:schema ../../schema/exercise-1.schema.json\n"),
        "{first}"
    );
    assert!(course.root.join("schema/exercise-1.schema.json").is_file());
    // Nothing is replaced, and a second exercise takes the schema that is there.
    make(&workspace, &course, &["add-up"]).refuses(2, &["there is an exercise of this name"]);
    course.write("reference/taken/notes.txt", "mine");
    make(&workspace, &course, &["taken"]).refuses(2, &["reference/taken", "remove it, or choose"]);
    assert!(!course.root.join("exercises/taken").exists());
    for name in ["batch", "1st", "a.b", "../x", ""] {
        make(&workspace, &course, &[name]).refuses(2, &["failed to make the exercise"]);
    }
}

#[test]
fn an_exercise_on_files_and_one_on_what_a_program_writes_are_sound_at_once() {
    let workspace = Workspace::new();
    let course = SmallCourse::make(workspace.path("course"));
    make(&workspace, &course, &["lines"]).code(0);
    is_sound(&workspace, &course, "lines", &["fails output, overlap"]);
    make(&workspace, &course, &["words", "--kind", "program"])
        .code(0)
        .reports(&["the program that writes its data is in"]);
    is_sound(&workspace, &course, "words", &["fails output, overlap"]);
    for id in ["lines", "words"] {
        let file = course.root.join("exercises").join(id).join("exercise.toml");
        let text = fs::read_to_string(file).unwrap();
        assert_eq!(super::schema::misfits(&text), [""; 0], "{id}");
        assert!(!text.contains('@'), "{text}");
    }
}

#[test]
fn the_crates_of_a_new_exercise_are_known_to_the_courses_workspace() {
    let workspace = Workspace::new();
    let course = SmallCourse::make(workspace.path("course"));
    course.write(
        "Cargo.toml",
        "[workspace]\nmembers = [\"reference/largest\"]\nexclude = [\"exercises/largest\"]\nresolver = \"3\"\n",
    );
    make(&workspace, &course, &["add-up", "--kind", "numbers"])
        .code(0)
        .reports(&["cargo check -p add-up"]);
    let manifest = fs::read_to_string(course.root.join("Cargo.toml")).unwrap();
    assert_eq!(
        manifest,
        "[workspace]\nmembers = [\"reference/largest\", \"reference/add-up\"]\n\
         exclude = [\"exercises/largest\", \"exercises/add-up\"]\nresolver = \"3\"\n"
    );
    // Cargo builds both, the student's without the workspace.
    for folder in ["reference/add-up", "exercises/add-up"] {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["check", "--offline", "--quiet", "--target-dir"]);
        let output = cargo
            .arg(workspace.path("target"))
            .current_dir(course.root.join(folder))
            .output()
            .unwrap();
        assert!(output.status.success(), "{folder}: {}", shown(&output));
    }
}

#[test]
fn an_exercise_that_cannot_be_written_as_a_whole_leaves_nothing() {
    let workspace = Workspace::new();
    let course = SmallCourse::make(workspace.path("course"));
    let locked = crate::support::files::Locked::new(&course.root.join("reference"), 0o555);
    let mut command = workspace.grade_as_ordinary_user();
    command.arg("--course").arg(&course.root);
    run(command.args(["new-exercise", "add-up"]))
        .refuses(2, &["reference/add-up", "Permission denied"]);
    drop(locked);
    assert_eq!(
        names(&course.root.join("exercises")),
        ["largest", "smallest"]
    );
}

#[test]
fn pages_are_fetched_where_the_course_has_a_crate_for_it() {
    let workspace = Workspace::new();
    let course = SmallCourse::make(workspace.path("course"));
    make(&workspace, &course, &["pages", "--kind", "server"]).refuses(
        2,
        &[
            "does not allow the crate `ureq`",
            "below `[crates]` in grader.toml",
        ],
    );
}

#[test]
fn an_exercise_on_pages_of_a_server_is_sound_at_once() {
    let workspace = Workspace::new();
    // This course allows the crate that fetches pages.
    let course = SmallCourse {
        root: workspace.course().root,
    };
    make(&workspace, &course, &["pages", "--kind", "server"]).code(0);
    is_sound(&workspace, &course, "pages", &["fails output, overlap"]);
}
