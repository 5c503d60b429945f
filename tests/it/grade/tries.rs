//! One folder that is graded again and again, as a student does: what is told of the tries before, and the hints.

use std::{fs, path::PathBuf};

use crate::support::{
    command::{Finished, run},
    course,
    files::copy_tree,
    submission,
    workspace::Workspace,
};

/// A student with a copy of the starter, and a cache that remembers it.
struct Student {
    workspace: Workspace,
    folder: PathBuf,
}

impl Student {
    fn new() -> Self {
        let workspace = Workspace::new();
        let folder = workspace.path("mine");
        copy_tree(&course().join("exercises/sum-of-products"), &folder);
        Self { workspace, folder }
    }

    fn main(&self) -> PathBuf {
        self.folder.join("src/main.rs")
    }

    fn grade(&self) -> Finished {
        let mut command = self.workspace.grade();
        run(command.arg("sum-of-products").arg(&self.folder))
    }

    fn hint(&self, flags: &[&str]) -> Finished {
        let mut command = self.workspace.grade();
        command.args(["hint", "sum-of-products"]).args(flags);
        run(command.arg(&self.folder)).code(0)
    }

    /// Take the lines that are asked for, one file after the other.
    fn mend_the_total(&self) {
        let text = fs::read_to_string(self.main()).unwrap();
        let (kept, _) = text
            .split_once("    let mut lines")
            .expect("the starter has it");
        let right =
            "    let lines: Vec<u64> = text.lines().map(|line| line.parse().unwrap()).collect();
    Ok(lines[2] * lines[16])\n}\n";
        fs::write(self.main(), kept.to_owned() + right).unwrap();
    }
}

/// One grading of each state of the work answers for the report and for all hints.
#[test]
fn a_student_is_told_what_changed_and_what_to_look_at_next() {
    let student = Student::new();
    // Without a grading before, a hint grades first.
    let first = student.hint(&[]).reports(&[
        "total: wrong on",
        "hint 1 of 5",
        "The next hint: `grade hint sum-of-products",
    ]);
    assert!(!first.stdout.contains("hint 2 of"), "{}", first.shown());
    let again = student.hint(&["--again"]);
    assert_eq!(first.stdout, again.stdout);
    let second = student.hint(&[]).reports(&["hint 2 of 5"]);
    assert!(!second.stdout.contains("hint 1 of"), "{}", second.shown());
    student
        .hint(&["--again"])
        .reports(&["hint 1 of 5", "hint 2 of 5"]);
    let report = student.grade().code(1);
    assert!(report.stdout.starts_with("FAIL"), "{}", report.shown());
    assert!(
        report.stderr.contains("nothing changed since"),
        "{}",
        report.shown()
    );

    student.mend_the_total();
    let report = student.grade().code(1);
    let since = "since the last try: total now right; multi-threaded still 1.00\n\nFAIL";
    assert!(report.stdout.starts_with(since), "{}", report.shown());

    // Another thing fails, and so its ladder begins.
    for number in 1..=4 {
        let hint = student.hint(&[]).reports(&[
            "multi-threaded: one thread reads",
            &format!("hint {number} of 4"),
        ]);
        let is_last = hint.stdout.contains("There are no more hints");
        assert_eq!(is_last, number == 4, "{}", hint.shown());
    }
    let all =
        student
            .hint(&[])
            .reports(&["hint 1 of 4", "hint 4 of 4", "grade explain multi-threaded"]);
    assert_eq!(all.stdout, student.hint(&["--again"]).stdout);

    let text = fs::read_to_string(student.main()).unwrap();
    fs::write(
        student.main(),
        text.replace("let mut total", "let mut total: &str"),
    )
    .unwrap();
    student.hint(&[]).reports(&[
        "build: it does not compile",
        "at src/main.rs:",
        "hint 1 of 4",
    ]);

    fs::copy(
        submission("correct-u64-fold").join("src/main.rs"),
        student.main(),
    )
    .unwrap();
    student.hint(&[]).reports(&["every check passes"]);
}
