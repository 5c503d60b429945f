//! The processes below this one, as `/proc` shows them.
//!
//! The limits monitor uses it where no control group counts, and `kill` where nothing better can kill. A job
//! controls a part of this text, since a process chooses its own name, so the parsers trust none of it.

use std::{
    collections::{HashMap, HashSet},
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::{
    fd::OwnedFd,
    process::{Pid, PidfdFlags},
};

use super::cpu_time::Sample;

/// How often the threads of a process are listed to find one that lives long enough to be read.
const ATTEMPTS: usize = 8;

/// What one line of `/proc/PID/stat` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) pid: i32,
    pub(crate) state: char,
    pub(crate) parent: i32,
    /// Its own processor time, in ticks.
    pub(crate) ticks: u64,
    /// The processor time of the children that it waited for, in ticks.
    pub(crate) waited_ticks: u64,
    /// When it started, in ticks. Together with the number it identifies one process for good.
    pub(crate) started: u64,
    pub(crate) threads: u64,
}

impl Process {
    /// The second field, the name, may contain anything, even parentheses. So the other fields are those after
    /// the last closing parenthesis.
    pub(crate) fn parse(stat: &[u8]) -> Option<Self> {
        let name_ends = stat.iter().rposition(|&b| b == b')')?;
        let pid = std::str::from_utf8(&stat[..stat.iter().position(|&b| b == b' ')?]).ok()?;
        let rest = std::str::from_utf8(&stat[name_ends + 1..]).ok()?;
        let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
        let number = |i: usize| fields.get(i)?.parse::<u64>().ok();
        Some(Self {
            pid: pid.parse().ok()?,
            state: fields.first()?.chars().next()?,
            parent: fields.get(1)?.parse().ok()?,
            ticks: number(11)?.saturating_add(number(12)?),
            waited_ticks: number(13)?.saturating_add(number(14)?),
            started: number(19)?,
            threads: number(17).unwrap_or(1),
        })
    }

    /// Whether any thread of it lives. The state is that of its first thread only, which may have ended before
    /// the others.
    pub(crate) fn is_alive(&self) -> bool {
        self.state != 'Z' || self.threads > 1
    }

    /// What `parse` makes of a file in which `/proc` shows the memory of the process. `None` if the process has
    /// ended.
    ///
    /// Once its first thread has ended, the process's own files are empty, but the files of each thread that
    /// lives show the memory of the whole process.
    pub(crate) fn read_memory_file<T>(
        &self,
        file: &str,
        parse: impl Fn(&[u8]) -> Option<T>,
    ) -> io::Result<Option<T>> {
        let process = PathBuf::from(format!("/proc/{}", self.pid));
        let read = |folder: &Path| match fs::read(folder.join(file)) {
            Ok(text) => Ok(parse(&text)),
            // It has ended.
            Err(error) if error.raw_os_error() == Some(libc::ESRCH) => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        };
        if self.state != 'Z' {
            return read(&process);
        }
        // A thread may end while its file is read, after it has started another thread.
        for _ in 0..if self.is_alive() { ATTEMPTS } else { 0 } {
            let Ok(threads) = fs::read_dir(process.join("task")) else {
                break;
            };
            for thread in threads.flatten() {
                if let Some(parsed) = read(&thread.path())? {
                    return Ok(Some(parsed));
                }
            }
        }
        Ok(None)
    }
}

/// Every process below this one, zombies included.
pub(crate) fn descendants() -> io::Result<Vec<Process>> {
    let own = rustix::process::getpid().as_raw_nonzero().get();
    let mut children: HashMap<i32, Vec<Process>> = HashMap::new();
    for process in all()? {
        children.entry(process.parent).or_default().push(process);
    }
    let mut below = Vec::new();
    let mut seen = HashSet::from([own]);
    let mut waiting = vec![own];
    while let Some(parent) = waiting.pop() {
        for process in children.remove(&parent).unwrap_or_default() {
            if seen.insert(process.pid) {
                waiting.push(process.pid);
                below.push(process);
            }
        }
    }
    Ok(below)
}

/// Processes and threads of this user on the whole machine.
pub(crate) fn tasks_of_user() -> io::Result<u64> {
    use std::os::unix::fs::MetadataExt as _;
    let user = rustix::process::getuid().as_raw();
    let mut tasks = 0;
    for entry in fs::read_dir("/proc")? {
        let entry = entry?;
        let Ok(metadata) = entry.metadata() else {
            continue;
        };
        // `stat` has the number of threads, so the folders of threads need not be listed.
        if metadata.uid() == user
            && let Ok(stat) = fs::read(entry.path().join("stat"))
            && let Some(process) = Process::parse(&stat)
        {
            tasks += process.threads;
        }
    }
    Ok(tasks)
}

/// How many processes of the whole machine the kernel has killed since it started, because memory was
/// exhausted. 0 if the kernel does not tell.
pub(crate) fn oom_kills() -> u64 {
    let text = fs::read_to_string("/proc/vmstat").unwrap_or_default();
    text.lines()
        .find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok())
        .unwrap_or(0)
}

fn all() -> io::Result<Vec<Process>> {
    let mut all = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(pid) = name
            .to_str()
            .filter(|name| name.bytes().all(|b| b.is_ascii_digit()))
        else {
            continue;
        };
        // It may have ended since it was listed.
        if let Ok(stat) = fs::read(format!("/proc/{pid}/stat"))
            && let Some(process) = Process::parse(&stat)
        {
            all.push(process);
        }
    }
    Ok(all)
}

/// The processor time that a process has used so far.
pub(crate) fn cpu_sample(process: &Process) -> Sample {
    let tick = Duration::from_secs(1)
        / u32::try_from(rustix::param::clock_ticks_per_second())
            .unwrap_or(100)
            .max(1);
    let time = |ticks: u64| tick.saturating_mul(u32::try_from(ticks).unwrap_or(u32::MAX));
    // A short process may use less than a tick. `schedstat` is exact, but counts the first thread only.
    let exact = || -> Option<Duration> {
        let text = fs::read_to_string(format!("/proc/{}/schedstat", process.pid)).ok()?;
        let nanoseconds = text.split_ascii_whitespace().next()?.parse().ok()?;
        Some(Duration::from_nanos(nanoseconds))
    };
    let exact = if process.threads == 1 { exact() } else { None };
    Sample {
        process: (process.pid, process.started),
        parent: process.parent,
        own: time(process.ticks).max(exact.unwrap_or_default()),
        waited: time(process.waited_ticks),
    }
}

/// Memory of a list of processes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Memory {
    /// Resident or swapped out. Memory that processes share counts once for each of them.
    pub(crate) used: u64,
    /// The part of `used` that is resident and on file systems in memory.
    pub(crate) shared: u64,
    /// The kernel's page tables for what they have mapped.
    pub(crate) tables: u64,
}

impl Memory {
    /// Parse a `status`. `None` if its process has ended: then it has no memory.
    fn parse(status: &[u8]) -> Option<Self> {
        let status = String::from_utf8_lossy(status);
        let size = |name| kib(&status, name);
        Some(Self {
            used: size("VmRSS:")?.saturating_add(size("VmSwap:").unwrap_or(0)),
            shared: size("RssShmem:").unwrap_or(0),
            tables: size("VmPTE:").unwrap_or(0),
        })
    }
}

/// Add up the memory of a list of processes.
pub(crate) fn memory(processes: &[Process]) -> Memory {
    let mut sum = Memory::default();
    for process in processes {
        // A process that cannot be read counts as having no memory.
        let one = process.read_memory_file("status", Memory::parse);
        let one = one.ok().flatten().unwrap_or_default();
        sum.used = sum.used.saturating_add(one.used);
        sum.shared = sum.shared.saturating_add(one.shared);
        sum.tables = sum.tables.saturating_add(one.tables);
    }
    sum
}

/// The size after a name in a file of `/proc`, in bytes.
fn kib(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kib.saturating_mul(1024))
}

/// Memory of a list of processes. Memory that several processes share is divided among them.
///
/// Exact, but so slow that it is read only when the sum seems to exceed the limit. `None` if a process does not
/// let us look.
pub(crate) fn proportional_memory(processes: &[Process]) -> Option<u64> {
    let mut bytes = 0_u64;
    for process in processes {
        let text = |text: &[u8]| proportional_bytes(&String::from_utf8_lossy(text));
        // A process that has ended has no memory.
        let one = process
            .read_memory_file("smaps_rollup", text)
            .ok()?
            .unwrap_or(0);
        bytes = bytes.saturating_add(one);
    }
    Some(bytes)
}

/// The proportional share that a `smaps_rollup` names, including the part that was swapped out.
pub(crate) fn proportional_bytes(text: &str) -> Option<u64> {
    let swapped = kib(text, "SwapPss:").unwrap_or(0);
    Some(kib(text, "Pss:")?.saturating_add(swapped))
}

/// A descriptor by which signals reach this process and no other. `None` if it is gone: then its number may
/// belong to another process.
pub(crate) fn open(process: &Process) -> Option<OwnedFd> {
    let pid = Pid::from_raw(process.pid)?;
    let handle = rustix::process::pidfd_open(pid, PidfdFlags::empty()).ok()?;
    // The descriptor is open, so the number cannot pass to another process between this check and its use.
    let stat = fs::read(format!("/proc/{}/stat", process.pid)).ok()?;
    let same = Process::parse(&stat).is_some_and(|now| now.started == process.started);
    same.then_some(handle)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_process_name_cannot_hide_its_parent() {
        let read = |stat: &[u8]| Process::parse(stat).map(|p| (p.pid, p.state, p.parent));
        let line = |start: &[u8]| [start, " 0".repeat(40).as_bytes()].concat();
        assert_eq!(read(&line(b"12 (a b) R 7")), Some((12, 'R', 7)));
        let two_names = line(b"12 (x) S 1 (y\xff) Z 9");
        assert_eq!(read(&two_names), Some((12, 'Z', 9)));
        assert_eq!(read(b"12 (a b) R 7 12 12 0"), None);
        assert_eq!(read(b"12 (x"), None);
        assert_eq!(read(b""), None);
    }

    #[test]
    fn memory_that_was_swapped_out_is_still_used() {
        let status =
            b"Name:\tp\nVmRSS:\t    2048 kB\nRssShmem:\t 8 kB\nVmPTE:\t 4 kB\nVmSwap:\t 1024 kB\n";
        assert_eq!(Memory::parse(status).unwrap().used, 3 << 20);
        let rollup =
            "Rss: 9 kB\nPss:     2048 kB\nPss_Anon: 7 kB\nSwap: 9 kB\nSwapPss:   1024 kB\n";
        assert_eq!(proportional_bytes(rollup), Some(3 << 20));
        // A kernel without swap.
        assert_eq!(proportional_bytes("Pss: 1 kB\n"), Some(1 << 10));
        assert_eq!(Memory::parse(b"VmRSS: 1 kB\n").unwrap().used, 1 << 10);
        // One that has ended.
        assert!(Memory::parse(b"Name: p\nState: Z\n").is_none());
    }

    #[test]
    fn a_number_that_belongs_to_another_process_by_now_is_not_opened() {
        let stat = fs::read("/proc/self/stat").unwrap();
        let own = Process::parse(&stat).unwrap();
        assert!(open(&own).is_some());
        let earlier = Process {
            started: own.started - 1,
            ..own
        };
        assert!(open(&earlier).is_none());
    }

    #[test]
    fn the_fields_are_those_that_the_kernel_writes() {
        let stat = fs::read("/proc/self/stat").unwrap();
        let own = Process::parse(&stat).unwrap();
        assert_eq!(own.pid.unsigned_abs(), std::process::id());
        assert_eq!(
            own.parent.unsigned_abs(),
            std::os::unix::process::parent_id()
        );
        assert!(own.threads >= 1);
        assert!(own.started > 0);
        let sum = memory(&[own]);
        assert!((1 << 18..1 << 32).contains(&sum.used), "{sum:?}");
        assert!((1 << 12..sum.used).contains(&sum.tables), "{sum:?}");
        let exact = proportional_memory(&[own]).unwrap();
        assert!(exact > 1 << 16 && exact < 2 * sum.used, "{exact} {sum:?}");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Process::parse(&bytes).map(|process| cpu_sample(&process));
        }
    }
}
