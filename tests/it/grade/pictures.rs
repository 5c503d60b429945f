//! What a person sees of the threads: a picture on a terminal, numbers elsewhere; and which copy was graded.

use std::fs;

use assert_cmd::Command;

use crate::support::{
    command::{Finished, in_known_environment, run},
    program, submission,
    workspace::Workspace,
};

/// Three submissions of which no two read alike, graded once; each report after that is of the same record.
struct Graded(Workspace);

impl Graded {
    fn report(&self, name: &str, flags: &[&str]) -> Finished {
        let mut command = self.0.grade();
        command.args(["sum-of-products", "--seed", "0"]).args(flags);
        run(command.arg(submission(name)))
    }

    /// The same on a terminal of so many columns.
    fn on_terminal(&self, name: &str, columns: u16, variables: &[(&str, &str)]) -> String {
        let arguments = format!("sum-of-products --seed 0 '{}'", submission(name).display());
        self.typed(&arguments, columns, variables)
    }

    /// What a command prints on a terminal of so many columns.
    fn typed(&self, arguments: &str, columns: u16, variables: &[(&str, &str)]) -> String {
        let program = program();
        let shell = format!(
            "stty rows 24 cols {columns} && exec '{}' {arguments}",
            program.display()
        );
        let mut script = Command::new("script");
        script.args(["-qec", &shell, "/dev/null"]);
        let mut command = in_known_environment(script);
        command
            .env("GRADE_TEMP_DIR", self.0.temp())
            .env("GRADE_CACHE_DIR", &self.0.cache)
            .env("NO_COLOR", "1")
            .env("TERM", "xterm")
            .env_remove("LC_ALL")
            .env_remove("LC_CTYPE")
            .env("LANG", "C.UTF-8")
            .envs(variables.iter().copied());
        run(&mut command).stdout.replace('\r', "")
    }
}

/// No line has more columns, but for paths and commands, which are there to be copied, and notes on standard error.
fn assert_within(columns: u16, seen: &str) {
    for line in seen.lines() {
        let words = line.trim_start();
        let is_copied = ["Graded: ", "grade", "/", "strace "]
            .iter()
            .any(|start| words.starts_with(start));
        let is_within = line.chars().count() <= usize::from(columns);
        assert!(is_within || is_copied, "{columns}: {line:?}\n{seen}");
    }
}

#[test]
fn threads_are_drawn_on_a_terminal_and_counted_elsewhere() {
    let graded = Graded(Workspace::new());
    let piped = graded.report("mutex-around-read", &[]).code(1);
    assert!(!piped.stdout.contains("thread 1"), "{}", piped.shown());
    let numbers = graded.report("mutex-around-read", &["--details"]);
    numbers.code(1).reports(&[
        "thread 1 reads ",
        " files, from round 1 to round ",
        "thread 8 reads ",
    ]);

    for columns in [60, 80, 200] {
        let seen = graded.on_terminal("mutex-around-read", columns, &[]);
        let rows: Vec<&str> = seen
            .lines()
            .filter(|line| line.trim_start().starts_with("thread "))
            .collect();
        assert_eq!(rows.len(), 8, "{seen}");
        assert_within(columns.min(80), &seen);
        for row in &rows {
            assert!(
                row.contains('█') && row.chars().count() <= usize::from(columns),
                "{seen}"
            );
        }
        // No two in one column.
        let at_once = seen
            .lines()
            .find(|line| line.trim_start().starts_with("at once  "));
        assert!(
            at_once
                .unwrap()
                .split_whitespace()
                .last()
                .unwrap()
                .chars()
                .all(|c| c == '1'),
            "{seen}"
        );
        let reference = seen
            .lines()
            .find(|line| line.trim_start().starts_with("reference  "));
        assert!(reference.unwrap().contains("8888"), "{seen}");
        assert!(
            seen.contains("Who reads when: one row is one thread,"),
            "{seen}"
        );
    }
    for command in [
        "explain",
        "explain multi-threaded",
        "explain serialised",
        "list",
        &format!(
            "hint sum-of-products '{}'",
            submission("mutex-around-read").display()
        ),
    ] {
        let seen = graded.typed(command, 60, &[]);
        assert!(seen.lines().count() > 1, "{seen}");
        assert_within(60, &seen);
    }
    for variables in [
        [("TERM", "dumb"), ("LC_CTYPE", "")],
        [("LANG", "C"), ("LC_CTYPE", "")],
        [("LC_ALL", "C"), ("TERM", "xterm")],
    ] {
        let seen = graded.on_terminal("mutex-around-read", 80, &variables);
        let row = seen
            .lines()
            .find(|line| line.trim_start().starts_with("thread 1"))
            .unwrap();
        assert!(row.contains('#') && row.is_ascii(), "{variables:?}: {seen}");
    }
    // What passes has no picture, unless all details are wanted, and an invitation if the reference does better.
    let passed = graded.report("correct-two-threads", &[]).code(0);
    let words = ["If you like to go on: your program has 2.00 files being read at the same time"];
    assert!(!passed.stdout.contains("asked"), "{}", passed.shown());
    let seen = graded.on_terminal("correct-two-threads", 80, &[]);
    assert!(!seen.contains("Who reads when"), "{seen}");
    passed.reports(&words);
    graded
        .report("correct-two-threads", &["--details"])
        .code(0)
        .reports(&["asked are several files read", "thread 2 reads "]);
}

#[test]
fn who_stands_in_another_crate_is_told_which_one_was_graded() {
    let workspace = Workspace::new();
    let mine = workspace.submission("mine", "", "fn main() { }");
    fs::create_dir(mine.join("notes")).unwrap();
    let copy = workspace.course().root;
    copy_without_source(&copy);
    let grade = |here: &std::path::Path, path: &[&str]| {
        let mut command = workspace.grade();
        command.current_dir(here).arg("sum-of-products").args(path);
        run(command.arg("--course").arg(&copy)).code(1)
    };
    for here in [mine.clone(), mine.join("notes")] {
        let told = grade(&here, &[]);
        let first = told.stdout.lines().next().unwrap();
        assert!(
            first.starts_with("Graded below is ") && told.stdout.contains("not the crate in"),
            "{}",
            told.shown()
        );
        assert!(told.stdout.contains("/mine --course"), "{}", told.shown());
    }
    let named = copy.join("exercises/sum-of-products");
    for (here, path) in [(&mine, &["."][..]), (&copy, &[]), (&named, &[])] {
        let told = grade(here, path);
        assert!(!told.stdout.contains("Graded below"), "{}", told.shown());
    }
}

/// What is not built takes no time.
fn copy_without_source(course: &std::path::Path) {
    fs::write(
        course.join("exercises/sum-of-products/Cargo.toml"),
        "no manifest",
    )
    .unwrap();
}
