//! What a student waits for: the verdict on a changed line, and on nothing changed, compared with the same work by
//! hand: `cargo build` and one run of the program.
//!
//! `cargo bench -p grade --bench grading`. Both sides have a folder of their own, and crates are compiled before on
//! both. A changed line is a function with a new text, so the compiler has something to do.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark prints, starts programs, and has no way to go on without a disk"
)]

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use test_support::{
    changed_program::ChangedProgram,
    race::{Contender, race, rounds, target, timed},
};

/// Six ways to solve the exercise, with crates and without.
const PROGRAMS: [&str; 6] = [
    "correct-rayon-par-iter",
    "correct-atomic-index",
    "correct-scoped-chunks",
    "correct-mpsc-workers",
    "correct-crossbeam-scope",
    "correct-walkdir",
];

/// The most that a verdict may take, compared with `cargo build` and one run.
const CHANGED: f64 = 1.3;
/// The most that a verdict may take where nothing changed, in seconds.
const UNCHANGED: f64 = 0.060;

fn main() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    run(grade().args(["data", "sum-of-products"]).arg(&data));
    let mut ratios = Vec::new();
    let mut unchanged = Vec::new();
    for name in PROGRAMS {
        let [graded, by_hand] = ["graded", "by-hand"]
            .map(|side| ChangedProgram::copy(&corpus(name), dir.path().join(side).join(name)));
        let built = dir.path().join("target");
        let medians = race(
            name,
            rounds(9),
            vec![
                Contender {
                    name: "cargo build, one line changed, one run",
                    turn: Box::new(|| {
                        by_hand.change_a_line();
                        timed(|| {
                            let mut cargo = Command::new("cargo");
                            cargo.args(["build", "--offline", "--quiet", "--target-dir"]);
                            run(cargo.arg(&built).current_dir(&by_hand.folder));
                            let program = built.join("debug").join(name);
                            run(Command::new(program).current_dir(&data));
                        })
                    }),
                },
                Contender {
                    name: "grade, one line changed",
                    turn: Box::new(|| {
                        graded.change_a_line();
                        timed(|| run(grade().arg("sum-of-products").arg(&graded.folder)))
                    }),
                },
                Contender {
                    name: "grade, nothing changed",
                    turn: Box::new(|| {
                        timed(|| run(grade().arg("sum-of-products").arg(&graded.folder)))
                    }),
                },
                Contender {
                    name: "grade --fresh, nothing changed",
                    turn: Box::new(|| {
                        let mut grade = grade();
                        grade.args(["sum-of-products", "--fresh"]);
                        timed(|| run(grade.arg(&graded.folder)))
                    }),
                },
            ],
        );
        ratios.push(medians[1] / medians[0]);
        unchanged.push(medians[2]);
    }
    let ratio = median(ratios);
    println!("all {} programs", PROGRAMS.len());
    target(
        "one line changed, at most 1.3 times cargo build and one run",
        ratio,
        ratio <= CHANGED,
    );
    let seconds = median(unchanged);
    target(
        "nothing changed, at most 60 ms (in seconds)",
        seconds,
        seconds <= UNCHANGED,
    );
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

fn course() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn grade() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_grade"));
    command.arg("--course").arg(course());
    command
}

fn run(command: &mut Command) {
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    let status = status.unwrap();
    assert!(status.success(), "{command:?}: {status}");
}

/// A program of the corpus.
fn corpus(name: &str) -> PathBuf {
    course().join("tests/submissions").join(name)
}
