//! `grade check-exercises` on a course of several exercises: one by one, and what is wrong with each.

use std::fs;

use crate::support::{
    command::{Finished, run},
    small_course::{Prints, SmallCourse, main},
    workspace::Workspace,
};

fn check(workspace: &Workspace, course: &SmallCourse, more: &[&str]) -> Finished {
    let mut command = course.grade(workspace);
    run(command.arg("check-exercises").args(more))
}

#[test]
fn every_exercise_is_examined_although_one_before_it_is_broken() {
    let workspace = Workspace::new();
    let course = SmallCourse::make(workspace.path("course"));
    check(&workspace, &course, &[]).code(0).reports(&[
        "sound largest: the reference has 10 of 10 points, the starter 3 (fails total)",
        "sound smallest:",
        "2 of 2 exercises sound",
    ]);
    let right = main(Prints::Largest);
    course.write("exercises/largest/src/main.rs", &right);
    check(&workspace, &course, &[]).code(2).reports(&[
        "BROKEN largest: the starter passes",
        "try: leave out of the starter what a student is to write",
        "sound smallest:",
        "1 of 2 exercises sound; broken: largest",
    ]);
    // The one that is named, alone.
    let named = check(&workspace, &course, &["smallest"]).code(0);
    assert!(!named.stdout.contains("largest"), "{}", named.shown());
    check(&workspace, &course, &["smalest"]).refuses(2, &["smalest", "smallest"]);
    // A reference that fails is worse, and stops nothing either.
    course.write("reference/largest/src/main.rs", "fn main() {}");
    check(&workspace, &course, &[])
        .code(4)
        .complains(&["the reference did not pass"])
        .reports(&["sound smallest:", "broken: largest"]);
    // A file that cannot be read as an exercise does not, either.
    course.write("exercises/largest/exercise.toml", "format-version = 1\n");
    check(&workspace, &course, &[])
        .code(2)
        .complains(&["largest/exercise.toml", "missing field `title`"])
        .reports(&["sound smallest:", "broken: largest"]);
    workspace.assert_nothing_left();
}

#[test]
fn what_every_exercise_has_is_missed() {
    let workspace = Workspace::new();
    let course = SmallCourse::make(workspace.path("course"));
    fs::remove_file(course.root.join("exercises/largest/README.md")).unwrap();
    check(&workspace, &course, &["largest"]).code(2).reports(&[
        "BROKEN largest: there is no",
        "exercises/largest/README.md",
        "try: write it",
    ]);
}
