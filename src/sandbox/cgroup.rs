//! Control groups: exact limits and exact accounts of a whole tree of processes, where we may make them.
//!
//! Version 1 has a hierarchy per controller, version 2 one for all. Either is used only where groups can
//! be made below one that is there; nothing above a job's own group is ever changed, and no process but
//! the job's is moved.
//!
//! Moving a process from outside waits for every processor, 7 to 20 ms for each controller. So the new
//! process moves itself, as one thread (version 1: 0.07 ms), or is born inside (version 2).

use std::{
    fs, io,
    io::Write as _,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::fs::{Mode, OFlags};
use serde::{Deserialize, Serialize};

use crate::evidence::MemoryBy;

/// Where groups can be made, as found by probing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Place {
    /// One folder for all controllers.
    V2(PathBuf),
    /// A folder for each controller that can be used.
    V1 {
        memory: Option<PathBuf>,
        tasks: Option<PathBuf>,
        cpu: Option<PathBuf>,
    },
}

/// Find where groups with a memory limit can be made, by making one.
pub(super) fn find() -> Result<Place, String> {
    let read = |path| fs::read_to_string(path).map_err(|error| format!("{path}: {error}"));
    let mounts = read("/proc/self/mountinfo")?;
    let own = read("/proc/self/cgroup")?;
    let mut reasons = Vec::new();
    for place in candidates(&mounts, &own) {
        let name = format!("grade-probe-{}", std::process::id());
        match Group::make(&place, &name, 1 << 30, 64) {
            Ok(group) if group.memory.is_some() => match group.remove() {
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
pub(super) fn candidates(mounts: &str, own: &str) -> Vec<Place> {
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
                // In our own group, if it may have groups below it; else in the topmost.
                if let Some(own) = own_path("").filter(|own| !own.is_empty()) {
                    one_for_all.push(Place::V2(point.join(own)));
                }
                one_for_all.push(Place::V2(point.to_path_buf()));
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

/// Whose memory has run out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Want {
    /// The job used all that it may.
    OfTheJob,
    /// Others used all that there is.
    OfTheMachine,
}

/// The groups of one job. Removed by [`Group::remove`], which proves that they are empty.
#[derive(Debug)]
pub(super) struct Group {
    version: MemoryBy,
    memory: Option<PathBuf>,
    tasks: Option<PathBuf>,
    cpu: Option<PathBuf>,
}

impl Group {
    /// Make a job's groups. A controller that cannot be limited is left out; memory must work.
    pub(super) fn make(
        place: &Place,
        name: &str,
        memory_bytes: u64,
        tasks: u64,
    ) -> io::Result<Self> {
        let mut group = Self {
            version: MemoryBy::CgroupV1,
            memory: None,
            tasks: None,
            cpu: None,
        };
        match group.fill(place, name, memory_bytes, tasks) {
            Ok(()) => Ok(group),
            Err(error) => {
                let _ = group.remove();
                Err(error)
            }
        }
    }

    fn fill(&mut self, place: &Place, name: &str, memory_bytes: u64, most: u64) -> io::Result<()> {
        match place {
            Place::V2(parent) => {
                self.version = MemoryBy::CgroupV2;
                let enabled = fs::read_to_string(parent.join("cgroup.subtree_control"))?;
                if !["memory", "pids"]
                    .iter()
                    .all(|c| enabled.split_whitespace().any(|e| e == *c))
                {
                    return Err(io::Error::other(format!(
                        "`{}` does not delegate its memory and pids controllers",
                        parent.display()
                    )));
                }
                let folder = make_folder(parent, name)?;
                self.memory = Some(folder.clone());
                self.tasks = Some(folder.clone());
                self.cpu = Some(folder.clone());
                write(&folder, "memory.max", memory_bytes)?;
                // Absent where there is no swap.
                let _ = write(&folder, "memory.swap.max", 0);
                let _ = write(&folder, "memory.oom.group", 1);
                write(&folder, "pids.max", most)?;
            }
            Place::V1 { memory, tasks, cpu } => {
                if let Some(parent) = memory {
                    let folder = make_folder(parent, name)?;
                    self.memory = Some(folder.clone());
                    write(&folder, "memory.limit_in_bytes", memory_bytes)?;
                    let _ = write(&folder, "memory.memsw.limit_in_bytes", memory_bytes);
                }
                if let Some(parent) = tasks
                    && let Ok(folder) = make_folder(parent, name)
                {
                    self.tasks = Some(folder.clone());
                    write(&folder, "pids.max", most)?;
                }
                if let Some(parent) = cpu {
                    self.cpu = make_folder(parent, name).ok();
                }
            }
        }
        Ok(())
    }

    pub(super) fn version(&self) -> MemoryBy {
        self.version
    }

    pub(super) fn limits_tasks(&self) -> bool {
        self.tasks.is_some()
    }

    pub(super) fn accounts_cpu(&self) -> bool {
        self.cpu.is_some()
    }

    fn folders(&self) -> Vec<&PathBuf> {
        let mut folders: Vec<_> = [&self.memory, &self.tasks, &self.cpu]
            .into_iter()
            .flatten()
            .collect();
        folders.dedup();
        folders
    }

    /// The group to be born in, where processes can be.
    pub(super) fn birthplace(&self) -> io::Result<Option<OwnedFd>> {
        match (&self.version, &self.memory) {
            (MemoryBy::CgroupV2, Some(folder)) => {
                let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
                Ok(Some(rustix::fs::open(folder, flags, Mode::empty())?))
            }
            _ => Ok(None),
        }
    }

    /// Files into which a new process writes `0` to move itself in.
    pub(super) fn doors(&self) -> io::Result<Vec<fs::File>> {
        if self.version == MemoryBy::CgroupV2 {
            return Ok(Vec::new());
        }
        let open = |folder: &&PathBuf| fs::File::options().write(true).open(folder.join("tasks"));
        self.folders().iter().map(open).collect()
    }

    /// Move this thread, the only one of its process, through the doors.
    pub(super) fn enter(doors: Vec<fs::File>) -> io::Result<()> {
        for mut door in doors {
            door.write_all(b"0")?;
        }
        Ok(())
    }

    /// Processor time so far, of all that ever were in it.
    pub(super) fn cpu(&self) -> Option<Duration> {
        let folder = self.cpu.as_ref()?;
        if self.version == MemoryBy::CgroupV2 {
            value(folder, "cpu.stat", "usage_usec").map(Duration::from_micros)
        } else {
            number(folder, "cpuacct.usage").map(Duration::from_nanos)
        }
    }

    /// Most memory held at once.
    pub(super) fn peak_memory(&self) -> Option<u64> {
        let folder = self.memory.as_ref()?;
        if self.version == MemoryBy::CgroupV2 {
            // `memory.peak` is there since Linux 5.19.
            number(folder, "memory.peak")
        } else {
            number(folder, "memory.max_usage_in_bytes")
        }
    }

    /// Whose memory had run out when the kernel killed a process in it, if it did.
    pub(super) fn out_of_memory(&self) -> Option<Want> {
        let folder = self.memory.as_ref()?;
        let (kills, at_the_limit) = if self.version == MemoryBy::CgroupV2 {
            let event = |key| value(folder, "memory.events", key);
            (event("oom_kill"), event("max"))
        } else {
            let kills = value(folder, "memory.oom_control", "oom_kill");
            (kills, number(folder, "memory.failcnt"))
        };
        match (kills, at_the_limit) {
            (None | Some(0), _) => None,
            // It had never come to its own limit.
            (Some(_), Some(0)) => Some(Want::OfTheMachine),
            (Some(_), _) => Some(Want::OfTheJob),
        }
    }

    /// Whether a process or thread could not be made because there were too many.
    pub(super) fn out_of_tasks(&self) -> bool {
        let events = |folder| value(folder, "pids.events", "max");
        self.tasks
            .as_deref()
            .and_then(events)
            .is_some_and(|hits| hits > 0)
    }

    /// Processes and threads now.
    pub(super) fn tasks_now(&self) -> Option<u64> {
        number(self.tasks.as_ref()?, "pids.current")
    }

    /// Remove the groups. The kernel refuses while anything is in them.
    pub(super) fn remove(&self) -> io::Result<()> {
        for folder in self.folders() {
            let mut patience = 2000;
            while let Err(error) = fs::remove_dir(folder) {
                match error.kind() {
                    io::ErrorKind::NotFound => break,
                    // What has just died leaves a moment later.
                    io::ErrorKind::ResourceBusy if patience > 0 => patience -= 1,
                    _ => {
                        return Err(io::Error::new(
                            error.kind(),
                            format!("failed to remove the group `{}`: {error}", folder.display()),
                        ));
                    }
                }
                std::thread::sleep(Duration::from_micros(500));
            }
        }
        Ok(())
    }
}

fn make_folder(parent: &Path, name: &str) -> io::Result<PathBuf> {
    let folder = parent.join(name);
    fs::create_dir(&folder).map_err(|error| {
        io::Error::new(
            error.kind(),
            format!("failed to make a group in `{}`: {error}", parent.display()),
        )
    })?;
    Ok(folder)
}

fn write(folder: &Path, file: &str, value: u64) -> io::Result<()> {
    fs::write(folder.join(file), value.to_string())
}

fn number(folder: &Path, file: &str) -> Option<u64> {
    fs::read_to_string(folder.join(file))
        .ok()?
        .trim()
        .parse()
        .ok()
}

/// The number after `key` in a file of such pairs.
fn value(folder: &Path, file: &str, key: &str) -> Option<u64> {
    let text = fs::read_to_string(folder.join(file)).ok()?;
    text.lines().find_map(|line| {
        line.strip_prefix(key)?
            .strip_prefix(' ')?
            .trim()
            .parse()
            .ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kill_for_want_of_memory_says_whose_memory() {
        let folder = tempfile::tempdir().unwrap();
        let group = |version| Group {
            version,
            memory: Some(folder.path().to_path_buf()),
            tasks: None,
            cpu: None,
        };
        let write = |file: &str, text: &str| fs::write(folder.path().join(file), text).unwrap();
        for (events, want) in [
            (
                "low 0\nhigh 0\nmax 7\noom 1\noom_kill 1\n",
                Some(Want::OfTheJob),
            ),
            (
                "low 0\nhigh 0\nmax 0\noom 0\noom_kill 1\n",
                Some(Want::OfTheMachine),
            ),
            ("low 0\nhigh 0\nmax 9\noom 0\noom_kill 0\n", None),
        ] {
            write("memory.events", events);
            assert_eq!(group(MemoryBy::CgroupV2).out_of_memory(), want);
        }
        for (kills, failures, want) in [
            (1, 3, Some(Want::OfTheJob)),
            (1, 0, Some(Want::OfTheMachine)),
            (0, 3, None),
        ] {
            let control = format!("oom_kill_disable 0\nunder_oom 0\noom_kill {kills}\n");
            write("memory.oom_control", &control);
            write("memory.failcnt", &format!("{failures}\n"));
            assert_eq!(group(MemoryBy::CgroupV1).out_of_memory(), want);
        }
    }

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
}
