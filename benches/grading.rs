//! A grading, compared with the same work by hand: `cargo build --release` and one run.
//!
//! `cargo bench --bench grading`. The crate is a small one that uses rayon; crates are compiled before on
//! both sides.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a benchmark prints, starts programs, and has no way to go on without a disk"
)]

use std::{
    cell::Cell,
    fs,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use test_support::race::{Contender, race, rounds, timed};

fn main() {
    let course = Path::new(env!("CARGO_MANIFEST_DIR"));
    let dir = tempfile::tempdir().unwrap();
    let crate_dir = dir.path().join("rayon-par-iter");
    let source = course.join("tests/submissions/correct-rayon-par-iter");
    fs::create_dir_all(crate_dir.join("src")).unwrap();
    for file in ["Cargo.toml", "src/main.rs"] {
        fs::copy(source.join(file), crate_dir.join(file)).unwrap();
    }
    let main = crate_dir.join("src/main.rs");
    let text = fs::read_to_string(&main).unwrap();
    let number = Cell::new(0);
    let change_a_line = || {
        number.set(number.get() + 1);
        fs::write(&main, format!("{text}\n// {}\n", number.get())).unwrap();
    };
    let data = dir.path().join("data");
    run(grade(course).args(["data", "sum-of-products"]).arg(&data));

    let grading = || timed(|| run(grade(course).arg("sum-of-products").arg(&crate_dir)));
    let changed = || {
        change_a_line();
        timed(|| run(grade(course).arg("sum-of-products").arg(&crate_dir)))
    };
    let target = dir.path().join("target");
    let by_hand = |fresh: bool| -> Duration {
        change_a_line();
        if fresh {
            let _ = fs::remove_dir_all(&target);
        }
        timed(|| {
            let mut cargo = Command::new("cargo");
            cargo.args(["build", "--release", "--offline", "--quiet", "--target-dir"]);
            run(cargo.arg(&target).current_dir(&crate_dir));
            let program = target.join("release/correct-rayon-par-iter");
            run(Command::new(program).current_dir(&data));
        })
    };
    race(
        "one submission that uses rayon",
        rounds(11),
        vec![
            Contender {
                name: "cargo build --release from nothing, one run",
                turn: Box::new(|| by_hand(true)),
            },
            Contender {
                name: "cargo build --release, one line changed, one run",
                turn: Box::new(|| by_hand(false)),
            },
            Contender {
                name: "grade, one line changed (3 runs)",
                turn: Box::new(changed),
            },
            Contender {
                name: "grade, nothing changed (3 runs)",
                turn: Box::new(grading),
            },
        ],
    );
}

fn grade(course: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_grade"));
    command.arg("--course").arg(course);
    command
}

fn run(command: &mut Command) {
    let status = command.stdout(Stdio::null()).status().unwrap();
    assert!(status.success(), "{command:?}: {status}");
}
