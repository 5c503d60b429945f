//! Where groups can be made: found by making one.
//!
//! # Theory of operation
//!
//! In version 2 a group has either processes or groups below it that are limited, never both. So in a
//! group that was delegated to us, this program first moves itself, the client and its supervisor, into a
//! group of its own below it, and then lets limits be set for those beside. It does so only where the
//! group holds nobody but us, and never at the very top, which is the system's.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{
    group::Group,
    lock::{PREFIX, make_locked, sweep},
};

/// Where groups can be made, as found by probing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Place {
    /// One folder for all controllers.
    V2(PathBuf),
    /// A folder for each controller that can be used.
    V1 {
        memory: Option<PathBuf>,
        tasks: Option<PathBuf>,
        cpu: Option<PathBuf>,
    },
}

impl Place {
    fn folders(&self) -> Vec<&Path> {
        match self {
            Self::V2(folder) => vec![folder],
            Self::V1 { memory, tasks, cpu } => [memory, tasks, cpu]
                .into_iter()
                .flatten()
                .map(PathBuf::as_path)
                .collect(),
        }
    }
}

/// What a job's group of version 2 must be able to limit.
const CONTROLLERS: [&str; 2] = ["memory", "pids"];

/// Find where groups with a memory limit can be made, by making one. `client` is the process that this
/// supervisor works for.
pub(crate) fn find(client: i32) -> Result<Place, String> {
    let read = |path| fs::read_to_string(path).map_err(|error| format!("{path}: {error}"));
    let mounts = read("/proc/self/mountinfo")?;
    let own = read("/proc/self/cgroup")?;
    let mut reasons = Vec::new();
    for place in candidates(&mounts, &own) {
        for parent in place.folders() {
            sweep(parent);
        }
        if let Place::V2(parent) = &place
            && let Err(error) = open_to_limits(parent, &CONTROLLERS, &ourselves(client))
        {
            reasons.push(format!("`{}`: {error}", parent.display()));
            continue;
        }
        match Group::make(&place, 1 << 30, 64) {
            Ok(group) if group.limits_memory() => match group.remove() {
                Ok(()) => return Ok(place),
                Err(error) => reasons.push(error.to_string()),
            },
            Ok(group) => {
                let _ = group.remove();
                reasons.push("no group with a memory limit can be made".into());
            }
            Err(error) => reasons.push(error.to_string()),
        }
    }
    if reasons.is_empty() {
        reasons.push("no control groups with a memory controller are mounted".into());
    }
    Err(reasons.join("; "))
}

/// The places to try, from what is mounted and from the groups this process is in.
pub(crate) fn candidates(mounts: &str, own: &str) -> Vec<Place> {
    let own_path = |controller: &str| {
        own.lines().find_map(|line| {
            let mut fields = line.splitn(3, ':').skip(1);
            let names = fields.next()?;
            let path = fields.next()?.trim_start_matches('/');
            names
                .split(',')
                .any(|n| n == controller)
                .then(|| path.to_owned())
        })
    };
    let mut one_for_all = Vec::new();
    let (mut memory, mut tasks, mut cpu) = (None, None, None);
    for line in mounts.lines() {
        // … mount point (5th) … " - " type, source, options of the file system
        let Some((left, right)) = line.split_once(" - ") else {
            continue;
        };
        let Some(point) = left.split(' ').nth(4).map(Path::new) else {
            continue;
        };
        let mut right = right.split(' ');
        let (kind, options) = (right.next(), right.nth(1).unwrap_or(""));
        match kind {
            Some("cgroup2") => {
                // In our own group, or in the one above if we have moved ourselves; else in the topmost.
                if let Some(own) = own_path("").filter(|own| !own.is_empty()) {
                    let own = point.join(own);
                    let moved = own
                        .file_name()
                        .is_some_and(|name| name.to_string_lossy().starts_with(PREFIX));
                    one_for_all.extend(
                        own.parent()
                            .filter(|_| moved)
                            .map(|above| Place::V2(above.to_path_buf())),
                    );
                    one_for_all.push(Place::V2(own));
                }
                let topmost = Place::V2(point.to_path_buf());
                if !one_for_all.contains(&topmost) {
                    one_for_all.push(topmost);
                }
            }
            Some("cgroup") => {
                for (controller, place) in [
                    ("memory", &mut memory),
                    ("pids", &mut tasks),
                    ("cpuacct", &mut cpu),
                ] {
                    if options.split(',').any(|option| option == controller) {
                        *place = Some(point.join(own_path(controller).unwrap_or_default()));
                    }
                }
            }
            _ => {}
        }
    }
    if memory.is_some() {
        one_for_all.push(Place::V1 { memory, tasks, cpu });
    }
    one_for_all
}

/// This process, the one whose copy it is, and the client: all that may be moved. Copies that come later are
/// where the one they were made of is.
fn ourselves(client: i32) -> Vec<i32> {
    let parent = rustix::process::getppid().map(|pid| pid.as_raw_nonzero().get());
    let own = rustix::process::getpid().as_raw_nonzero().get();
    parent.into_iter().chain([own, client]).collect()
}

/// Let groups below `parent` be limited by `controllers`; if need be by moving ourselves out of it first.
fn open_to_limits(parent: &Path, controllers: &[&str], ourselves: &[i32]) -> io::Result<()> {
    let has = |file: &str| -> io::Result<bool> {
        let text = fs::read_to_string(parent.join(file))?;
        let has = |name: &&str| text.split_whitespace().any(|word| word == *name);
        Ok(controllers.iter().all(has))
    };
    if has("cgroup.subtree_control")? {
        return Ok(());
    }
    let names = controllers.join(" and ");
    // The topmost group alone has no type. It has all processes that are in no other.
    if !has("cgroup.controllers")? || !parent.join("cgroup.type").exists() {
        let why = format!("does not delegate its controllers {names}");
        return Err(io::Error::other(why));
    }
    let inside = fs::read_to_string(parent.join("cgroup.procs"))?;
    let inside: Vec<i32> = inside
        .lines()
        .filter_map(|line| line.parse().ok())
        .collect();
    if !inside.iter().all(|pid| ourselves.contains(pid)) {
        return Err(io::Error::other(
            "has other processes than ours in it, so no groups below it can be limited",
        ));
    }
    if !inside.is_empty() {
        // Locked until we are in it.
        let (own, _lock) = make_locked(parent)?;
        for pid in inside {
            fs::write(own.join("cgroup.procs"), pid.to_string())?;
        }
    }
    let enable: Vec<String> = controllers.iter().map(|name| format!("+{name}")).collect();
    fs::write(parent.join("cgroup.subtree_control"), enable.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_from_what_is_mounted() {
        let v1 = "30 20 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n\
                  31 20 0:27 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n";
        let own = "4:memory:/a/b\n2:cpu,cpuacct:/\n0::/c\n";
        assert_eq!(
            candidates(v1, own),
            [Place::V1 {
                memory: Some("/sys/fs/cgroup/memory/a/b".into()),
                tasks: None,
                cpu: Some("/sys/fs/cgroup/cpu,cpuacct/".into()),
            }]
        );
        let v2 = "30 20 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n";
        assert_eq!(
            candidates(v2, own),
            [
                Place::V2("/sys/fs/cgroup/c".into()),
                Place::V2("/sys/fs/cgroup".into())
            ]
        );
        assert_eq!(candidates("nonsense - \n-\n", ""), []);
    }

    #[test]
    fn who_made_the_process_that_made_us_is_one_of_us() {
        let own = std::process::id().cast_signed();
        let parent = rustix::process::getppid().unwrap().as_raw_nonzero().get();
        let all = ourselves(7);
        assert!(
            [own, parent, 7].iter().all(|pid| all.contains(pid)),
            "{all:?}"
        );
    }

    #[test]
    fn who_has_moved_itself_makes_groups_beside_itself() {
        let v2 = "30 20 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n";
        let places = candidates(v2, "0::/user/our.scope/sandbox-0123456789abcdef\n");
        let first = Place::V2("/sys/fs/cgroup/user/our.scope".into());
        assert_eq!(places.first(), Some(&first));
        assert_eq!(places.len(), 3);
    }

    /// A group of version 2 as its files show it.
    fn group(controllers: &str, enabled: &str, inside: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (file, text) in [
            ("cgroup.controllers", controllers),
            ("cgroup.subtree_control", enabled),
            ("cgroup.type", "domain\n"),
            ("cgroup.procs", inside),
        ] {
            fs::write(folder.path().join(file), text).unwrap();
        }
        folder
    }

    #[test]
    fn a_delegated_group_is_opened_to_limits_by_leaving_it() {
        let read = |folder: &Path, file: &str| fs::read_to_string(folder.join(file)).unwrap();
        let open =
            |folder: &tempfile::TempDir| open_to_limits(folder.path(), &CONTROLLERS, &[7, 8]);
        let groups = |folder: &tempfile::TempDir| {
            let entries = fs::read_dir(folder.path()).unwrap().flatten();
            let folders = entries.filter(|entry| entry.file_type().unwrap().is_dir());
            folders.map(|entry| entry.path()).collect::<Vec<_>>()
        };
        let ours = group("cpu memory pids\n", "\n", "7\n8\n");
        open(&ours).unwrap();
        assert_eq!(read(ours.path(), "cgroup.subtree_control"), "+memory +pids");
        let [own] = &groups(&ours)[..] else {
            panic!("{:?}", groups(&ours))
        };
        // A file keeps the last that was written; the kernel takes one after the other.
        assert_eq!(read(own, "cgroup.procs"), "8");

        let open_already = group("memory pids\n", "memory pids\n", "");
        open(&open_already).unwrap();
        assert_eq!(
            read(open_already.path(), "cgroup.subtree_control"),
            "memory pids\n"
        );
        for (controllers, inside, why) in [
            ("cpu memory pids\n", "7\n8\n9\n", "other processes"),
            ("cpu\n", "7\n8\n", "does not delegate"),
        ] {
            let not_ours = group(controllers, "\n", inside);
            let error = open(&not_ours).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
            assert!(groups(&not_ours).is_empty());
            assert_eq!(read(not_ours.path(), "cgroup.subtree_control"), "\n");
        }
        let topmost = group("memory pids\n", "\n", "7\n");
        fs::remove_file(topmost.path().join("cgroup.type")).unwrap();
        assert!(open(&topmost).is_err());
    }
}
