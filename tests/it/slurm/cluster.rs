//! A cluster of Slurm on this machine, and a user of it.
//!
//! Hides how the daemons are started, and that they end with the test. Needs root.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::{PermissionsExt as _, chown},
    path::{Path, PathBuf},
    process::Output,
    thread,
    time::{Duration, Instant},
};

use assert_cmd::Command;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::support::{
    command::shown,
    course,
    files::copy_program,
    program,
    small_course::{Prints, SmallCourse, write_crate},
    sysroot,
};

/// Far beyond what any of this takes; a test that waits so long fails.
const TIME_LIMIT: Duration = Duration::from_mins(5);

/// The user `nobody`: an ordinary one that every machine has.
const NOBODY: u32 = 65534;

/// A cluster of two nodes with one processor each, a small course and a class. Everything is below one folder that every
/// user can enter, and ends with it.
pub(super) struct Cluster {
    root: TempDir,
    pub(super) course: SmallCourse,
    began: Instant,
    /// Whether the jobs are those of an ordinary user.
    is_ordinary: bool,
}

impl Cluster {
    /// Start it.
    #[expect(clippy::disallowed_methods, reason = "the log says when it was")]
    pub(super) fn start(is_ordinary: bool) -> Self {
        assert!(
            rustix::process::geteuid().is_root(),
            "only root can start Slurm"
        );
        let root = tempfile::tempdir().unwrap();
        fs::set_permissions(root.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let course = SmallCourse::make(root.path().join("course"));
        course.write(
            "grader.toml",
            "format-version = 1\n\n[limits.run]\nwall = \"5s\"\n",
        );
        let cluster = Self {
            root,
            course,
            began: Instant::now(),
            is_ordinary,
        };
        copy_program(&program(), &cluster.path("grade"));
        cluster.borrow_toolchain();
        for folder in ["home", "grades"] {
            fs::create_dir(cluster.path(folder)).unwrap();
            cluster.give(&cluster.path(folder));
        }
        for entry in walkdir::WalkDir::new(&cluster.course.root) {
            cluster.give(entry.unwrap().path());
        }
        let start = course_script("start");
        let output = Command::new(start)
            .arg(cluster.path("cluster"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", shown(&output));
        cluster.say(String::from_utf8_lossy(&output.stderr).trim_end());
        cluster
    }

    /// A file or folder of this test.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// The class: its name has what a shell and Slurm treat in their own ways.
    pub(super) fn class(&self) -> PathBuf {
        self.path("the 1st class of 'Ann' (50%) $HOME")
    }

    /// Where grades go; with the same signs.
    pub(super) fn out(&self, name: &str) -> PathBuf {
        self.path("grades").join(format!("{name} \"50%\" it's"))
    }

    /// A submission with the text of its program, or one that prints.
    pub(super) fn student(&self, name: &str, main: Option<&str>, prints: Prints) {
        let folder = self.class().join(name);
        write_crate(&folder, name, prints);
        if let Some(main) = main {
            fs::write(folder.join("src/main.rs"), main).unwrap();
        }
    }

    fn give(&self, path: &Path) {
        if self.is_ordinary {
            chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
    }

    /// An ordinary user may not enter the home of root. Links take no room, where they are possible.
    fn borrow_toolchain(&self) {
        let script = "cd \"$1\" && mkdir -p \"$2/lib/rustlib\" && { cp -al bin \"$2\" 2>/dev/null || cp -a bin \"$2\"; } && \
                      for one in lib/* lib/rustlib/*-linux-*; do [ \"$one\" = lib/rustlib ] || \
                      cp -al \"$one\" \"$2/${one%/*}\" 2>/dev/null || cp -a \"$one\" \"$2/${one%/*}\" || exit 1; done";
        let mut copy = Command::new("sh");
        copy.args(["-c", script, "sh"])
            .arg(sysroot())
            .arg(self.path("rust"));
        let output = copy.output().unwrap();
        assert!(output.status.success(), "{}", shown(&output));
    }

    /// A command of the user.
    pub(super) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = if self.is_ordinary {
            let mut command = Command::new("setpriv");
            let user = [format!("--reuid={NOBODY}"), format!("--regid={NOBODY}")];
            command.args(user).arg("--clear-groups").arg(program);
            command
        } else {
            Command::new(program)
        };
        let rust = self.path("rust/bin");
        command
            .current_dir("/")
            .timeout(TIME_LIMIT)
            .env_clear()
            .env(
                "PATH",
                format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", rust.display()),
            )
            .env("RUSTC", rust.join("rustc"))
            .env("HOME", self.path("home"))
            .env("GRADE_CACHE_DIR", self.path("home/cache"))
            .env("SLURM_CONF", self.path("cluster/slurm.conf"));
        command
    }

    /// The program, for the small course.
    pub(super) fn grade(&self, command: &str) -> Command {
        let mut grade = self.command(self.path("grade"));
        grade.arg(command).arg("--course").arg(&self.course.root);
        grade
    }

    /// What a command of the user prints.
    #[track_caller]
    pub(super) fn ask(&self, program: &str, arguments: &[&str]) -> String {
        let output = self.command(program).args(arguments).output().unwrap();
        assert!(output.status.success(), "{program}: {}", shown(&output));
        stdout(&output)
    }

    /// What Slurm says of a job; of an array, of each task, in the order of their numbers.
    pub(super) fn job(&self, job: &str) -> Vec<BTreeMap<String, String>> {
        let text = self.ask("scontrol", &["--oneliner", "show", "job", job]);
        let pairs = |line: &str| {
            let words = line.split(' ').filter_map(|word| word.split_once('='));
            words
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .collect()
        };
        let mut tasks: Vec<BTreeMap<_, _>> = text.lines().map(pairs).collect();
        tasks.sort_by_key(|task| {
            task.get("ArrayTaskId")
                .and_then(|id| id.parse::<u32>().ok())
        });
        tasks
    }

    /// Wait until a job has ended, and return how.
    #[track_caller]
    pub(super) fn wait_for_end(&self, job: &str, mut meanwhile: impl FnMut()) -> String {
        self.wait_for(&format!("the end of job {job}"), || {
            meanwhile();
            let state = self.job(job).pop()?.remove("JobState")?;
            let is_over = ["COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL"];
            is_over.contains(&state.as_str()).then_some(state)
        })
    }

    /// Poll until there is a result.
    #[track_caller]
    pub(super) fn wait_for<T>(&self, what: &str, mut poll: impl FnMut() -> Option<T>) -> T {
        loop {
            if let Some(found) = poll() {
                return found;
            }
            let logs = || self.ask("squeue", &["--all"]);
            assert!(
                self.began.elapsed() < TIME_LIMIT,
                "waited in vain for {what}\n{}",
                logs()
            );
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Kill everything on a node, which runs one job: its daemon, the job's own one, and what that has started.
    pub(super) fn kill_node(&self, node: &str, job: &str) {
        let daemon = self.path(&format!("cluster/run/slurmd.{node}.pid"));
        let daemon: i32 = fs::read_to_string(daemon).unwrap().trim().parse().unwrap();
        let step = format!("[{job}.batch]");
        let conf = format!("SLURM_CONF={}", self.path("cluster/slurm.conf").display());
        let has = |pid: i32, file: &str, text: &str| {
            let bytes = fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
            String::from_utf8_lossy(&bytes).contains(text)
        };
        let is_step = |pid: &i32| has(*pid, "cmdline", &step) && has(*pid, "environ", &conf);
        let pids = fs::read_dir("/proc").unwrap().flatten();
        let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        let mut doomed: Vec<i32> = pids.filter(is_step).collect();
        assert!(!doomed.is_empty(), "job {job} has no process");
        let mut next = 0;
        while let Some(pid) = doomed.get(next) {
            let threads = fs::read_dir(format!("/proc/{pid}/task"));
            for thread in threads.into_iter().flatten().flatten() {
                let children = fs::read_to_string(thread.path().join("children"));
                let children = children.unwrap_or_default();
                doomed.extend(
                    children
                        .split_whitespace()
                        .filter_map(|pid| pid.parse::<i32>().ok()),
                );
            }
            next += 1;
        }
        for pid in [daemon].into_iter().chain(doomed) {
            let _ = kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL);
        }
    }

    /// A line of the log that a person reads.
    #[expect(clippy::print_stdout, reason = "the log is what the test is run for")]
    pub(super) fn say(&self, text: &str) {
        for line in text.lines() {
            println!("{:6.1} s  {line}", self.began.elapsed().as_secs_f32());
        }
    }
}

impl Drop for Cluster {
    /// Also where the test has failed.
    fn drop(&mut self) {
        let stop = course_script("stop");
        let ended = Command::new(stop).arg(self.path("cluster")).output();
        if !ended.is_ok_and(|output| output.status.success()) {
            self.say("tests/slurm/stop failed: daemons may be left");
        }
    }
}

fn course_script(name: &str) -> PathBuf {
    course().join("tests/slurm").join(name)
}

pub(super) fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The process of `grade` whose arguments end a path with `out` and have `shard`, started by a script.
pub(super) fn grader(out: &Path, shard: &str) -> Option<Pid> {
    let found = fs::read_dir("/proc").unwrap().flatten().find_map(|entry| {
        let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
        let arguments = fs::read_to_string(entry.path().join("cmdline")).ok()?;
        let arguments: Vec<&str> = arguments.split('\0').collect();
        let is_ours = arguments.contains(&shard) && arguments.contains(&out.to_str()?);
        // Its supervisors have the same arguments, and are started by itself.
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        let parent = stat
            .rsplit_once(')')?
            .1
            .split_whitespace()
            .nth(1)?
            .to_owned();
        let parent = fs::read_link(format!("/proc/{parent}/exe")).ok()?;
        (is_ours && parent.ends_with("bash")).then_some(pid)
    });
    found.and_then(Pid::from_raw)
}
