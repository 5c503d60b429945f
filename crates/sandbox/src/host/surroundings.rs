//! What the surroundings of this process leave to its jobs: the control groups above it, which a container, a
//! service or a batch system has made, the limits of its user, and the machine.
//!
//! # Theory of operation
//!
//! A limit above us is shared: it holds for us, for all jobs together and for whatever else runs in the same
//! group. So a limit says little without what is used of it already, and [`Allowed`] has both. Of all limits on
//! one resource, the one that leaves the least counts.
//!
//! While a job runs that has no group of its own, [`Above`] tells whether one of the groups above refused a
//! process or a thread. In version 2, `pids.events.local` counts in the group whose limit it was, since Linux
//! 6.11. Elsewhere `pids.events` counts in the group of the process that was refused, which is ours.
//!
//! Never limits anything, and never decides what follows from a limit.

use std::{
    fs,
    num::NonZeroUsize,
    path::{Path, PathBuf},
};

use rustix::process::{Resource, getrlimit};
use serde::{Deserialize, Serialize};

use crate::{
    accounting::procfs,
    host::{
        batch_job::BatchJob,
        cgroup::hierarchy::{Hierarchy, hierarchies},
    },
};

/// A limit of version 1 from here on is none: the kernel shows the largest number of pages, in bytes.
const NO_LIMIT: u64 = 1 << 60;

/// Variables that engines and Kubernetes set in a container. Its files may be hidden, as by an empty `/run` where the
/// root folder is read-only.
const CONTAINERS: [&str; 2] = ["container", "KUBERNETES_SERVICE_HOST"];

/// Whose limit it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LimitOf {
    /// A control group, by its folder.
    Group(PathBuf),
    /// This user: `RLIMIT_NPROC`.
    User,
    /// The batch system, by what it gave to the job.
    BatchSystem,
    /// The whole machine.
    Machine,
}

/// How much of a resource is allowed to all jobs together and to others beside them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    /// Whose limit it is.
    pub by: LimitOf,
    /// The limit: bytes, or processes and threads.
    pub most: u64,
    /// How much of it was in use when this was read.
    pub used: u64,
}

impl Allowed {
    /// How much is left.
    #[must_use]
    pub fn free(&self) -> u64 {
        self.most.saturating_sub(self.used)
    }
}

/// In what kind of place this program runs, where that decides what helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// An ordinary machine.
    Machine,
    /// A container, of Docker, Podman, Kubernetes or another.
    Container,
    /// The Windows Subsystem for Linux.
    Wsl,
    /// A job of a batch system, such as Slurm.
    BatchJob,
}

/// What the surroundings of this process leave to its jobs.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Surroundings {
    /// Where this program runs.
    pub place: Place,
    /// Processes and threads. `None` if nothing was found that limits them.
    pub tasks: Option<Allowed>,
    /// Bytes of memory. Files that the kernel can drop from memory do not count as used.
    pub memory: Option<Allowed>,
    /// How many processors may be used at once, by the quota of a group or of a batch system. `None` if there is
    /// none.
    pub processors: Option<NonZeroUsize>,
    /// The job of a batch system in which this program runs, in a container or not.
    pub job: Option<BatchJob>,
}

/// Find out what the surroundings leave to jobs.
#[must_use]
pub fn surroundings() -> Surroundings {
    let mut found = Surroundings::read(Path::new("/"), user_tasks());
    found.place = here();
    match BatchJob::of_this_process() {
        Some(job) => found.within(job),
        None => found,
    }
}

/// In what kind of place this program runs.
pub(crate) fn here() -> Place {
    let is_set = |name: &str| std::env::var_os(name).is_some();
    named(
        place(Path::new("/")),
        is_set,
        BatchJob::of_this_process().is_some(),
    )
}

/// The place where files tell nothing and variables do.
fn named(place: Place, is_set: impl Fn(&str) -> bool, is_batch_job: bool) -> Place {
    match place {
        Place::Machine if CONTAINERS.into_iter().any(is_set) => Place::Container,
        Place::Machine if is_batch_job => Place::BatchJob,
        place => place,
    }
}

/// The limit on the tasks of this user. `None` if there is none; there is none for root.
pub(crate) fn user_tasks() -> Option<Allowed> {
    if rustix::process::getuid().is_root() {
        return None;
    }
    let most = getrlimit(Resource::Nproc).maximum?;
    let by = LimitOf::User;
    let used = procfs::tasks_of_user().ok()?;
    Some(Allowed { by, most, used })
}

impl Surroundings {
    /// As the files below `root` tell.
    fn read(root: &Path, user_tasks: Option<Allowed>) -> Self {
        let found = found(root);
        let of = |controller: &'static str| {
            let having = found.iter().filter(move |one| one.has(controller));
            having.flat_map(|one| one.groups().map(|group| (one.is_v2, inside(root, group))))
        };
        let tasks = of("pids").filter_map(|(_, group)| tasks_of_group(&group));
        let memory = of("memory").filter_map(|(is_v2, group)| memory_of_group(is_v2, &group));
        let quotas = of("cpu").filter_map(|(is_v2, group)| processors(is_v2, &group));
        Self {
            place: place(root),
            tasks: least(tasks.chain(user_tasks)),
            memory: least(memory.chain(memory_of_machine(root))),
            processors: quotas.min(),
            job: None,
        }
    }

    /// The same, with what a batch system gave to the job. It does not always keep the job to it, so no group may
    /// tell.
    fn within(self, job: BatchJob) -> Self {
        // How much of it is in use, nobody tells. A job begins with nothing.
        let given = job.memory.map(|most| Allowed {
            by: LimitOf::BatchSystem,
            most,
            used: 0,
        });
        Self {
            memory: least(self.memory.into_iter().chain(given)),
            processors: self.processors.into_iter().chain(job.processors).min(),
            job: Some(job),
            ..self
        }
    }
}

fn place(root: &Path) -> Place {
    let is_there = |path: &str| root.join(path).exists();
    let kernel = fs::read_to_string(root.join("proc/sys/kernel/osrelease")).unwrap_or_default();
    // Each engine makes one of these files; Kubernetes mounts a folder with the account of the pod.
    let marks = [
        ".dockerenv",
        "run/.containerenv",
        "run/systemd/container",
        "run/secrets/kubernetes.io",
    ];
    if marks.into_iter().any(is_there) {
        Place::Container
    } else if kernel.to_lowercase().contains("microsoft") {
        Place::Wsl
    } else {
        Place::Machine
    }
}

/// The groups above this process that may keep something from its jobs. The first of each list is the group of
/// this process.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Above {
    tasks: Vec<PathBuf>,
    /// The groups with whether they are of version 2.
    memory: Vec<(bool, PathBuf)>,
}

impl Above {
    /// Find them.
    pub(crate) fn find() -> Self {
        Self::below(Path::new("/"))
    }

    /// Groups that limit tasks and nothing else.
    #[cfg(test)]
    pub(crate) fn of_tasks(tasks: Vec<PathBuf>) -> Self {
        let memory = Vec::new();
        Self { tasks, memory }
    }

    fn below(root: &Path) -> Self {
        let found = found(root);
        let groups = |one: &Hierarchy, file: &str| -> Vec<PathBuf> {
            let groups = one.groups().map(|group| inside(root, group));
            groups.filter(|group| group.join(file).exists()).collect()
        };
        let mut above = Self::default();
        for one in &found {
            if one.has("pids") && above.tasks.is_empty() {
                above.tasks = groups(one, "pids.events");
            }
            if one.has("memory") {
                let file = memory_files(one.is_v2).0;
                let folders = groups(one, file).into_iter();
                above.memory.extend(folders.map(|group| (one.is_v2, group)));
            }
        }
        above
    }

    /// How often one of these groups has refused to let a process or a thread be made.
    pub(crate) fn refused_tasks(&self) -> u64 {
        let count =
            |(index, group): (usize, &PathBuf)| match value(group, "pids.events.local", "max") {
                Some(count) => Some(count),
                None if index == 0 => value(group, "pids.events", "max"),
                // Counts the processes that are in this very group, and none of ours is.
                None => None,
            };
        let counts = self.tasks.iter().enumerate().filter_map(count);
        counts.fold(0, u64::saturating_add)
    }

    /// The group that leaves the fewest processes and threads to us.
    pub(crate) fn tasks(&self) -> Option<Allowed> {
        least(self.tasks.iter().filter_map(|group| tasks_of_group(group)))
    }

    /// What leaves the least memory to us: one of these groups, or the machine.
    pub(crate) fn memory(&self) -> Option<Allowed> {
        let groups = self.memory.iter();
        let groups = groups.filter_map(|(is_v2, group)| memory_of_group(*is_v2, group));
        least(groups.chain(memory_of_machine(Path::new("/"))))
    }
}

fn found(root: &Path) -> Vec<Hierarchy> {
    let read = |path: &str| fs::read_to_string(root.join(path)).unwrap_or_default();
    hierarchies(&read("proc/self/mountinfo"), &read("proc/self/cgroup"))
}

/// A path of the machine as it is below `root`.
fn inside(root: &Path, path: &Path) -> PathBuf {
    root.join(path.strip_prefix("/").unwrap_or(path))
}

fn least(all: impl Iterator<Item = Allowed>) -> Option<Allowed> {
    all.min_by_key(Allowed::free)
}

fn tasks_of_group(group: &Path) -> Option<Allowed> {
    Some(Allowed {
        by: LimitOf::Group(group.to_path_buf()),
        // `max`, which is no number, is no limit.
        most: number(group, "pids.max")?,
        used: number(group, "pids.current").unwrap_or(0),
    })
}

/// The names of the files with the limit, with what is used, and the key of the files that can be dropped.
const fn memory_files(is_v2: bool) -> (&'static str, &'static str, &'static str) {
    if is_v2 {
        ("memory.max", "memory.current", "inactive_file")
    } else {
        (
            "memory.limit_in_bytes",
            "memory.usage_in_bytes",
            "total_inactive_file",
        )
    }
}

fn memory_of_group(is_v2: bool, group: &Path) -> Option<Allowed> {
    let (limit, usage, droppable) = memory_files(is_v2);
    let most = number(group, limit).filter(|&most| most < NO_LIMIT)?;
    let used = number(group, usage).unwrap_or(0);
    let droppable = value(group, "memory.stat", droppable).unwrap_or(0);
    Some(Allowed {
        by: LimitOf::Group(group.to_path_buf()),
        most,
        used: used.saturating_sub(droppable),
    })
}

fn memory_of_machine(root: &Path) -> Option<Allowed> {
    let text = fs::read_to_string(root.join("proc/meminfo")).ok()?;
    let bytes = |key: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(key))?;
        let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        kib.checked_mul(1 << 10)
    };
    let most = bytes("MemTotal:")?;
    let available = bytes("MemAvailable:")?;
    Some(Allowed {
        by: LimitOf::Machine,
        most,
        used: most.saturating_sub(available),
    })
}

/// The whole processors that the quota of a group allows, at least one.
fn processors(is_v2: bool, group: &Path) -> Option<NonZeroUsize> {
    let (quota, period) = if is_v2 {
        let text = fs::read_to_string(group.join("cpu.max")).ok()?;
        let mut fields = text.split_whitespace().map(str::parse::<u64>);
        (fields.next()?.ok()?, fields.next()?.ok()?)
    } else {
        // -1 is no quota.
        let quota = number(group, "cpu.cfs_quota_us")?;
        (quota, number(group, "cpu.cfs_period_us")?)
    };
    let whole = usize::try_from(quota.checked_div(period)?).ok()?;
    Some(NonZeroUsize::new(whole).unwrap_or(NonZeroUsize::MIN))
}

fn number(folder: &Path, file: &str) -> Option<u64> {
    let text = fs::read_to_string(folder.join(file)).ok()?;
    text.trim().parse().ok()
}

/// The number after `key` in a file of such pairs.
fn value(folder: &Path, file: &str, key: &str) -> Option<u64> {
    let text = fs::read_to_string(folder.join(file)).ok()?;
    text.lines().find_map(|line| {
        let rest = line.strip_prefix(key)?.strip_prefix(' ')?;
        rest.trim().parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A root folder with these files.
    fn root(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        root
    }

    const MEMINFO: (&str, &str) = (
        "proc/meminfo",
        "MemTotal:       8388608 kB\nMemFree: 1 kB\nMemAvailable:    4194304 kB\n",
    );

    fn summary(allowed: Option<Allowed>, root: &Path) -> Option<(String, u64, u64)> {
        allowed.map(|allowed| {
            let by = match &allowed.by {
                LimitOf::Group(group) => {
                    format!("/{}", group.strip_prefix(root).unwrap().display())
                }
                other => format!("{other:?}"),
            };
            (by, allowed.most, allowed.free())
        })
    }

    #[test]
    fn a_container_whose_files_are_hidden_is_known_by_its_variables() {
        let of = |place, set: &str, is_job| named(place, |name| name == set, is_job);
        assert_eq!(of(Place::Machine, "", false), Place::Machine);
        assert_eq!(of(Place::Machine, "", true), Place::BatchJob);
        for name in CONTAINERS {
            assert_eq!(of(Place::Machine, name, false), Place::Container);
            assert_eq!(of(Place::Machine, name, true), Place::Container);
            assert_eq!(of(Place::Wsl, name, false), Place::Wsl);
        }
    }

    #[test]
    fn in_a_container_of_version_1_the_mount_point_has_its_limits() {
        let root = root(&[
            MEMINFO,
            ("run/.containerenv", ""),
            (
                "proc/self/mountinfo",
                "1 0 0:1 /pod/c1 /sys/fs/cgroup/pids ro - cgroup cgroup rw,pids\n\
                 2 0 0:2 /pod/c1 /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n\
                 3 0 0:3 /pod/c1 /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu,cpuacct\n",
            ),
            (
                "proc/self/cgroup",
                "3:cpu,cpuacct:/pod/c1\n2:memory:/pod/c1\n1:pids:/pod/c1\n",
            ),
            ("sys/fs/cgroup/pids/pids.max", "256\n"),
            ("sys/fs/cgroup/pids/pids.current", "6\n"),
            ("sys/fs/cgroup/pids/pids.events", "max 3\n"),
            ("sys/fs/cgroup/memory/memory.limit_in_bytes", "536870912\n"),
            ("sys/fs/cgroup/memory/memory.usage_in_bytes", "200000000\n"),
            (
                "sys/fs/cgroup/memory/memory.stat",
                "inactive_file 5\ntotal_inactive_file 150000000\n",
            ),
            ("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "150000\n"),
            ("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"),
        ]);
        let found = Surroundings::read(root.path(), None);
        assert_eq!(found.place, Place::Container);
        let tasks = summary(found.tasks, root.path());
        assert_eq!(tasks, Some(("/sys/fs/cgroup/pids".into(), 256, 250)));
        let memory = summary(found.memory, root.path());
        let free = 536_870_912 - 50_000_000;
        assert_eq!(
            memory,
            Some(("/sys/fs/cgroup/memory".into(), 536_870_912, free))
        );
        assert_eq!(found.processors, NonZeroUsize::new(1));
        assert_eq!(Above::below(root.path()).refused_tasks(), 3);
    }

    #[test]
    fn in_version_2_the_group_above_that_leaves_the_least_counts() {
        let root = root(&[
            MEMINFO,
            (
                "proc/self/mountinfo",
                "1 0 0:1 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
            ),
            ("proc/self/cgroup", "0::/user/shell\n"),
            ("sys/fs/cgroup/user/shell/pids.max", "max\n"),
            ("sys/fs/cgroup/user/shell/pids.events", "max 7\n"),
            ("sys/fs/cgroup/user/pids.max", "1000\n"),
            ("sys/fs/cgroup/user/pids.current", "900\n"),
            ("sys/fs/cgroup/user/pids.events", "max 50\n"),
            ("sys/fs/cgroup/user/shell/memory.max", "3221225472\n"),
            ("sys/fs/cgroup/user/shell/memory.current", "0\n"),
            ("sys/fs/cgroup/user/memory.max", "max\n"),
            ("sys/fs/cgroup/user/shell/cpu.max", "max 100000\n"),
            ("sys/fs/cgroup/user/cpu.max", "400000 100000\n"),
        ]);
        let found = Surroundings::read(root.path(), None);
        assert_eq!(found.place, Place::Machine);
        let tasks = summary(found.tasks, root.path());
        assert_eq!(tasks, Some(("/sys/fs/cgroup/user".into(), 1000, 100)));
        let memory = summary(found.memory, root.path());
        let group = "/sys/fs/cgroup/user/shell".to_owned();
        assert_eq!(memory, Some((group, 3 << 30, 3 << 30)));
        assert_eq!(found.processors, NonZeroUsize::new(4));
        // Before Linux 6.11: what the group above counts is about processes that are in it and not in ours.
        let above = Above::below(root.path());
        assert_eq!(above.refused_tasks(), 7);
        assert_eq!(above.tasks().map(|tasks| tasks.free()), Some(100));
        // Since then, each group counts how often it refused.
        let user = root.path().join("sys/fs/cgroup/user");
        fs::write(user.join("pids.events.local"), "max 2\n").unwrap();
        fs::write(user.join("shell/pids.events.local"), "max 0\n").unwrap();
        assert_eq!(Above::below(root.path()).refused_tasks(), 2);
    }

    #[test]
    fn without_groups_the_user_and_the_machine_limit() {
        let root = root(&[
            MEMINFO,
            (
                "proc/sys/kernel/osrelease",
                "5.15.0-microsoft-standard-WSL2\n",
            ),
        ]);
        let user = Allowed {
            by: LimitOf::User,
            most: 4096,
            used: 5000,
        };
        let found = Surroundings::read(root.path(), Some(user));
        assert_eq!(found.place, Place::Wsl);
        assert_eq!(
            summary(found.tasks, root.path()),
            Some(("User".into(), 4096, 0))
        );
        let memory = summary(found.memory, root.path());
        assert_eq!(memory, Some(("Machine".into(), 8 << 30, 4 << 30)));
        assert_eq!(found.processors, None);
        let nothing = Surroundings::read(Path::new("/nonexistent"), None);
        assert_eq!((nothing.tasks, nothing.memory), (None, None));
    }

    #[test]
    fn of_the_groups_and_the_batch_system_the_one_that_leaves_the_least_counts() {
        let root = root(&[
            MEMINFO,
            (
                "proc/self/mountinfo",
                "1 0 0:1 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
            ),
            ("proc/self/cgroup", "0::/job\n"),
            ("sys/fs/cgroup/job/memory.max", "2147483648\n"),
            ("sys/fs/cgroup/job/cpu.max", "400000 100000\n"),
        ]);
        let within = |processors: usize, memory: Option<u64>| {
            let job = BatchJob::of(NonZeroUsize::new(processors), memory);
            let found = Surroundings::read(root.path(), None).within(job.clone());
            assert_eq!(found.job, Some(job));
            let memory = found.memory.map(|memory| (memory.by, memory.most >> 20));
            (found.processors.map_or(0, NonZeroUsize::get), memory)
        };
        let group = LimitOf::Group(root.path().join("sys/fs/cgroup/job"));
        assert_eq!(within(2, None), (2, Some((group.clone(), 2048))));
        let less = within(8, Some(1 << 30));
        assert_eq!(less, (4, Some((LimitOf::BatchSystem, 1024))));
        assert_eq!(within(8, Some(3 << 30)), (4, Some((group, 2048))));
    }

    proptest! {
        /// The files of a group may have any text; nothing panics, and no limit is read from what is no number.
        #[test]
        fn any_text_in_a_file_of_a_group_is_read(text in "([0-9]{1,25}|max|-1|[ -~\n]{0,30})( [0-9]{0,25})?") {
            let root = root(&[
                ("proc/self/mountinfo", "1 0 0:1 / /c rw - cgroup2 none rw\n"),
                ("proc/self/cgroup", "0::/\n"),
                ("c/pids.max", &text), ("c/memory.max", &text), ("c/cpu.max", &text), ("c/memory.stat", &text),
            ]);
            let found = Surroundings::read(root.path(), None);
            let is_number = text.trim().parse::<u64>().is_ok();
            prop_assert_eq!(found.tasks.is_some(), is_number);
            prop_assert!(found.memory.is_none() || is_number);
        }
    }
}
