//! A grading under observation: by another observer around it, by another process of its own user.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use evidence::Execution;
use observer::ObserverOptions;
use sandbox::{Cancellation, Job, Limits, Sandbox, Tier};

use crate::support::{cache, course, files::copy_tree, program, submission};

/// Run the program with these arguments under an observer: in it there can be no second one.
fn under_an_observer(arguments: &[&str]) -> Execution {
    let support = sandbox::probe(&program()).unwrap();
    let outer = Sandbox::new(&support, Tier::None, Cancellation::default()).unwrap();
    let data = tempfile::tempdir().unwrap();
    let limits = Limits {
        wall: Duration::from_mins(2),
        cpu: Duration::from_mins(4),
        memory_bytes: 4 << 30,
        tasks: 4096,
        open_files: 4096,
        file_bytes: 1 << 30,
        disk_bytes: 1 << 30,
        disk_files: 100_000,
        output_bytes: 64 << 20,
    };
    let mut job = Job::new(program(), data.path(), &limits);
    let text = |path: PathBuf| path.to_str().unwrap().to_owned();
    job.arguments = arguments
        .iter()
        .map(|&argument| argument.to_owned())
        .collect();
    job.arguments.extend([
        "--course".to_owned(),
        text(course()),
        "--cache-dir".to_owned(),
        text(cache()),
        "--isolation".to_owned(),
        "none".to_owned(),
    ]);
    for name in [
        "PATH",
        "HOME",
        "CARGO_HOME",
        "RUSTUP_HOME",
        "RUSTUP_TOOLCHAIN",
    ] {
        if let Ok(value) = std::env::var(name) {
            job.environment.push((name.to_owned(), value));
        }
    }
    // A loaded machine must not end the observation early.
    let options = ObserverOptions {
        rest_limit: Duration::from_mins(1),
        restless_limit: Duration::from_mins(1),
        hold_limit: Duration::from_mins(2),
        ..ObserverOptions::default()
    };
    observer::observe(&outer, &job, data.path(), options).unwrap()
}

/// What cannot be observed is known before anybody is graded.
#[test]
fn under_another_observer_no_class_is_graded() {
    let folder = tempfile::tempdir().unwrap();
    let (class, out) = (folder.path().join("class"), folder.path().join("out"));
    copy_tree(&submission("correct-scoped-chunks"), &class.join("ada"));
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let (class, out_text) = (text(&class), text(&out));
    let execution = under_an_observer(&["batch", "sum-of-products", &class, "--out", &out_text]);
    let stderr = &execution.stderr.head;
    assert_eq!(
        format!("{:?}", execution.termination),
        "Exited { code: 3 }",
        "{stderr}"
    );
    for words in [
        "failed to observe what programs read, so nothing was graded",
        "caused by: ",
        "hint: ",
    ] {
        assert!(stderr.contains(words), "{words}: {stderr}");
    }
    let records = fs::read_dir(out.join("records")).map_or(0, Iterator::count);
    assert_eq!(records, 0, "{stderr}");
}

#[test]
fn under_another_observer_the_check_is_inconclusive_and_does_not_fail() {
    let folder = submission("correct-scoped-chunks");
    let execution = under_an_observer(&[
        "sum-of-products",
        folder.to_str().unwrap(),
        "--seed",
        "0",
        "--format",
        "json",
    ]);
    let output = (&execution.stdout.head, &execution.stderr.head);
    let record: serde_json::Value =
        serde_json::from_str(&execution.stdout.head).unwrap_or_else(|_| panic!("{output:?}"));
    assert_eq!(record["verdict"], "not-graded");
    assert_eq!(record["score"], serde_json::Value::Null);
    assert_eq!(record["grader"]["observer"], "file-times");
    let checks = record["checks"].as_array().unwrap();
    let statuses: Vec<_> = checks
        .iter()
        .map(|check| check["status"].as_str().unwrap())
        .collect();
    assert_eq!(statuses, ["pass", "pass", "pass", "pass", "inconclusive"]);
    let message = checks[4]["message"].as_str().unwrap();
    assert!(
        message.starts_with("not observed on this machine"),
        "{message}"
    );
    assert_eq!(format!("{:?}", execution.termination), "Exited { code: 3 }");
}

/// Root may read everything, so this is tested for ordinary users only.
#[test]
#[expect(clippy::disallowed_methods, reason = "tests")]
fn the_grader_itself_cannot_be_read_by_its_own_user() {
    if rustix::process::geteuid().is_root() {
        return;
    }
    // A grader that keeps running: it prints more than this pipe holds, and no process reads it.
    let (_reader, writer) = rustix::pipe::pipe().unwrap();
    rustix::pipe::fcntl_setpipe_size(&writer, 4096).unwrap();
    let mut grader = Command::new(program())
        .args(["completions", "bash"])
        .stdout(writer)
        .spawn()
        .unwrap();
    let environ = format!("/proc/{}/environ", grader.id());
    let is_closed = || {
        fs::read(&environ).is_err_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied)
    };
    let start = std::time::Instant::now();
    let mut closed = is_closed();
    while !closed && start.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(1));
        closed = is_closed();
    }
    assert!(grader.try_wait().unwrap().is_none(), "it did not stay");
    grader.kill().unwrap();
    grader.wait().unwrap();
    assert!(closed, "its environment can be read");
}
