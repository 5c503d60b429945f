//! One folder that is graded again and again, as a student does, and what is told of the tries before.

use std::fs;

use crate::support::{command::run, course, files::copy_tree, workspace::Workspace};

#[test]
fn what_changed_since_the_last_try_is_said_first() {
    let workspace = Workspace::new();
    let folder = workspace.path("mine");
    copy_tree(&course().join("exercises/sum-of-products"), &folder);
    let grade = || {
        let mut command = workspace.grade();
        run(command.arg("sum-of-products").arg(&folder)).code(1)
    };
    let first = grade();
    assert!(first.stdout.starts_with("FAIL"), "{}", first.shown());
    let again = grade();
    assert!(again.stdout.starts_with("FAIL"), "{}", again.shown());
    let main = folder.join("src/main.rs");
    let text = fs::read_to_string(&main).unwrap();
    let (kept, _) = text
        .split_once("    let mut lines")
        .expect("the starter has it");
    let right =
        "    let lines: Vec<u64> = text.lines().map(|line| line.parse().unwrap()).collect();
    Ok(lines[2] * lines[16])\n}\n";
    fs::write(&main, kept.to_owned() + right).unwrap();
    let right = grade();
    let since = "since the last try: total now right; multi-threaded still 1.00\n\nFAIL";
    assert!(right.stdout.starts_with(since), "{}", right.shown());
}
