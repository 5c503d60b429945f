//! The processes below this one, as `/proc` shows them.
//!
//! Used where no control group counts for us, and to kill where nothing better can. All of it is text
//! that a job has a hand in (a process chooses its own name), so it is parsed as bytes of a stranger.

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

/// How often a process is looked for a thread that stays for long enough to be looked at.
const LOOKS: usize = 8;

/// What one line of `/proc/PID/stat` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) pid: i32,
    pub(crate) state: char,
    pub(crate) parent: i32,
    /// Its own processor time, in ticks.
    pub(crate) ticks: u64,
    /// That of the children it waited for, in ticks.
    pub(crate) waited_ticks: u64,
    /// When it started, in ticks. With its number it names one process for ever.
    pub(crate) started: u64,
    pub(crate) threads: u64,
}

impl Process {
    /// The second field, the name, may hold anything, even parentheses, so the rest is looked for behind
    /// the last one.
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

    /// Whether any of it runs. That its first thread has ended, which its state is, says nothing of the
    /// others.
    pub(crate) fn is_alive(&self) -> bool {
        self.state != 'Z' || self.threads > 1
    }

    /// What `tell` makes of a file that `/proc` shows of its memory, or `None` once it has ended.
    ///
    /// Where its first thread has ended, the process's own files are empty, and those of each thread that
    /// lives show all of it.
    pub(crate) fn of_memory<T>(
        &self,
        file: &str,
        tell: impl Fn(&[u8]) -> Option<T>,
    ) -> io::Result<Option<T>> {
        let process = PathBuf::from(format!("/proc/{}", self.pid));
        let look = |folder: &Path| match fs::read(folder.join(file)) {
            Ok(text) => Ok(tell(&text)),
            // It has ended.
            Err(error) if error.raw_os_error() == Some(libc::ESRCH) => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        };
        if self.state != 'Z' {
            return look(&process);
        }
        // A thread may end while it is looked at, and have started another.
        for _ in 0..if self.is_alive() { LOOKS } else { 0 } {
            let Ok(threads) = fs::read_dir(process.join("task")) else {
                break;
            };
            for thread in threads.flatten() {
                if let Some(told) = look(&thread.path())? {
                    return Ok(Some(told));
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
        // Threads need one more file each to be counted; see `SLACK` for what that leaves open.
        if metadata.uid() == user
            && let Ok(stat) = fs::read(entry.path().join("stat"))
            && let Some(process) = Process::parse(&stat)
        {
            tasks += process.threads;
        }
    }
    Ok(tasks)
}

/// Processes of the whole machine that the kernel has killed for want of memory since it started. 0
/// where it does not tell.
pub(crate) fn kills_for_memory() -> u64 {
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

/// What a process has computed so far.
pub(crate) fn spent(process: &Process) -> Sample {
    let tick = Duration::from_secs(1)
        / u32::try_from(rustix::param::clock_ticks_per_second())
            .unwrap_or(100)
            .max(1);
    let time = |ticks: u64| tick.saturating_mul(u32::try_from(ticks).unwrap_or(u32::MAX));
    // A tick is long in the life of a short process; where it has one thread, this is exact.
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
    /// Resident or swapped out: what they share counts for each of them.
    pub(crate) held: u64,
    /// Of it, what is resident on file systems in memory.
    pub(crate) shared: u64,
    /// The kernel's, for what they have mapped.
    pub(crate) tables: u64,
}

impl Memory {
    /// What a `status` says. `None` if its process has ended: then it has no memory.
    fn parse(status: &[u8]) -> Option<Self> {
        let status = String::from_utf8_lossy(status);
        let size = |name| kib(&status, name);
        Some(Self {
            held: size("VmRSS:")?.saturating_add(size("VmSwap:").unwrap_or(0)),
            shared: size("RssShmem:").unwrap_or(0),
            tables: size("VmPTE:").unwrap_or(0),
        })
    }
}

/// Add up the memory of a list of processes.
pub(crate) fn memory(processes: &[Process]) -> Memory {
    let mut sum = Memory::default();
    for process in processes {
        // What cannot be looked at counts for nothing.
        let one = process.of_memory("status", Memory::parse);
        let one = one.ok().flatten().unwrap_or_default();
        sum.held = sum.held.saturating_add(one.held);
        sum.shared = sum.shared.saturating_add(one.shared);
        sum.tables = sum.tables.saturating_add(one.tables);
    }
    sum
}

/// The size that stands behind a name in a text of `/proc`, in bytes.
fn kib(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kib.saturating_mul(1024))
}

/// Memory of a list of processes, with what they share divided among those who share it.
///
/// Exact, and so slow that it is for cases of doubt only. `None` if a process does not let us look.
pub(crate) fn proportional_memory(processes: &[Process]) -> Option<u64> {
    let mut bytes = 0_u64;
    for process in processes {
        let text = |text: &[u8]| proportional_bytes(&String::from_utf8_lossy(text));
        // Nothing, if it has ended.
        let one = process.of_memory("smaps_rollup", text).ok()?.unwrap_or(0);
        bytes = bytes.saturating_add(one);
    }
    Some(bytes)
}

/// The proportional share that a `smaps_rollup` names, with what of it was swapped out.
pub(crate) fn proportional_bytes(text: &str) -> Option<u64> {
    let swapped = kib(text, "SwapPss:").unwrap_or(0);
    Some(kib(text, "Pss:")?.saturating_add(swapped))
}

/// The process as a target of signals. `None` if it is gone: then its number may be another's.
pub(crate) fn target(process: &Process) -> Option<OwnedFd> {
    let pid = Pid::from_raw(process.pid)?;
    let target = rustix::process::pidfd_open(pid, PidfdFlags::empty()).ok()?;
    // Only now nobody else can come to have this number unnoticed.
    let stat = fs::read(format!("/proc/{}/stat", process.pid)).ok()?;
    let same = Process::parse(&stat).is_some_and(|now| now.started == process.started);
    same.then_some(target)
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
        assert_eq!(Memory::parse(status).unwrap().held, 3 << 20);
        let rollup =
            "Rss: 9 kB\nPss:     2048 kB\nPss_Anon: 7 kB\nSwap: 9 kB\nSwapPss:   1024 kB\n";
        assert_eq!(proportional_bytes(rollup), Some(3 << 20));
        // A kernel without swap.
        assert_eq!(proportional_bytes("Pss: 1 kB\n"), Some(1 << 10));
        assert_eq!(Memory::parse(b"VmRSS: 1 kB\n").unwrap().held, 1 << 10);
        // One that has ended.
        assert!(Memory::parse(b"Name: p\nState: Z\n").is_none());
    }

    #[test]
    fn a_number_that_is_anothers_by_now_is_no_target() {
        let stat = fs::read("/proc/self/stat").unwrap();
        let own = Process::parse(&stat).unwrap();
        assert!(target(&own).is_some());
        let earlier = Process {
            started: own.started - 1,
            ..own
        };
        assert!(target(&earlier).is_none());
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
        assert!((1 << 18..1 << 32).contains(&sum.held), "{sum:?}");
        assert!((1 << 12..sum.held).contains(&sum.tables), "{sum:?}");
        let exact = proportional_memory(&[own]).unwrap();
        assert!(exact > 1 << 16 && exact < 2 * sum.held, "{exact} {sum:?}");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Process::parse(&bytes).map(|process| spent(&process));
        }
    }
}
