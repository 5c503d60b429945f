//! Start the real grader, watch it from outside, and read its output.
//!
//! Never waits for it without end, and never assumes that it is alive.

use std::{
    env,
    ffi::OsString,
    fs::{self, File},
    os::unix::process::ExitStatusExt as _,
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    sync::LazyLock,
    time::{Duration, Instant},
};

use judge::record::{Record, Status, Termination, Verdict};
use rustix::process::{Pid, Signal, kill_process};

use super::{
    course::Course,
    expect::{Outcome, Tier},
};
use crate::support::{self, files::copy_program};

/// Far more than all limits of the course together.
pub(crate) const TIME_LIMIT: Duration = Duration::from_mins(3);

/// What a grading needs from its caller.
pub(crate) struct Grading<'a> {
    pub(crate) course: &'a Course,
    pub(crate) tier: Tier,
    pub(crate) submission: &'a Path,
    /// Where the grader puts its temporary folders.
    pub(crate) temporary: &'a Path,
    /// The home of the user who grades, and a folder for the test's files.
    pub(crate) home: &'a Path,
    pub(crate) runs: u8,
    /// After this the grader hangs.
    pub(crate) time_limit: Duration,
    /// A variable in the grader's environment that no submission may read.
    pub(crate) secret: &'a str,
}

/// What the grader printed, and how it ended.
#[derive(Debug, Default)]
pub(crate) struct Graded {
    pub(crate) record: Option<Record>,
    /// Both of its streams, as they came.
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) died: bool,
    pub(crate) stopped: bool,
    pub(crate) hung: bool,
}

impl Graded {
    /// The report for a person, made of the record.
    pub(crate) fn report(&self) -> String {
        self.record.as_ref().map_or_else(String::new, |record| {
            // Colour is the grader's own.
            anstream::adapter::strip_str(&report::human(record, &report::Context::default()))
                .to_string()
        })
    }

    pub(crate) fn outcome(&self) -> Outcome {
        let Some(record) = &self.record else {
            return Outcome::NoRecord;
        };
        if record.verdict == Verdict::NotGraded {
            return Outcome::NotGraded;
        }
        let failed = |id: &str| {
            let check = record.checks.iter().find(|check| check.id.as_str() == id);
            check.is_some_and(|check| check.status != Status::Pass)
        };
        if failed("build") {
            let message = &record.checks[0].message;
            return if message.starts_with("not accepted") {
                Outcome::Refused
            } else {
                Outcome::NotCompiled
            };
        }
        if failed("run") {
            let mut runs = record.runs.iter();
            let own = |termination: &Termination| {
                matches!(termination, Termination::Exited { code } if *code != 0)
                    || matches!(
                        termination,
                        Termination::Signaled { .. } | Termination::NotStarted { .. }
                    )
            };
            return if runs.any(|run| own(&run.termination)) {
                Outcome::Failed
            } else {
                Outcome::Stopped
            };
        }
        match (failed("total"), failed("files-read")) {
            (false, false) => Outcome::Honest,
            (true, false) => Outcome::Wrong,
            (true, true) => Outcome::Unread,
            (false, true) => Outcome::Tampered,
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the grader is tested as a program"
)]
fn grader() -> Command {
    Command::new(program())
}

/// The grader that is tested. Without `GRADE_UNDER_TEST` it is started by a name of its own, so that it is
/// told apart from the graders of other tests.
pub(crate) fn program() -> PathBuf {
    static LINK: LazyLock<PathBuf> = LazyLock::new(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let link = folder.join("hostile-grade");
        let new = folder.join(format!("hostile-grade-{}", std::process::id()));
        let _ = fs::remove_file(&new);
        if fs::hard_link(support::program(), &new).is_err() {
            copy_program(&support::program(), &new);
        }
        fs::rename(&new, &link).expect("the second name");
        link
    });
    if env::var_os("GRADE_UNDER_TEST").is_some() {
        return support::program();
    }
    LINK.clone()
}

/// Whether `--isolation` is there.
pub(crate) fn knows_tiers() -> bool {
    let help = grader().arg("--help").output().expect("the grader starts");
    String::from_utf8_lossy(&help.stdout).contains("--isolation")
}

/// How many gradings go on at the same time: most of them wait for something now and then.
pub(crate) fn jobs() -> usize {
    let named = env::var("GRADE_HOSTILE_JOBS").ok();
    named.and_then(|jobs| jobs.parse().ok()).unwrap_or_else(|| {
        2 * std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
    })
}

/// The best tier at which this machine grades.
pub(crate) fn best_tier(course: &Course) -> Tier {
    if !course.has_tiers {
        return Tier::None;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let submission = super::corpus().join("../serial");
    let works = |&tier: &Tier| {
        let graded = grade(&Grading {
            course,
            tier,
            submission: &submission,
            temporary: folder.path(),
            home: folder.path(),
            runs: 1,
            time_limit: TIME_LIMIT,
            secret: "",
        });
        graded.outcome() == Outcome::Honest
    };
    Tier::ALL
        .into_iter()
        .find(works)
        .expect("a tier at which an honest program passes")
}

/// Grade, and watch the grader meanwhile.
pub(crate) fn grade(grading: &Grading<'_>) -> Graded {
    let mut graded = run(grading, &["sum-of-products", "--format", "json"]);
    graded.record = serde_json::from_str(&graded.stdout).ok();
    graded
}

/// Grade a folder of submissions; what became of each is in `out`.
pub(crate) fn grade_class(grading: &Grading<'_>, out: &Path) -> (Graded, Vec<Graded>) {
    let folder = out.to_str().expect("a path that is text");
    let graded = run(
        grading,
        &["batch", "sum-of-products", "--quiet", "--out", folder],
    );
    let records = fs::read_dir(out.join("records")).into_iter().flatten();
    let each = records.flatten().map(|entry| {
        let text = fs::read_to_string(entry.path()).unwrap_or_default();
        Graded {
            record: serde_json::from_str(&text).ok(),
            stdout: text,
            ..Graded::default()
        }
    });
    (graded, each.collect())
}

fn run(grading: &Grading<'_>, what: &[&str]) -> Graded {
    let (out, err) = (grading.home.join("stdout"), grading.home.join("stderr"));
    let mut command = grader();
    command.args(what);
    command.args(["--seed", "0", "--color", "never"]);
    for seed in 1..grading.runs {
        command.args(["--seed", &seed.to_string()]);
    }
    command.arg("--course").arg(grading.course.path());
    command.arg("--cache-dir").arg(&grading.course.cache);
    command.arg("--temp-dir").arg(grading.temporary);
    if grading.course.has_tiers {
        command.args(["--isolation", grading.tier.as_str()]);
    }
    command.arg("--").arg(grading.submission);
    command
        .env_clear()
        .envs(toolchain_variables())
        .env("HOME", grading.home)
        .env("GRADE_HOSTILE_SECRET", grading.secret)
        .env("GITHUB_TOKEN", grading.secret)
        .current_dir(grading.home)
        .stdin(Stdio::null())
        .stdout(File::create(&out).expect("a file"))
        .stderr(File::create(&err).expect("a file"));
    let mut graded = Graded::default();
    let status = watch_over(&mut command, grading.time_limit, &mut graded);
    graded.died = status.signal().is_some() && !graded.hung;
    let read = |path| String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned();
    (graded.stdout, graded.stderr) = (read(out), read(err));
    graded
}

/// Run to the end; continue the process if it was stopped, and end it if it hangs.
#[expect(clippy::disallowed_methods, reason = "a test's time_limit")]
fn watch_over(command: &mut Command, time_limit: Duration, graded: &mut Graded) -> ExitStatus {
    let start = Instant::now();
    let mut child = command.spawn().expect("the grader starts");
    loop {
        if let Some(status) = child.try_wait().expect("the grader can be waited for") {
            return status;
        }
        if is_stopped(child.id()) {
            graded.stopped = true;
            let _ = kill_process(Pid::from_child(&child), Signal::CONT);
        }
        if start.elapsed() > time_limit {
            graded.hung = true;
            let _ = child.kill();
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn is_stopped(process: u32) -> bool {
    let line = fs::read(format!("/proc/{process}/stat")).unwrap_or_default();
    let line = String::from_utf8_lossy(&line);
    line.rfind(')')
        .is_some_and(|end| line[end..].starts_with(") T"))
}

/// What finds cargo and rustc, whose own home is not the one that the grader is given.
fn toolchain_variables() -> Vec<(&'static str, OsString)> {
    let home = env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let folder = |name: &'static str, otherwise: &str| {
        let named = env::var_os(name).unwrap_or_else(|| home.join(otherwise).into_os_string());
        (name, named)
    };
    let mut variables = vec![
        folder("RUSTUP_HOME", ".rustup"),
        folder("CARGO_HOME", ".cargo"),
    ];
    for name in ["PATH", "RUSTUP_TOOLCHAIN", "RUSTC"] {
        variables.extend(env::var_os(name).map(|value| (name, value)));
    }
    variables
}
