//! Finds where groups can be made, by making one.
//!
//! # Theory of operation
//!
//! In version 2 a group has either processes or groups below it that are limited, never both. So in a
//! group that was delegated to us, the supervisor first moves this program's processes, which are the client,
//! the zygote and the supervisor itself, into a new group below it. Then it enables the controllers for the
//! groups of jobs, which are made beside the new group. It does so only where the delegated group has no other
//! processes in it, and never in the topmost group, which belongs to the system.

use std::{fs, io, path::Path};

use fs_scratch::{LockedFolder, sweep};

use super::{
    group::{FOLDER_MODE, Group, PREFIX},
    hierarchy::{Hierarchy, hierarchies},
    parent::CgroupParent,
};

/// What a job's group of version 2 must be able to limit.
const CONTROLLERS: [&str; 2] = ["memory", "pids"];

/// Find where groups with a memory limit can be made, by making one. `client` is the process that this
/// supervisor works for.
pub(crate) fn find(client: i32) -> Result<CgroupParent, String> {
    let read = |path| fs::read_to_string(path).map_err(|error| format!("{path}: {error}"));
    let mounts = read("/proc/self/mountinfo")?;
    let own = read("/proc/self/cgroup")?;
    let mut reasons = Vec::new();
    for candidate in candidates(&mounts, &own) {
        for parent in candidate.folders() {
            // The kernel refuses to remove a group that has anything in it.
            sweep(parent, PREFIX, |group| fs::remove_dir(group));
        }
        if let CgroupParent::V2(parent) = &candidate
            && let Err(error) = open_to_limits(parent, &CONTROLLERS, &ourselves(client))
        {
            reasons.push(format!("`{}`: {error}", parent.display()));
            continue;
        }
        match Group::make(&candidate, 1 << 30, 64) {
            Ok(group) if group.limits_memory() => match group.remove() {
                Ok(()) => return Ok(candidate),
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

/// The parents to try, from what `mountinfo` says is mounted and from the groups this process is in.
pub(crate) fn candidates(mounts: &str, own: &str) -> Vec<CgroupParent> {
    let mut parents = Vec::new();
    let (mut memory, mut tasks, mut cpu) = (None, None, None);
    for Hierarchy {
        is_v2,
        controllers,
        top,
        own,
    } in hierarchies(mounts, own)
    {
        if is_v2 {
            // Try our own group first, or the one above it if we have moved ourselves; then the topmost.
            let moved = own
                .file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with(PREFIX));
            let above = own
                .parent()
                .filter(|above| moved && above.starts_with(&top));
            let all = [above.map(Path::to_path_buf), Some(own), Some(top)];
            for parent in all.into_iter().flatten().map(CgroupParent::V2) {
                if !parents.contains(&parent) {
                    parents.push(parent);
                }
            }
            continue;
        }
        for (controller, folder) in [
            ("memory", &mut memory),
            ("pids", &mut tasks),
            ("cpuacct", &mut cpu),
        ] {
            if controllers.iter().any(|name| name == controller) {
                *folder = Some(own.clone());
            }
        }
    }
    if memory.is_some() {
        parents.push(CgroupParent::V1 { memory, tasks, cpu });
    }
    parents
}

/// The processes that may be moved: this supervisor, the zygote that it is a copy of, and the client.
/// Supervisors that the zygote makes later are in the zygote's group from their start.
fn ourselves(client: i32) -> Vec<i32> {
    let parent = rustix::process::getppid().map(|pid| pid.as_raw_nonzero().get());
    let own = rustix::process::getpid().as_raw_nonzero().get();
    parent.into_iter().chain([own, client]).collect()
}

/// Let `controllers` limit the groups below `parent`. Moves our own processes out of `parent` first, if there
/// are any in it.
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
    // Only the topmost group has no type. Processes that are in no other group are in it.
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
        // The lock keeps other supervisors from removing the group before we are in it.
        let own = LockedFolder::make(parent, PREFIX, FOLDER_MODE)?;
        for pid in inside {
            fs::write(own.path().join("cgroup.procs"), pid.to_string())?;
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
            [CgroupParent::V1 {
                memory: Some("/sys/fs/cgroup/memory/a/b".into()),
                tasks: None,
                cpu: Some("/sys/fs/cgroup/cpu,cpuacct/".into()),
            }]
        );
        let v2 = "30 20 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n";
        assert_eq!(
            candidates(v2, own),
            [
                CgroupParent::V2("/sys/fs/cgroup/c".into()),
                CgroupParent::V2("/sys/fs/cgroup".into())
            ]
        );
        assert_eq!(candidates("nonsense - \n-\n", ""), []);
    }

    #[test]
    fn the_process_that_made_this_one_may_be_moved() {
        let own = std::process::id().cast_signed();
        let parent = rustix::process::getppid().unwrap().as_raw_nonzero().get();
        let all = ourselves(7);
        assert!(
            [own, parent, 7].iter().all(|pid| all.contains(pid)),
            "{all:?}"
        );
    }

    #[test]
    fn a_program_that_has_moved_itself_makes_groups_beside_its_own() {
        let v2 = "30 20 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n";
        let parents = candidates(v2, "0::/user/our.scope/sandbox-0123456789abcdef\n");
        let first = CgroupParent::V2("/sys/fs/cgroup/user/our.scope".into());
        assert_eq!(parents.first(), Some(&first));
        assert_eq!(parents.len(), 3);
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
        // The kernel takes one number after the other; an ordinary file keeps the last one.
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
