//! Making seed 0's thousand files: this generator, a bare loop that writes the same bytes, and CPython.
//!
//! `cargo bench --bench dataset`. CPython times itself, without its start. Two targets are held against what
//! was measured: at most 1.3 times the bare loop, and at least 4 times as fast as CPython.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a benchmark prints, starts python3, and has no way to go on without a disk"
)]

use std::{cell::Cell, fs, io::Write as _, path::PathBuf, process::Command, time::Duration};

use dataset::{NumbersRecipe, Recipe, generate};
use test_support::race::{Contender, race, rounds, target, timed};

/// How many times as long as the bare loop we may take.
const MOST_OF_BARE: f64 = 1.3;
/// How many times as fast as CPython we must be.
const LEAST_OF_PYTHON: f64 = 4.0;

const PYTHON: &str = r#"
import os, random, string, sys, time
os.chdir(sys.argv[1])
start = time.perf_counter()
random.seed(0)
for _ in range(1000):
    name = "".join(random.sample(string.ascii_letters, 5))
    with open(f"tmp-{name}.numbers", "w") as file:
        for _ in range(20):
            file.write(f"{random.randint(1, 99)}\n")
print(time.perf_counter() - start)
"#;

fn main() {
    let recipe = Recipe::Numbers(NumbersRecipe {
        files: 1000,
        lines: 20,
        low: 1,
        high: 99,
        name_length: 5,
        pattern: "tmp-{}.numbers".into(),
    });
    let shm = PathBuf::from("/dev/shm");
    let base = if shm.is_dir() {
        shm
    } else {
        std::env::temp_dir()
    };
    let base = tempfile::Builder::new()
        .prefix("grade-bench-")
        .tempdir_in(base)
        .unwrap();
    let number = Cell::new(0);
    let fresh = || {
        number.set(number.get() + 1);
        let dir = base.path().join(number.get().to_string());
        fs::create_dir(&dir).unwrap();
        dir
    };
    let known = generate(&recipe, 0).unwrap();
    let cleared = |dir: PathBuf, time: Duration| {
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 1000);
        fs::remove_dir_all(dir).unwrap();
        time
    };

    let bare_loop = || {
        let dir = fresh();
        let time = timed(|| {
            for (name, contents) in known.files() {
                let mut file = fs::File::create(dir.join(name)).unwrap();
                file.write_all(contents).unwrap();
            }
        });
        cleared(dir, time)
    };
    let ours = || {
        let dir = fresh();
        let time = timed(|| generate(&recipe, 0).unwrap().write(&dir).unwrap());
        cleared(dir, time)
    };
    let python = || {
        let dir = fresh();
        let output = Command::new("python3")
            .args(["-c", PYTHON])
            .arg(&dir)
            .output()
            .unwrap();
        let seconds: f64 = String::from_utf8(output.stdout)
            .unwrap()
            .trim()
            .parse()
            .unwrap();
        cleared(dir, Duration::from_secs_f64(seconds))
    };
    let in_memory = || timed(|| drop(generate(&recipe, 0)));

    let mut contenders = vec![
        Contender {
            name: "bare loop: create, write, close the same bytes",
            turn: Box::new(bare_loop),
        },
        Contender {
            name: "grade: generate and write",
            turn: Box::new(ours),
        },
        Contender {
            name: "grade: generate in memory alone",
            turn: Box::new(in_memory),
        },
    ];
    let has_python = Command::new("python3").arg("--version").output().is_ok();
    if has_python {
        contenders.push(Contender {
            name: "CPython: its own generator",
            turn: Box::new(python),
        });
    }
    let medians = race("1000 files of seed 0", rounds(41), contenders);
    let of_bare = medians[1] / medians[0];
    let what = format!("at most {MOST_OF_BARE} times the bare loop");
    target(&what, of_bare, of_bare <= MOST_OF_BARE);
    match medians.get(3) {
        Some(python) => {
            let of_python = python / medians[1];
            let what = format!("at least {LEAST_OF_PYTHON} times as fast as CPython");
            target(&what, of_python, of_python >= LEAST_OF_PYTHON);
        }
        None => println!(
            "  target NOT MEASURED: at least {LEAST_OF_PYTHON} times as fast as CPython, because there is \
             no python3 here; install it and run this again"
        ),
    }
}
