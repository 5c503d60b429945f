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

    /// What the list of exercises says of the student's folder.
    fn listed(&self) -> String {
        let list = run(self.workspace.grade().arg("list")).code(0);
        let own = "exercises/sum-of-products\n    not graded yet\n";
        assert!(list.stdout.contains(own), "{}", list.shown());
        let (_, mine) = list.stdout.split_once("/mine\n").unwrap_or_default();
        // Up to the next exercise, which begins at the start of a line.
        let mine = mine.split("\ntwo-tasks: ").next().unwrap_or_default();
        mine.trim().to_owned()
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
    assert_eq!(student.listed(), "");
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

    let listed = student.listed();
    assert!(
        listed.starts_with("the starter, unchanged: 4 of 10 points; graded "),
        "{listed}"
    );
    student.mend_the_total();
    let saved = student.listed();
    assert!(saved.ends_with("; saved again since then"), "{saved}");
    let report = student.grade().code(1);
    let since = "since the last try: total now right; multi-threaded still 1.00\n\nFAIL";
    assert!(report.stdout.starts_with(since), "{}", report.shown());

    let listed = student.listed();
    assert!(
        listed.starts_with("FAIL  6 of 10 points; graded "),
        "{listed}"
    );
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

    student.breaks_and_passes();
}

impl Student {
    /// The end of the story: the best result so far is remembered.
    fn breaks_and_passes(&self) {
        let text = fs::read_to_string(self.main()).unwrap();
        fs::write(
            self.main(),
            text.replace("let mut total", "let mut total: &str"),
        )
        .unwrap();
        let broken = self.hint(&[]);
        broken.reports(&[
            "build: it does not compile",
            "at src/main.rs:",
            "hint 1 of 4",
        ]);
        let listed = self.listed();
        assert!(
            listed.starts_with("FAIL  0 of 10 points, at best 6 so far; graded "),
            "{listed}"
        );

        let solution = submission("correct-u64-fold").join("src/main.rs");
        let solution = fs::read_to_string(solution).unwrap();
        let more = "#[allow(dead_code)]\nstatic mut UNUSED: u64 = 0;\n";
        fs::write(self.main(), solution + more).unwrap();
        self.hint(&[]).reports(&["every check passes"]);
        self.grade()
            .code(0)
            .reports(&["your program has a `static mut`", "`--repeat 50`"]);
        let mut command = self.workspace.grade();
        let list = run(command.args(["list", "--format", "json"])).code(0);
        let list: serde_json::Value = serde_json::from_str(&list.stdout).unwrap();
        assert_eq!(list["schema"], "grade-list/1");
        let mut exercises = list["exercises"].as_array().unwrap().iter();
        let own = exercises.find(|exercise| exercise["id"] == "sum-of-products");
        let work = &own.unwrap()["work"];
        assert_eq!(work[0]["state"], "not-graded-yet");
        let mine = &work[1];
        assert_eq!(mine["state"], "pass", "{work:#}");
        let ten = serde_json::json!({"earned": 10, "possible": 10});
        assert_eq!((&mine["best"], &mine["last"]["score"]), (&ten, &ten));
    }
}
