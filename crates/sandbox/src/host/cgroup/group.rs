//! The control groups of one job: they limit and count what it uses, and tell who exhausted memory or tasks.

use std::{
    fs, io,
    io::Write as _,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    time::Duration,
};

use evidence::MemoryBy;
use fs_scratch::LockedFolder;
use rustix::fs::{Mode, OFlags};

use super::parent::CgroupParent;
use crate::error::Failure;

/// The names of our groups begin with this, and those of no others.
pub(super) const PREFIX: &str = "sandbox-";

/// The mode of a group's folder, as of every group: anybody may read what it uses.
pub(super) const FOLDER_MODE: u32 = 0o755;

/// Who exhausted memory, or processes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ExhaustedBy {
    /// The job used all that it may.
    Job,
    /// Other processes used all that the machine has, or all of what they share with the job.
    Machine,
    /// As `Machine`, and it is known whose limit it was, in words.
    Limit(String),
}

/// The groups of one job. Removed by [`Group::remove`], which proves that they are empty.
#[derive(Debug)]
pub(crate) struct Group {
    version: MemoryBy,
    memory: Option<PathBuf>,
    tasks: Option<PathBuf>,
    cpu: Option<PathBuf>,
    /// The folders of the groups, locked for as long as this process lives.
    locked: Vec<LockedFolder>,
}

impl Group {
    /// Make a job's groups. A controller that cannot be limited is left out; memory must work.
    pub(crate) fn make(
        parent: &CgroupParent,
        memory_bytes: u64,
        tasks: u64,
    ) -> Result<Self, Failure> {
        let mut group = Self {
            version: MemoryBy::CgroupV1,
            memory: None,
            tasks: None,
            cpu: None,
            locked: Vec::new(),
        };
        match group.fill(parent, memory_bytes, tasks) {
            Ok(()) => Ok(group),
            Err(error) => {
                let _ = group.remove();
                Err(error)
            }
        }
    }

    fn fill(
        &mut self,
        parent: &CgroupParent,
        memory_bytes: u64,
        tasks: u64,
    ) -> Result<(), Failure> {
        match parent {
            CgroupParent::V2(parent) => {
                self.version = MemoryBy::CgroupV2;
                let folder = self.make_folder(parent)?;
                self.memory = Some(folder.clone());
                self.tasks = Some(folder.clone());
                self.cpu = Some(folder.clone());
                write(&folder, "memory.max", memory_bytes)?;
                // Absent where there is no swap.
                let _ = write(&folder, "memory.swap.max", 0);
                let _ = write(&folder, "memory.oom.group", 1);
                write(&folder, "pids.max", tasks)?;
            }
            CgroupParent::V1 {
                memory,
                tasks: tasks_parent,
                cpu,
            } => {
                if let Some(parent) = memory {
                    let folder = self.make_folder(parent)?;
                    self.memory = Some(folder.clone());
                    write(&folder, "memory.limit_in_bytes", memory_bytes)?;
                    let _ = write(&folder, "memory.memsw.limit_in_bytes", memory_bytes);
                }
                if let Some(parent) = tasks_parent
                    && let Ok(folder) = self.make_folder(parent)
                {
                    self.tasks = Some(folder.clone());
                    write(&folder, "pids.max", tasks)?;
                }
                if let Some(parent) = cpu {
                    self.cpu = self.make_folder(parent).ok();
                }
            }
        }
        Ok(())
    }

    fn make_folder(&mut self, parent: &Path) -> Result<PathBuf, Failure> {
        let folder = LockedFolder::make(parent, PREFIX, FOLDER_MODE)
            .map_err(Failure::at("make a control group in", parent))?;
        let path = folder.path().to_owned();
        self.locked.push(folder);
        Ok(path)
    }

    pub(crate) fn version(&self) -> MemoryBy {
        self.version
    }

    pub(crate) fn limits_tasks(&self) -> bool {
        self.tasks.is_some()
    }

    pub(super) fn limits_memory(&self) -> bool {
        self.memory.is_some()
    }

    pub(crate) fn accounts_cpu(&self) -> bool {
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

    /// The group that a new process can be cloned into, in version 2.
    pub(crate) fn clone_target(&self) -> io::Result<Option<OwnedFd>> {
        match (&self.version, &self.memory) {
            (MemoryBy::CgroupV2, Some(folder)) => {
                let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
                Ok(Some(rustix::fs::open(folder, flags, Mode::empty())?))
            }
            _ => Ok(None),
        }
    }

    /// Files into which a new process writes `0` to move itself in.
    pub(crate) fn tasks_files(&self) -> io::Result<Vec<fs::File>> {
        if self.version == MemoryBy::CgroupV2 {
            return Ok(Vec::new());
        }
        let open = |folder: &&PathBuf| fs::File::options().write(true).open(folder.join("tasks"));
        self.folders().iter().map(open).collect()
    }

    /// Move this thread, the only one of its process, into the groups.
    pub(crate) fn enter(tasks_files: Vec<fs::File>) -> io::Result<()> {
        for mut file in tasks_files {
            file.write_all(b"0")?;
        }
        Ok(())
    }

    /// Processor time so far, of all processes that were ever in it.
    pub(crate) fn cpu(&self) -> Option<Duration> {
        let folder = self.cpu.as_ref()?;
        if self.version == MemoryBy::CgroupV2 {
            value(folder, "cpu.stat", "usage_usec").map(Duration::from_micros)
        } else {
            number(folder, "cpuacct.usage").map(Duration::from_nanos)
        }
    }

    /// Most memory held at once.
    pub(crate) fn peak_memory(&self) -> Option<u64> {
        let folder = self.memory.as_ref()?;
        if self.version == MemoryBy::CgroupV2 {
            // `memory.peak` is there since Linux 5.19.
            number(folder, "memory.peak")
        } else {
            number(folder, "memory.max_usage_in_bytes")
        }
    }

    /// Who had exhausted memory when the kernel killed a process of the group. `None` if it killed none.
    pub(crate) fn out_of_memory(&self) -> Option<ExhaustedBy> {
        let folder = self.memory.as_ref()?;
        let (kills, at_the_limit) = if self.version == MemoryBy::CgroupV2 {
            let event = |key| value(folder, "memory.events", key);
            // Not `max`, which also counts the times when dropping caches was enough.
            (event("oom_kill"), event("oom"))
        } else {
            let kills = value(folder, "memory.oom_control", "oom_kill");
            let read = |file| number(folder, file);
            let (most, limit) = (
                read("memory.max_usage_in_bytes"),
                read("memory.limit_in_bytes"),
            );
            // Not every version of the kernel counts refusals (6.18 does not), but each keeps the peak.
            let near = most
                .zip(limit)
                .is_some_and(|(most, limit)| most >= limit.saturating_sub(NEAR));
            (kills, read("memory.failcnt").max(Some(u64::from(near))))
        };
        match (kills, at_the_limit) {
            (None | Some(0), _) => None,
            // The group never reached its own limit.
            (Some(_), Some(0)) => Some(ExhaustedBy::Machine),
            (Some(_), _) => Some(ExhaustedBy::Job),
        }
    }

    /// Whose limit it was if the kernel refused to make a process or thread. `None` if it refused none. `seen`
    /// is the largest number of tasks that was seen at once.
    pub(crate) fn out_of_tasks(&self, seen: Option<u64>) -> Option<ExhaustedBy> {
        let folder = self.tasks.as_deref()?;
        // Before Linux 6.11, and in version 1, this also counts what a group above refused.
        if value(folder, "pids.events", "max")? == 0 {
            return None;
        }
        let most = number(folder, "pids.max")?;
        let was_reached = match number(folder, "pids.peak") {
            Some(peak) => peak >= most,
            // Before Linux 6.11 the kernel does not keep the peak.
            None => seen >= Some(most) || has_room_above(folder, most),
        };
        Some(if was_reached {
            ExhaustedBy::Job
        } else {
            ExhaustedBy::Machine
        })
    }

    /// Processes and threads now.
    pub(crate) fn tasks_now(&self) -> Option<u64> {
        number(self.tasks.as_ref()?, "pids.current")
    }

    /// Remove the groups. The kernel refuses while anything is in them.
    pub(crate) fn remove(&self) -> Result<(), Failure> {
        for folder in self.folders() {
            let mut tries_left = 2000;
            while let Err(error) = fs::remove_dir(folder) {
                match error.kind() {
                    io::ErrorKind::NotFound => break,
                    // A process that has just died leaves its group a moment later.
                    io::ErrorKind::ResourceBusy if tries_left > 0 => tries_left -= 1,
                    _ => return Err(Failure::at("remove the control group", folder)(error)),
                }
                std::thread::sleep(Duration::from_micros(500));
            }
        }
        Ok(())
    }
}

/// A group whose peak came within so many bytes of its limit counts as having reached it, because the kernel
/// charges memory to groups in batches.
const NEAR: u64 = 1 << 20;

fn write(folder: &Path, file: &str, value: u64) -> Result<(), Failure> {
    let path = folder.join(file);
    fs::write(&path, value.to_string()).map_err(Failure::at("write", &path))
}

fn number(folder: &Path, file: &str) -> Option<u64> {
    fs::read_to_string(folder.join(file))
        .ok()?
        .trim()
        .parse()
        .ok()
}

/// Whether every group above `folder` would allow `most` processes and threads in it. Groups that cannot be
/// seen from here count as allowing them.
fn has_room_above(folder: &Path, most: u64) -> bool {
    let own = number(folder, "pids.current").unwrap_or(0);
    folder
        .ancestors()
        .skip(1)
        .take_while(|above| above.join("pids.max").exists())
        .all(
            |above| match (number(above, "pids.max"), number(above, "pids.current")) {
                (Some(limit), Some(all)) => limit >= all.saturating_sub(own).saturating_add(most),
                // `max`, which is no number, is no limit.
                _ => true,
            },
        )
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
    fn a_kill_by_the_kernel_says_who_exhausted_memory() {
        let folder = tempfile::tempdir().unwrap();
        let group = |version| Group {
            version,
            memory: Some(folder.path().to_path_buf()),
            tasks: None,
            cpu: None,
            locked: Vec::new(),
        };
        let write = |file: &str, text: &str| fs::write(folder.path().join(file), text).unwrap();
        for (events, want) in [
            (
                "low 0\nhigh 0\nmax 7\noom 1\noom_kill 1\n",
                Some(ExhaustedBy::Job),
            ),
            (
                "low 0\nhigh 0\nmax 0\noom 0\noom_kill 1\n",
                Some(ExhaustedBy::Machine),
            ),
            // It reached its limit, and dropping caches was enough.
            (
                "low 0\nhigh 0\nmax 7\noom 0\noom_kill 1\n",
                Some(ExhaustedBy::Machine),
            ),
            ("low 0\nhigh 0\nmax 9\noom 0\noom_kill 0\n", None),
        ] {
            write("memory.events", events);
            assert_eq!(group(MemoryBy::CgroupV2).out_of_memory(), want);
        }
        write("memory.limit_in_bytes", "100000000\n");
        for (kills, failures, most, want) in [
            (1, 3, 50_000_000, Some(ExhaustedBy::Job)),
            (1, 0, 99_999_000, Some(ExhaustedBy::Job)),
            (1, 0, 50_000_000, Some(ExhaustedBy::Machine)),
            (0, 3, 100_000_000, None),
        ] {
            let control = format!("oom_kill_disable 0\nunder_oom 0\noom_kill {kills}\n");
            write("memory.oom_control", &control);
            write("memory.failcnt", &format!("{failures}\n"));
            write("memory.max_usage_in_bytes", &format!("{most}\n"));
            assert_eq!(group(MemoryBy::CgroupV1).out_of_memory(), want);
        }
    }

    /// `pids.peak` tells whether the group reached its own limit. Where the kernel has no such file, the room
    /// in the groups above tells it.
    #[test]
    fn a_process_that_could_not_be_made_says_whose_limit_it_was() {
        let root = tempfile::tempdir().unwrap();
        let (slice, job) = (root.path().join("slice"), root.path().join("slice/job"));
        fs::create_dir_all(&job).unwrap();
        let group = Group {
            version: MemoryBy::CgroupV2,
            memory: None,
            tasks: Some(job.clone()),
            cpu: None,
            locked: Vec::new(),
        };
        let write = |folder: &Path, file: &str, text: &str| {
            fs::write(folder.join(file), text).unwrap();
        };
        write(&job, "pids.max", "100\n");
        write(&job, "pids.current", "3\n");
        for (hits, peak, seen, most_above, now_above, want) in [
            (0, Some(100), Some(100), "max", 50, None),
            (1, Some(100), None, "50", 49, Some(ExhaustedBy::Job)),
            (1, Some(40), None, "max", 50, Some(ExhaustedBy::Machine)),
            (1, None, Some(100), "50", 49, Some(ExhaustedBy::Job)),
            (1, None, Some(40), "50", 49, Some(ExhaustedBy::Machine)),
            (1, None, None, "120", 60, Some(ExhaustedBy::Machine)),
            (1, None, Some(40), "max", 9000, Some(ExhaustedBy::Job)),
            (1, None, None, "10000", 60, Some(ExhaustedBy::Job)),
        ] {
            write(&job, "pids.events", &format!("max {hits}\n"));
            write(&slice, "pids.max", &format!("{most_above}\n"));
            write(&slice, "pids.current", &format!("{now_above}\n"));
            let _ = fs::remove_file(job.join("pids.peak"));
            if let Some(peak) = peak {
                write(&job, "pids.peak", &format!("{peak}\n"));
            }
            let row = (hits, peak, seen, most_above, now_above);
            assert_eq!(group.out_of_tasks(seen), want, "{row:?}");
        }
    }
}
