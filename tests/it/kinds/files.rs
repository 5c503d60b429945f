//! Files that an exercise writes down, with latencies: what is printed, and when.

use super::made::{Made, check};
use crate::support::{command::run, record::statuses};

const CHECKS: [&str; 6] = ["build", "run", "output", "files-read", "overlap", "order"];

const EXERCISE: &str = r#"
[[recipe.files.file]]
name = "task-{i}.txt"
count = 5
contents = "{word} {number:1..9}\n"
[latency]
"task-*.txt" = "200ms..2s"
[expect]
lines = "in-order"
[overlap]
at-once = "all"
[[order]]
printed-when-read = { files = "task-*.txt", line = "{stem}" }
[[mistakes]]
check = "overlap"
id = "one-after-the-other"
says = "a task starts when the one before has ended"
try = "start all tasks before you wait for one"
"#;

const AS_COMPLETED: &str = r#"
use std::{fs, sync::mpsc, thread};
fn main() {
    let (sender, receiver) = mpsc::channel();
    for i in 0..5 {
        let sender = sender.clone();
        thread::spawn(move || {
            let text = fs::read_to_string(format!("task-{i}.txt")).unwrap();
            sender.send(format!("task-{i}: {}", text.trim())).unwrap();
        });
    }
    drop(sender);
    for line in receiver {
        println!("{line}");
    }
}
"#;

const SERIAL: &str = r#"
fn main() {
    for i in 0..5 {
        let text = std::fs::read_to_string(format!("task-{i}.txt")).unwrap();
        println!("task-{i}: {}", text.trim());
    }
}
"#;

#[test]
fn lines_come_in_the_order_of_completion_and_all_tasks_wait_at_once() {
    let made = Made::new(&CHECKS, EXERCISE, AS_COMPLETED);
    let right = made.graded("right", AS_COMPLETED);
    assert_eq!(right["verdict"], "pass", "{right:#}");
    assert_eq!(right["score"]["earned"], 6);

    let wrong = made.graded("wrong", SERIAL);
    let status = |id: &str| check(&wrong, id)["status"].as_str().unwrap().to_owned();
    assert_eq!(statuses(&wrong).len(), 6);
    assert_eq!(
        (status("overlap"), status("output")),
        ("fail".into(), "fail".into())
    );
    let overlap = check(&wrong, "overlap");
    assert_eq!(overlap["diagnosis"], "one-after-the-other", "{overlap:#}");
    assert_eq!(
        overlap["message"],
        "a task starts when the one before has ended"
    );
    assert_eq!(overlap["hint"], "start all tasks before you wait for one");
    made.workspace.assert_nothing_left();
}

#[test]
fn a_reference_that_knows_another_answer_is_told() {
    let known = format!("{EXERCISE}\n");
    let made = Made::new(&CHECKS, &known, AS_COMPLETED);
    let file = "exercises/made/exercise.toml";
    let text = std::fs::read_to_string(made.root.join(file)).unwrap();
    let wrong = "fresh = 0\nanswers = { 5 = \"task-0: one 1\\ntask-1: two 2\\n\" }\n";
    made.write(file, &text.replacen("fresh = 0\n", wrong, 1));
    run(made.grade(&["made"]).arg(made.root.join("exercises/made"))).refuses(
        4,
        &[
            "on seed 5 it prints task-",
            "and the exercise knows task-0: one 1 / task-1: two 2",
        ],
    );
}
