//! Stopped from outside, while a submission runs or is compiled: nothing of it is left behind.

use std::{
    fs,
    os::unix::process::ExitStatusExt as _,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::{
    command::grade, course, files::names, program, submission, workspace::Workspace,
};

/// Far beyond what any of this takes; a test that waits so long fails.
const TIME_LIMIT: Duration = Duration::from_mins(1);
/// How long a person waits after Ctrl-C before reaching for `kill -9`.
const SECONDS: Duration = Duration::from_secs(8);

/// Poll until there is a result, or `time_limit` is over.
#[track_caller]
#[expect(clippy::disallowed_methods, reason = "a deadline for a test")]
fn wait_for<T>(what: &str, time_limit: Duration, mut poll: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = poll() {
            return found;
        }
        assert!(start.elapsed() < time_limit, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// A grading at work.
struct Grading {
    workspace: Workspace,
    child: Child,
}

impl Grading {
    /// Start one with a course whose limits are so long that only a signal ends it in time. Signals do
    /// what they usually do, however these tests were started.
    fn start(name: &str) -> Self {
        Self::start_behind("--default-signal=HUP,INT,TERM", name)
    }

    /// The same, with `env`'s option for signals.
    #[expect(
        clippy::disallowed_methods,
        reason = "assert_cmd only waits for the end"
    )]
    fn start_behind(signals: &str, name: &str) -> Self {
        let workspace = Workspace::new();
        let own_course = workspace.course();
        own_course.edit("grader.toml", "wall = \"30s\"", "wall = \"100s\"");
        own_course.edit("grader.toml", "wall = \"10s\"", "wall = \"100s\"");
        let mut command = Command::new("env");
        command.arg(signals).arg(program());
        let known = grade();
        for (variable, value) in known.get_envs() {
            match value {
                Some(value) => command.env(variable, value),
                None => command.env_remove(variable),
            };
        }
        command
            .current_dir(course())
            .env("GRADE_TEMP_DIR", workspace.temp())
            .env("GRADE_CACHE_DIR", &workspace.cache)
            .args(["sum-of-products", "--seed", "0", "--report"])
            .arg(workspace.path("report.txt"))
            .arg("--course")
            .arg(&own_course.root)
            .arg(submission(name))
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        Self {
            child: command.spawn().unwrap(),
            workspace,
        }
    }

    /// The processes that work for this grading.
    fn workers(&self) -> Vec<(i32, String)> {
        let mut found = workers(&self.workspace.temp());
        found.extend(workers(&self.workspace.cache));
        found
    }

    /// Wait until a program works in a folder of this end, or lies in this folder, in our temporary folder or cache.
    #[track_caller]
    fn wait_until_works(mut self, program: &str, folder: &str) -> Self {
        wait_for(program, TIME_LIMIT, || {
            let ended = self.child.try_wait().unwrap();
            assert!(
                ended.is_none(),
                "it ended by itself before `{program}` was seen: {ended:?}"
            );
            self.workers().into_iter().find(|(pid, name)| {
                let link =
                    |name: &str| fs::read_link(format!("/proc/{pid}/{name}")).unwrap_or_default();
                let lies_there = link("exe").to_string_lossy().contains(folder);
                name == program && (lies_there || link("cwd").ends_with(folder))
            })
        });
        self
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    #[track_caller]
    fn wait_for_end(&mut self) -> ExitStatus {
        wait_for("the end", SECONDS, || self.child.try_wait().unwrap())
    }
}

impl Drop for Grading {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The processes that work in or below a folder: their ids, and the names of their programs.
fn workers(folder: &Path) -> Vec<(i32, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse() else {
            continue;
        };
        let Ok(folder_of_process) = fs::read_link(entry.path().join("cwd")) else {
            continue;
        };
        let Ok(program) = fs::read_link(entry.path().join("exe")) else {
            continue;
        };
        if folder_of_process.starts_with(folder) {
            let name = program.file_name().unwrap_or_default().to_string_lossy();
            // When the file is gone already, the kernel says so behind its name.
            found.push((pid, name.trim_end_matches(" (deleted)").to_owned()));
        }
    }
    found
}

/// A submission that never ends. The reference is a `program` as well, in the second place; the
/// submission has the first.
fn running() -> Grading {
    Grading::start("never-ends").wait_until_works("program", "/0/")
}

/// A submission that never stops compiling.
fn compiling() -> Grading {
    Grading::start("infinite-const-eval").wait_until_works("rustc", "source")
}

#[track_caller]
fn ends_by(mut grading: Grading, signal: Signal) {
    grading.signal(signal);
    let status = grading.wait_for_end();
    assert_eq!(status.signal(), Some(signal.as_raw()), "{status}");
    // When it has ended all is done; there is nothing more to wait for.
    assert_eq!(grading.workers(), []);
    grading.workspace.assert_nothing_left();
    assert_eq!(
        names(grading.workspace.temp().parent().unwrap()),
        ["course", "temp"],
        "no half report"
    );
    let mut stderr = String::new();
    std::io::Read::read_to_string(grading.child.stderr.as_mut().unwrap(), &mut stderr).unwrap();
    assert!(stderr.contains("error: stopped by a signal"), "{stderr}");
}

#[test]
fn a_run_ends_by_ctrl_c() {
    ends_by(running(), Signal::INT);
}

#[test]
fn a_run_ends_by_a_request_to_terminate() {
    ends_by(running(), Signal::TERM);
}

#[test]
fn a_run_ends_when_the_terminal_goes() {
    ends_by(running(), Signal::HUP);
}

#[test]
fn a_compilation_ends_by_ctrl_c() {
    ends_by(compiling(), Signal::INT);
}

#[test]
fn a_compilation_ends_by_a_request_to_terminate() {
    ends_by(compiling(), Signal::TERM);
}

#[test]
fn a_compilation_ends_when_the_terminal_goes() {
    ends_by(compiling(), Signal::HUP);
}

/// As `nohup` and a shell's `&` do, so that work goes on when its starter goes.
#[test]
fn signals_that_the_caller_ignores_do_not_end_a_run() {
    let mut grading = Grading::start_behind("--ignore-signal=HUP,INT", "never-ends")
        .wait_until_works("program", "/0/");
    let status = fs::read_to_string(format!("/proc/{}/status", grading.child.id())).unwrap();
    let ignored = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    let bit = |signal: Signal| 1_u64 << (signal.as_raw() - 1);
    let both = bit(Signal::HUP) | bit(Signal::INT);
    assert_eq!(ignored.map(|mask| mask & both), Some(both), "{status}");
    grading.signal(Signal::HUP);
    grading.signal(Signal::INT);
    assert_eq!(grading.child.try_wait().unwrap(), None);
    ends_by(grading, Signal::TERM);
}

/// The worst case: nothing of the grader is left that could clear away.
#[track_caller]
fn dies_with_its_grader(mut grading: Grading) {
    grading.signal(Signal::KILL);
    assert_eq!(grading.wait_for_end().signal(), Some(Signal::KILL.as_raw()));
    let temp = grading.workspace.temp();
    wait_for("the submission's end", SECONDS, || {
        grading.workers().is_empty().then_some(())
    });
    assert_eq!(names(&temp).len(), 1, "the abandoned folder");
    let mut next = grading.workspace.grade();
    next.args(["sum-of-products", "--seed", "0"])
        .arg(submission("no-manifest"));
    assert_eq!(next.output().unwrap().status.code(), Some(1));
    grading.workspace.assert_nothing_left();
}

#[test]
fn a_run_dies_with_a_killed_grader_and_the_next_one_clears_away() {
    dies_with_its_grader(running());
}

#[test]
fn a_compilation_dies_with_a_killed_grader_and_the_next_one_clears_away() {
    dies_with_its_grader(compiling());
}

#[test]
fn a_submission_dies_with_a_killed_supervisor_and_is_not_graded() {
    let mut grading = running();
    let temp = grading.workspace.temp();
    let (submission, _) = workers(&temp).pop().unwrap();
    // Between it and its supervisor may be the first process of a namespace.
    let parent_of = |process: i32| -> i32 {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
        let after_name = &stat[stat.rfind(')').unwrap()..];
        after_name
            .split_whitespace()
            .nth(2)
            .unwrap()
            .parse()
            .unwrap()
    };
    let grader = Pid::from_child(&grading.child).as_raw_nonzero().get();
    let mut supervisor: i32 = submission.to_string().parse().unwrap();
    // And between the supervisor and the grader is the process that made it.
    while parent_of(parent_of(supervisor)) != grader {
        supervisor = parent_of(supervisor);
        assert!(supervisor > 1, "the submission is not below the grader");
    }
    let supervisor = Pid::from_raw(supervisor).unwrap();
    kill_process(supervisor, Signal::KILL).unwrap();
    assert_eq!(grading.wait_for_end().code(), Some(3));
    wait_for("the submission's end", SECONDS, || {
        workers(&temp).is_empty().then_some(())
    });
    grading.workspace.assert_nothing_left();
    let report = fs::read_to_string(grading.workspace.path("report.txt")).unwrap();
    assert!(
        report.contains("NOT GRADED") && report.contains("vanished"),
        "{report}"
    );
}
