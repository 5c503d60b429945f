//! What each thread of a job has run so far, and whether it can run now, from `/proc`.
//!
//! A job chooses the names of its threads, so the parser trusts no text. Never decides what a sample means.

use std::{collections::BTreeMap, fs, io};

use crate::accounting::procfs;

/// One living thread at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Thread {
    /// The number of its process.
    pub(crate) process: i32,
    /// Whether it runs or waits for a processor.
    pub(crate) can_run: bool,
    /// Its processor time until the kernel's last tick, in nanoseconds, and how often it was given a processor.
    pub(crate) ran: (u64, u64),
    /// The processor on which it ran last.
    pub(crate) processor: u32,
}

/// The living threads of a job, by their numbers.
pub(crate) type Threads = BTreeMap<i32, Thread>;

/// The living threads of the processes below this one, without those of `overhead`, a process that is not the job's. A
/// thread that ends meanwhile is left out.
pub(crate) fn sample(overhead: Option<i32>) -> io::Result<Threads> {
    let mut threads = Threads::new();
    for process in procfs::descendants()? {
        if Some(process.pid) == overhead {
            continue;
        }
        let Ok(entries) = fs::read_dir(format!("/proc/{}/task", process.pid)) else {
            continue;
        };
        for entry in entries.flatten() {
            let path = entry.path();
            let tid = entry
                .file_name()
                .to_str()
                .and_then(|name| name.parse().ok());
            let thread = || -> Option<Thread> {
                let usage = fs::read_to_string(path.join("schedstat")).ok()?;
                parse(process.pid, &fs::read(path.join("stat")).ok()?, &usage)
            };
            if let (Some(tid), Some(thread)) = (tid, thread()) {
                threads.insert(tid, thread);
            }
        }
    }
    Ok(threads)
}

/// Whether this kernel counts how often a thread is given a processor. The count of the calling thread is not zero,
/// since it runs.
#[must_use]
pub fn slices_are_counted() -> bool {
    let own = || -> Option<Thread> {
        let usage = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        parse(0, &fs::read("/proc/thread-self/stat").ok()?, &usage)
    };
    own().is_some_and(|own| own.ran.1 > 0)
}

/// What the files `stat` and `schedstat` say of a thread; `None` if it is dead. The second field of `stat`, the name,
/// may hold anything.
fn parse(process: i32, stat: &[u8], usage: &str) -> Option<Thread> {
    let name_ends = stat.iter().rposition(|&byte| byte == b')')?;
    let fields = std::str::from_utf8(&stat[name_ends + 1..]).ok()?;
    let mut fields = fields.split_ascii_whitespace();
    let state = fields.next()?;
    let processor = fields.nth(35)?.parse().ok()?;
    let mut usage = usage.split_ascii_whitespace();
    (!matches!(state, "Z" | "X" | "x")).then_some(Thread {
        process,
        can_run: state == "R",
        ran: (usage.next()?.parse().ok()?, usage.nth(1)?.parse().ok()?),
        processor,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_fields_are_those_that_the_kernel_writes() {
        let stat = fs::read("/proc/thread-self/stat").unwrap();
        let usage = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
        let own = parse(7, &stat, &usage).unwrap();
        assert!(own.can_run && own.ran.1 > 0 && own.process == 7, "{own:?}");
        assert!((own.processor as usize) < rustix::thread::CpuSet::MAX_CPU);
        assert!(slices_are_counted());
    }

    #[test]
    fn a_name_cannot_hide_a_state_and_a_dead_thread_is_left_out() {
        let line = |start: &str| [start, &" 3".repeat(40)].concat().into_bytes();
        let alive = parse(1, &line("12 (x) S 1) R"), "5 6 7").unwrap();
        assert!(alive.can_run && alive.ran == (5, 7) && alive.processor == 3);
        assert_eq!(parse(1, &line("12 (x) Z"), "5 6 7"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(stat in proptest::collection::vec(any::<u8>(), 0..300), usage in "\\PC*") {
            let _ = parse(1, &stat, &usage);
        }
    }
}
