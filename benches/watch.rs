//! What a student waits for who has `grade watch` open: the verdict on a saved line, compared with the same work by
//! hand: `cargo build` and one run of the program.
//!
//! `cargo bench -p grade --bench watch`. Both sides have a folder of their own, and crates are compiled before on both.
//! A changed line is a function with a new text. The time of a verdict ends when its line is read from the program. After
//! the race, `GRADE_SAVES` saves (200 if it is not set) show whether memory or files grow.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark prints, starts programs, and has no way to go on without a disk"
)]

use std::{
    cell::RefCell,
    fs,
    io::{BufRead as _, BufReader, Lines},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
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
const SAVED: f64 = 1.3;

/// How many saves show whether something grows.
const SAVES: u32 = 200;

/// How much more memory may be in use after all saves than after the first tenth of them.
const GROWTH: f64 = 1.1;

fn main() {
    // In memory where there is some, as temporary folders of the program usually are.
    let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
    let dir = dir.unwrap();
    let data = dir.path().join("data");
    run(grade().args(["data", "sum-of-products"]).arg(&data));
    let mut ratios = Vec::new();
    for name in PROGRAMS {
        let [graded, by_hand] = ["graded", "by-hand"]
            .map(|side| ChangedProgram::copy(&corpus(name), dir.path().join(side).join(name)));
        let built = dir.path().join("target");
        let watch = Watch::start(dir.path(), &graded.folder);
        let medians = race(
            name,
            rounds(9),
            vec![
                Contender {
                    name: "cargo build, one line saved, one run",
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
                    name: "grade watch, one line saved, the verdict",
                    turn: Box::new(|| {
                        timed(|| {
                            graded.change_a_line();
                            watch.verdict();
                        })
                    }),
                },
            ],
        );
        ratios.push(medians[1] / medians[0]);
    }
    println!("all {} programs", PROGRAMS.len());
    ratios.sort_by(f64::total_cmp);
    let ratio = ratios[ratios.len() / 2];
    target(
        "one line saved, at most 1.3 times cargo build and one run",
        ratio,
        ratio <= SAVED,
    );
    grows(dir.path());
}

/// Save again and again, and compare memory and files.
fn grows(dir: &Path) {
    let saves = std::env::var("GRADE_SAVES").map_or(SAVES, |number| number.parse().unwrap());
    let side = ChangedProgram::copy(&corpus(PROGRAMS[1]), dir.join("many"));
    let watch = Watch::start(dir, &side.folder);
    let mut first = (0.0, 0);
    for number in 1..=saves {
        side.change_a_line();
        watch.verdict();
        if number == saves.div_ceil(10) {
            first = watch.size(dir);
        }
    }
    let last = watch.size(dir);
    println!(
        "  after {} saves {:.1} MiB and {} files; after {saves} saves {:.1} MiB and {} files",
        saves.div_ceil(10),
        first.0,
        first.1,
        last.0,
        last.1
    );
    let growth = last.0 / first.0;
    target(
        "memory after all saves, at most 1.1 times",
        growth,
        growth <= GROWTH,
    );
    let files = f64::from(last.1) - f64::from(first.1);
    target("files more after all saves, none", files, files <= 0.0);
}

/// A program that watches.
struct Watch {
    child: Child,
    lines: RefCell<Lines<BufReader<ChildStdout>>>,
}

impl Watch {
    fn start(dir: &Path, folder: &Path) -> Self {
        let temp = dir.join("temp");
        fs::create_dir_all(&temp).unwrap();
        let mut command = grade();
        command.args(["watch", "sum-of-products"]).arg(folder);
        command.arg("--temp-dir").arg(temp);
        let command = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        let watch = Self {
            child,
            lines: RefCell::new(BufReader::new(stdout).lines()),
        };
        watch.verdict();
        watch
    }

    /// Wait for a verdict.
    fn verdict(&self) {
        let mut lines = self.lines.borrow_mut();
        let verdict = lines
            .by_ref()
            .map(Result::unwrap)
            .find(|line| line.contains(" of 10 points"));
        assert!(verdict.unwrap().starts_with("PASS"));
    }

    /// Its memory in MiB, and the number of its temporary files without those of the data.
    fn size(&self, dir: &Path) -> (f64, u32) {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let memory = memory.unwrap().trim().trim_end_matches(" kB");
        let files = walkdir::WalkDir::new(dir.join("temp"))
            .into_iter()
            .filter_entry(|found| !found.file_name().to_string_lossy().starts_with("data-"));
        let files = u32::try_from(files.count()).unwrap();
        (memory.parse::<f64>().unwrap() / 1024.0, files)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let id = rustix::process::Pid::from_child(&self.child);
        let _ = rustix::process::kill_process(id, rustix::process::Signal::TERM);
        let _ = self.child.wait();
    }
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
