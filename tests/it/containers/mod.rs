//! A class that is graded in containers: an honest program passes or is not graded, whatever the container lacks.
//!
//! # Theory of operation
//!
//! The containers are real ones of podman. Their root folder is nearly empty: it borrows `/usr` of this machine, and
//! so its compiler driver, read-only. The course allows no crates, so that nothing is fetched and little is compiled.
//!
//! Where podman cannot be had, a test says so and runs nothing. The last test needs no podman: it makes a control
//! group that limits processes, and grades in it, unable to make groups of its own.
//!
//! Both are ignored by default, because they need root, and podman or control groups.

mod image;

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
    process::Output,
};

use assert_cmd::Command;
use serde_json::Value;

use crate::support::{
    command::shown,
    course, program, submission, sysroot,
    workspace::{CourseCopy, Workspace},
};

/// Solves the exercise with two threads and the standard library alone.
const TWO_THREADS: &str = r#"
use std::{fs, path::PathBuf, thread};

fn product(path: &PathBuf) -> u64 {
    let text = fs::read_to_string(path).unwrap();
    let line = |n: usize| text.lines().nth(n - 1).unwrap().parse::<u64>().unwrap();
    line(3) * line(17)
}

fn main() {
    PROLOGUE
    let files: Vec<PathBuf> = fs::read_dir(".").unwrap().map(|e| e.unwrap().path()).collect();
    let half = |files: &[PathBuf]| files.iter().map(product).sum::<u64>();
    let (left, right) = files.split_at(files.len() / 2);
    let total = thread::scope(|scope| {
        let left = scope.spawn(|| half(left));
        half(right) + left.join().unwrap()
    });
    println!("{total}");
}
"#;

const MANIFEST: &str = "[package]\nname = \"sum\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";

/// Holds 850 MiB of memory, which its limit of 1 GiB allows.
const HUNGRY: &str =
    "let held = vec![1_u8; 850 << 20]; assert!(std::hint::black_box(&held)[1 << 29] == 1);";

/// Holds more memory than its limit of 1 GiB.
const GREEDY: &str =
    "let held = vec![1_u8; 1500 << 20]; assert!(std::hint::black_box(&held)[1 << 29] == 1);";

/// Starts more threads than its limit of 1500, all of which live at once.
const CROWD: &str = "let crowd: Vec<_> = (0..1800).map(|_| thread::Builder::new().stack_size(1 << 16)\
    .spawn(|| thread::sleep(std::time::Duration::from_secs(3)))).collect();\
    for one in crowd { one.unwrap().join().unwrap(); }";

/// Needs 400 threads that wait for each other, and waits for ever if one was refused.
const MEETING: &str = "let all = std::sync::Arc::new(std::sync::Barrier::new(400));\
    let met: Vec<_> = (0..399).filter_map(|_| { let all = all.clone();\
    thread::Builder::new().stack_size(1 << 16).spawn(move || { all.wait(); }).ok() }).collect();\
    all.wait(); for one in met { one.join().unwrap(); }";

/// What a class, a course and a container need, on this machine.
struct Places {
    workspace: Workspace,
}

impl Places {
    fn new() -> Self {
        let workspace = Workspace::new();
        let course = workspace.course();
        course.write("reference/sum-of-products/Cargo.toml", MANIFEST);
        course.write(CourseCopy::REFERENCE, &TWO_THREADS.replace("PROLOGUE", ""));
        course.edit(CourseCopy::EXERCISE, "fresh = 2", "fresh = 0");
        let grader = fs::read_to_string(course.root.join("grader.toml")).unwrap();
        let (head, rest) = grader.split_once("[crates]\n").unwrap();
        let (_, tail) = rest.split_once("\n\n").unwrap();
        let grader = format!("{head}[crates]\n\n{tail}").replace("tasks = 2048", "tasks = 1500");
        // What waits for ever is stopped soon; there are few processors where this runs.
        let grader = grader.replace("wall = \"10s\"", "wall = \"5s\"");
        course.write("grader.toml", &grader);
        let places = Self { workspace };
        places.student("two-threads", &TWO_THREADS.replace("PROLOGUE", ""));
        for name in ["thread-per-file", "scoped-chunks"] {
            let folder = submission(&format!("correct-{name}"));
            places.student(
                name,
                &fs::read_to_string(folder.join("src/main.rs")).unwrap(),
            );
        }
        let serial = fs::read_to_string(submission("serial").join("src/main.rs")).unwrap();
        places.student("serial", &serial);
        for (name, prologue) in [
            ("hungry", HUNGRY),
            ("greedy", GREEDY),
            ("crowd", CROWD),
            ("meeting", MEETING),
        ] {
            places.student(name, &TWO_THREADS.replace("PROLOGUE", prologue));
        }
        for open in ["cache/root", "cache/user", "out"] {
            fs::create_dir_all(places.path(open)).unwrap();
            places.open_to_all(open);
        }
        places
    }

    fn path(&self, name: &str) -> PathBuf {
        self.workspace.path(name)
    }

    fn open_to_all(&self, name: &str) {
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o777)).unwrap();
    }

    fn student(&self, name: &str, main: &str) {
        let folder = self.path("class").join(name);
        fs::create_dir_all(folder.join("src")).unwrap();
        fs::write(folder.join("Cargo.toml"), MANIFEST).unwrap();
        fs::write(folder.join("src/main.rs"), main).unwrap();
    }

    /// A nearly empty root folder, whose programs and libraries are those of this machine.
    fn root_folder(&self) -> PathBuf {
        let root = self.path("root");
        for folder in [
            "usr",
            "etc/alternatives",
            "proc",
            "sys",
            "dev",
            "run",
            "opt/rust",
            "course",
            "class",
            "out",
            "cache",
            "tmp",
            "home",
        ] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        fs::set_permissions(root.join("tmp"), fs::Permissions::from_mode(0o1777)).unwrap();
        for link in ["bin", "sbin", "lib", "lib64"] {
            if let Ok(target) = fs::read_link(Path::new("/").join(link)) {
                symlink(target, root.join(link)).unwrap();
            }
        }
        let _ = fs::copy("/etc/ld.so.cache", root.join("etc/ld.so.cache"));
        fs::write(root.join("etc/passwd"), "root:x:0:0::/home:/bin/sh\n").unwrap();
        fs::write(root.join("grade"), "").unwrap();
        root
    }

    /// The verdict on each submission, from the records.
    fn verdicts(&self, out: &str) -> BTreeMap<String, Value> {
        let folder = self.path(out).join("records");
        let Ok(entries) = fs::read_dir(folder) else {
            return BTreeMap::new();
        };
        let records = entries.map(|entry| {
            let text = fs::read_to_string(entry.unwrap().path()).unwrap();
            let record: Value = serde_json::from_str(&text).unwrap();
            (
                record["submission"]["id"].as_str().unwrap().to_owned(),
                record,
            )
        });
        records.collect()
    }

    #[track_caller]
    fn assert_verdicts(&self, out: &str, expected: Verdicts, shown: &str) {
        let records = self.verdicts(out);
        let mut names = 0;
        for (verdict, students) in expected {
            for student in *students {
                let record = &records
                    .get(*student)
                    .unwrap_or_else(|| panic!("{student}: {shown}"));
                assert_eq!(
                    record["verdict"], *verdict,
                    "{out} {student}: {record:#}\n{shown}"
                );
                names += 1;
            }
        }
        assert_eq!(names, records.len(), "{out}: {shown}");
    }
}

/// Containers, with a root folder for them.
struct Containers {
    places: Places,
    /// The arguments of podman that choose a runtime.
    runtime: Vec<String>,
}

impl Containers {
    /// `None` if no container can be started here.
    fn find() -> Option<Self> {
        let places = Places::new();
        let root = places.root_folder();
        let ours = course().join("tests/containers/runc-without-limits");
        let ours = format!("--runtime={}", ours.display());
        let found = [vec![], vec![ours]].into_iter().find(|runtime| {
            let mut podman = podman(runtime);
            podman.args(["--volume=/usr:/usr:ro", "--rootfs"]);
            let output = podman.arg(&root).arg("/usr/bin/true").output();
            output.is_ok_and(|output| output.status.success())
        });
        let Some(runtime) = found else {
            say("NOT RUN: podman cannot start a container here; see CONTRIBUTING.md");
            return None;
        };
        Some(Self { places, runtime })
    }
}

fn podman(runtime: &[String]) -> Command {
    let mut podman = Command::new("podman");
    podman.args(runtime);
    podman.args(["run", "--rm", "--network=none"]);
    // Its monitor writes a file into the folder where it was started, when memory runs out.
    podman.current_dir(std::env::temp_dir());
    podman
}

#[expect(
    clippy::print_stdout,
    reason = "what was not run is said where everybody sees it"
)]
fn say(text: &str) {
    println!("{text}");
}

impl Containers {
    /// Run the program in a container with these options.
    fn run(&self, options: &[&str], arguments: &[&str]) -> Output {
        let Self { places, runtime } = self;
        let mut podman = podman(runtime);
        podman.args(options);
        // One user cannot write to what another one keeps.
        let is_user = options.iter().any(|option| option.starts_with("--user="));
        let cache = if is_user {
            "/cache/user"
        } else {
            "/cache/root"
        };
        let mut volume = |from: &Path, to: &str| {
            podman.arg(format!("--volume={}:{to}", from.display()));
        };
        volume(Path::new("/usr"), "/usr:ro");
        if Path::new("/etc/alternatives").is_dir() {
            volume(Path::new("/etc/alternatives"), "/etc/alternatives:ro");
        }
        volume(&program(), "/grade:ro");
        volume(&sysroot(), "/opt/rust:ro");
        for (name, to) in [
            ("course", "/course:ro"),
            ("class", "/class:ro"),
            ("cache", "/cache"),
            ("out", "/out"),
        ] {
            volume(&places.path(name), to);
        }
        for (name, value) in [
            ("PATH", "/opt/rust/bin:/usr/local/bin:/usr/bin:/bin"),
            ("HOME", "/tmp"),
            ("RUSTC", "/opt/rust/bin/rustc"),
            ("GRADE_CACHE_DIR", cache),
        ] {
            podman.arg(format!("--env={name}={value}"));
        }
        podman
            .arg("--workdir=/course")
            .arg("--rootfs")
            .arg(places.path("root"))
            .arg("/grade")
            .args(arguments);
        podman.output().unwrap()
    }
}

const HONEST: &[&str] = &[
    "meeting",
    "scoped-chunks",
    "thread-per-file",
    "two-threads",
    "hungry",
];
const NOT_HONEST: &[&str] = &["serial", "greedy", "crowd"];

/// Verdicts, and who has them.
type Verdicts = &'static [(&'static str, &'static [&'static str])];

const ALL: Verdicts = &[("pass", HONEST), ("fail", NOT_HONEST)];

/// What becomes of the class where only 256 processes and threads may be.
const FEW_TASKS: Verdicts = &[
    ("pass", &["scoped-chunks", "two-threads", "hungry"]),
    ("fail", &["serial", "greedy"]),
    ("not-graded", &["thread-per-file", "crowd", "meeting"]),
];

/// What becomes of the class where less memory is than a program may use.
const LITTLE_MEMORY: Verdicts = &[
    (
        "pass",
        &["meeting", "scoped-chunks", "thread-per-file", "two-threads"],
    ),
    ("fail", &["serial", "crowd"]),
    ("not-graded", &["hungry", "greedy"]),
];

/// A container: its name, the options that make it, the exit code of the batch in it, the verdicts, and words that
/// the batch says.
type Row = (
    &'static str,
    &'static [&'static str],
    i32,
    Verdicts,
    &'static str,
);

const ROWS: &[Row] = &[
    ("root", &[], 1, ALL, ""),
    ("user", &["--user=1000:1000"], 1, ALL, ""),
    ("traces", &["--cap-add=SYS_PTRACE"], 1, ALL, ""),
    // Root without any capability cannot limit the processes of its jobs.
    (
        "no-capabilities",
        &["--cap-drop=all"],
        3,
        &[],
        "--user 1000",
    ),
    (
        "user-no-capabilities",
        &["--cap-drop=all", "--user=1000:1000"],
        1,
        ALL,
        "",
    ),
    (
        "few-tasks",
        &["--pids-limit=256"],
        3,
        FEW_TASKS,
        "allows 256 processes and threads",
    ),
    (
        "user-few-tasks",
        &["--pids-limit=256", "--user=1000:1000"],
        3,
        FEW_TASKS,
        "allows 256 processes and threads",
    ),
    (
        "little-memory",
        &["--memory=700m", "--memory-swap=700m"],
        3,
        LITTLE_MEMORY,
        "allows 700 MiB of memory",
    ),
    (
        "read-only",
        &["--read-only", "--tmpfs=/tmp:rw,exec"],
        1,
        ALL,
        "",
    ),
];

#[test]
#[ignore = "needs root and podman"]
fn in_no_container_is_an_honest_program_failed() {
    let Some(containers) = Containers::find() else {
        return;
    };
    for (name, options, code, expected, words) in ROWS {
        let out = format!("/out/{name}");
        let arguments = ["batch", "sum-of-products", "/class", "--out", &out];
        let output = containers.run(options, &arguments);
        let shown = shown(&output);
        say(&format!("{name}: exit code {:?}", output.status.code()));
        let out = format!("out/{name}");
        containers.places.assert_verdicts(&out, expected, &shown);
        assert_eq!(output.status.code(), Some(*code), "{name}: {shown}");
        let text: Vec<&str> = shown.split_whitespace().collect();
        assert!(text.join(" ").contains(words), "{name}: {words}: {shown}");
    }
}

/// As where the kernel is old, or the processor is emulated: there are no seccomp notifications.
#[test]
#[ignore = "needs root and podman"]
fn in_a_container_where_nothing_can_be_observed_nobody_is_graded() {
    let Some(containers) = Containers::find() else {
        return;
    };
    let profile = containers.places.path("profile.json");
    // The flag 8 asks for notifications.
    let notified = r#"{"index": 1, "value": 8, "valueTwo": 8, "op": "SCMP_CMP_MASKED_EQ"}"#;
    let refused = format!(
        r#"{{"names": ["seccomp"], "action": "SCMP_ACT_ERRNO", "errnoRet": 22, "args": [{notified}]}}"#
    );
    let text = format!(r#"{{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{refused}]}}"#);
    fs::write(&profile, text).unwrap();
    let option = format!("--security-opt=seccomp={}", profile.display());
    let arguments = ["batch", "sum-of-products", "/class", "--out", "/out/unseen"];
    let output = containers.run(&[&option], &arguments);
    let text = shown(&output);
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(
        text.contains("failed to observe what programs read"),
        "{text}"
    );
    assert!(text.contains("--cap-add SYS_PTRACE"), "{text}");
    assert!(
        containers.places.verdicts("out/unseen").is_empty(),
        "{text}"
    );
    let doctor = containers.run(&[&option], &["doctor"]);
    assert_eq!(doctor.status.code(), Some(3), "{}", shown(&doctor));
}

#[test]
#[ignore = "needs root and podman"]
fn in_a_container_doctor_says_what_helps_there() {
    let Some(containers) = Containers::find() else {
        return;
    };
    let doctor = containers.run(&["--cap-drop=all"], &["doctor"]);
    let text = shown(&doctor);
    assert!(
        text.contains("a container;") && text.contains("--user 1000"),
        "{text}"
    );
    assert!(
        !text.contains("systemd-run") && !text.contains("sysctl"),
        "{text}"
    );
    let options = ["--cap-drop=all", "--user=1000:1000", "--pids-limit=256"];
    let doctor = containers.run(&options, &["doctor"]);
    let text = shown(&doctor);
    assert!(doctor.status.success(), "{text}");
    assert!(
        text.contains("this container allows 256 processes and threads"),
        "{text}"
    );
    assert!(text.contains("a run may use 1500"), "{text}");
}

/// A control group of version 1 that allows few processes and threads, removed when dropped.
struct FewTasks(PathBuf);

impl FewTasks {
    fn make(most: u32) -> Option<Self> {
        let name = format!("grade-test-{}", std::process::id());
        let group = Self(Path::new("/sys/fs/cgroup/pids").join(name));
        fs::create_dir(&group.0).ok()?;
        fs::write(group.0.join("pids.max"), most.to_string()).ok()?;
        Some(group)
    }
}

impl Drop for FewTasks {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.0);
    }
}

#[test]
#[ignore = "needs root and control groups of version 1"]
fn in_a_control_group_of_others_a_thread_that_is_refused_fails_nobody() {
    let places = Places::new();
    let Some(group) = FewTasks::make(256) else {
        say("NOT RUN: no control group can be made in /sys/fs/cgroup/pids");
        return;
    };
    // Enter the group, and make all groups read-only, as they are in a container.
    let script = "echo 0 > \"$1/cgroup.procs\" || exit 99\n\
                  for mount in $(awk '$3 ~ /^cgroup/ {print $2}' /proc/mounts); do\n\
                  mount -o remount,bind,ro \"$mount\" || exit 99; done\nshift; exec \"$@\"";
    let (class, out) = (places.path("class"), places.path("out/group"));
    let mut command = Command::new("unshare");
    command
        .args(["--mount", "sh", "-c", script, "sh"])
        .arg(&group.0)
        .arg(program());
    command
        .args(["batch", "sum-of-products"])
        .arg(&class)
        .arg("--out")
        .arg(&out);
    command.arg("--course").arg(places.path("course"));
    command.env("GRADE_CACHE_DIR", places.path("cache/root"));
    let output = command.output().unwrap();
    let text = shown(&output);
    places.assert_verdicts("out/group", FEW_TASKS, &text);
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(
        text.contains("--pids-limit") || text.contains("TasksMax="),
        "{text}"
    );
}
