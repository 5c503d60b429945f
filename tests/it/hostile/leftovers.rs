//! What is left on the machine when all attacks of a tier are over: control groups, mounts, processes, files.
//!
//! Other graders may be at work here, so what is new is given time to go; what stays was left.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

/// How many samples are taken, five a second: for longer than any job of another test.
const LOOKS: u32 = 5 * 120;

/// Everything on this machine that bears the grader's name.
#[derive(Debug)]
pub(crate) struct Snapshot(BTreeSet<String>);

impl Snapshot {
    pub(crate) fn take(program: &Path) -> Self {
        Self(scan(program))
    }

    /// What was not there before and does not go.
    pub(crate) fn left(&self, program: &Path) -> BTreeSet<String> {
        let mut new: BTreeSet<String> = scan(program).difference(&self.0).cloned().collect();
        for _ in 0..LOOKS {
            if new.is_empty() {
                break;
            }
            std::thread::sleep(Duration::from_millis(200));
            let now = scan(program);
            new.retain(|thing| now.contains(thing));
        }
        new
    }
}

fn scan(program: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    groups(Path::new("/sys/fs/cgroup"), 6, &mut found);
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    found.extend(
        mounts
            .lines()
            .filter(|line| line.contains("/sandbox-") || line.contains("/hostile-"))
            .map(|line| format!("mount {line}")),
    );
    for entry in entries(Path::new("/proc")) {
        if fs::read_link(entry.join("exe")).is_ok_and(|exe| exe == program) {
            found.insert(format!("process {}", entry.display()));
        }
    }
    for folder in ["/tmp", "/var/tmp", "/dev/shm"] {
        found.extend(
            entries(Path::new(folder))
                .into_iter()
                .filter(|path| is_ours(path))
                .map(|path| format!("file {}", path.display())),
        );
    }
    found
}

fn is_ours(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with("grade-") || name.starts_with("sandbox-")
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

fn groups(folder: &Path, depth: u32, found: &mut BTreeSet<String>) {
    for path in entries(folder) {
        if path.is_symlink() || !path.is_dir() {
            continue;
        }
        if is_ours(&path) {
            found.insert(format!("control group {}", path.display()));
        }
        if depth > 0 {
            groups(&path, depth - 1, found);
        }
    }
}

#[test]
fn leftovers_are_found() {
    let program = std::env::current_exe().expect("a path");
    let no_program = Path::new("/nonexistent");
    let before = scan(no_program);
    let file = tempfile::Builder::new()
        .prefix("grade-left-")
        .tempfile_in("/tmp");
    let file = file.expect("a file");
    let after = scan(&program);
    let new: Vec<&String> = after.difference(&before).collect();
    let name = file.path().display().to_string();
    assert!(new.iter().any(|thing| thing.ends_with(&name)), "{new:?}");
    assert!(
        new.iter().any(|thing| thing.starts_with("process ")),
        "{new:?}"
    );
}
