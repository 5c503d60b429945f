//! The whole machine stands still for a while: a virtual machine that is paused, a container that is frozen, a lid
//! that is closed. No student pays for it.
//!
//! These take longer than the longest limit that they must survive, and are run by their own command:
//! `cargo test -p grade --test it standstill:: -- --ignored`.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::support::{
    command::{grade, shown},
    course, processors, program,
    record::fitting,
    workspace::Workspace,
};

/// Two threads that read side by side, with rests: at nearly every moment a read is held.
const MAIN: &str = r#"
use std::{fs, path::PathBuf, thread, time::Duration};

fn sum(files: &[PathBuf]) -> u64 {
    let mut total = 0;
    for (number, path) in files.iter().enumerate() {
        if number % 50 == 25 {
            thread::sleep(Duration::from_millis(40));
        }
        let text = fs::read_to_string(path).unwrap();
        let line = |n: usize| text.lines().nth(n - 1).unwrap().parse::<u64>().unwrap();
        total += line(3) * line(17);
    }
    total
}

fn main() {
    let files: Vec<PathBuf> = fs::read_dir(".").unwrap().map(|e| e.unwrap().path()).collect();
    let (left, right) = files.split_at(files.len() / 2);
    let total = thread::scope(|scope| {
        let left = scope.spawn(|| sum(left));
        sum(right) + left.join().unwrap()
    });
    println!("{total}");
}
"#;

/// Longer than the observer lets a program run until it rests, and than a run may take.
const STANDSTILL: Duration = Duration::from_secs(12);

/// Start a grading, let `stand_still` stop everything at the moment when the submission runs, and return the record.
#[expect(
    clippy::disallowed_methods,
    reason = "assert_cmd only waits for the end"
)]
fn graded(stand_still: impl FnOnce(&[Pid])) -> Value {
    let workspace = Workspace::new();
    let folder = workspace.submission("rests", "", MAIN);
    let known = grade();
    let mut command = Command::new(program());
    for (variable, value) in known.get_envs() {
        match value {
            Some(value) => command.env(variable, value),
            None => command.env_remove(variable),
        };
    }
    let mut child = command
        .current_dir(course())
        .env("GRADE_TEMP_DIR", workspace.temp())
        .env("GRADE_CACHE_DIR", &workspace.cache)
        .args(["sum-of-products", "--seed", "0", "--format", "json"])
        .arg(&folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    wait_until_runs(&mut child, &workspace.temp());
    // Into the middle of its run.
    thread::sleep(Duration::from_millis(100));
    stand_still(&tree(child.id()));
    let output = child.wait_with_output().unwrap();
    let record = serde_json::from_slice(&output.stdout);
    fitting(record.unwrap_or_else(|_| panic!("{}", shown(&output))))
}

/// Wait until the submission's program works on its data.
fn wait_until_runs(child: &mut Child, temp: &Path) {
    let runs = || {
        let processes = fs::read_dir("/proc").unwrap().flatten();
        // The reference's program lies in another folder.
        let mut programs =
            processes.filter_map(|process| fs::read_link(process.path().join("exe")).ok());
        programs
            .any(|program| program.starts_with(temp) && program.to_string_lossy().contains("/0/"))
    };
    for _ in 0..60_000 {
        if runs() {
            return;
        }
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        thread::sleep(Duration::from_millis(2));
    }
    panic!("it does not run");
}

/// A process and all that come from it.
fn tree(root: u32) -> Vec<Pid> {
    let parents: Vec<(i32, i32)> = fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|process| {
            let own = process.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(process.path().join("stat")).ok()?;
            let behind_name = stat.rsplit_once(')')?.1;
            let parent = behind_name.split_whitespace().nth(1)?.parse().ok()?;
            Some((own, parent))
        })
        .collect();
    let mut found = vec![i32::try_from(root).unwrap()];
    let mut at = 0;
    while let Some(&parent) = found.get(at) {
        let children = parents.iter().filter(|(_, of)| *of == parent);
        found.extend(children.map(|(own, _)| own));
        at += 1;
    }
    found.into_iter().filter_map(Pid::from_raw).collect()
}

#[test]
#[ignore = "stands still for longer than a run may take; run by its own command, and by `.ci/run`"]
fn processes_that_were_stopped_cost_no_points() {
    let _alone = processors::use_all();
    let record = graded(|processes| {
        for signal in [Signal::STOP, Signal::CONT] {
            for process in processes {
                // It may have ended.
                let _ = kill_process(*process, signal);
            }
            if signal == Signal::STOP {
                thread::sleep(STANDSTILL);
            }
        }
    });
    assert_eq!(record["verdict"], "pass", "{record:#}");
}

#[test]
#[ignore = "stands still for longer than a run may take; run by its own command, and by `.ci/run`"]
#[expect(clippy::print_stdout, reason = "says where the machine cannot do this")]
fn a_frozen_container_costs_no_points() {
    let _alone = processors::use_all();
    let freezer = Path::new("/sys/fs/cgroup/freezer");
    let group = freezer.join(format!("grade-test-{}", std::process::id()));
    if fs::create_dir(&group).is_err() {
        println!("NOT RUN: no control group can be frozen here (that needs root and version 1)");
        return;
    }
    let record = graded(|processes| {
        for process in processes {
            // It may have ended.
            let number = process.as_raw_nonzero().to_string();
            let _ = fs::write(group.join("cgroup.procs"), number);
        }
        fs::write(group.join("freezer.state"), "FROZEN").unwrap();
        thread::sleep(STANDSTILL);
        fs::write(group.join("freezer.state"), "THAWED").unwrap();
    });
    fs::remove_dir(&group).unwrap();
    assert_eq!(record["verdict"], "pass", "{record:#}");
}
