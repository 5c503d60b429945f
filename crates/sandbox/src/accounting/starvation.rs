//! Notices that a job gets no processor although it could run, moves it to another processor, and adds up the time
//! that this cost.
//!
//! # Theory of operation
//!
//! A scheduler that is fair in the long run may still let a process wait for many seconds. Linux 6.18 was seen to do
//! so: all threads of a job could run, its scheduling group stood in the queue of its processor, and other groups were
//! chosen for ten seconds. A job must not lose by that, so such time counts against no limit on real time.
//!
//! A sample has the state of each thread of the job and what it has run so far. Between two samples the job had no
//! processor if the same threads exist in both, none of them ran in between, and one of them could run in both. A job
//! cannot bring that about: it would have to run to do so. Where one thread runs and others wait, the job has a
//! processor, however small its share is.
//!
//! A thread that is moved to another processor is placed anew in the queue there, and runs soon. So the supervisor
//! moves the threads of a job that has no processor. This undoes the job's place on one processor, which saves
//! time and changes no result.
//!
//! Samples begin when a job has run for a second. Most jobs have ended by then, and pay nothing.
//!
//! Never stops a job.

use std::{
    collections::BTreeMap,
    fs, io,
    time::{Duration, Instant},
};

use rustix::{
    process::Pid,
    thread::{CpuSet, sched_setaffinity},
};

use super::{limits_monitor::pause_at_least, procfs};
use crate::sys;

/// How long a job runs before the first sample.
const BEFORE_FIRST: Duration = Duration::from_secs(1);

/// The shortest real time between two samples. A thread that can run waits less on a machine with a few programs
/// for each processor.
const INTERVAL: Duration = Duration::from_millis(100);

/// The longest time without a processor that is taken off the time of one job. A machine that gives a job no processor
/// for longer cannot grade it.
pub(crate) const LONGEST: Duration = Duration::from_mins(1);

/// What one thread has done until a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Thread {
    /// Whether it runs or waits for a processor.
    can_run: bool,
    /// Its processor time in nanoseconds, and how often it was given a processor.
    ran: (u64, u64),
    /// The processor on which it ran last.
    processor: u32,
}

/// The threads of a job, by their numbers.
type Threads = BTreeMap<i32, Thread>;

/// The account of one job.
#[derive(Debug)]
pub(crate) struct Starvation {
    next: Instant,
    /// The sample before, and when it was begun.
    last: Option<(Instant, Threads)>,
    total: Duration,
    /// The processors on which the job may run.
    usable: CpuSet,
}

impl Starvation {
    /// The account of a job that starts now and may run on the processors `usable`.
    pub(crate) fn new(now: Instant, usable: CpuSet) -> Self {
        Self {
            next: now + BEFORE_FIRST,
            last: None,
            total: Duration::ZERO,
            usable,
        }
    }

    /// Time in which the job had no processor, in all.
    pub(crate) fn total(&self) -> Duration {
        self.total
    }

    /// The job made a call: it has a processor.
    pub(crate) fn note_progress(&mut self) {
        self.last = None;
    }

    /// Take the sample that is due, and move the job if it has no processor. Returns the time without a processor
    /// since the sample before.
    pub(crate) fn poll(&mut self, now: Instant) -> io::Result<Option<Duration>> {
        if now < self.next {
            return Ok(None);
        }
        let before = sys::own_cpu_time();
        let threads = sample()?;
        let lost = self.update(now, threads);
        if lost.is_some()
            && let Some((_, threads)) = &self.last
        {
            for (&tid, thread) in threads.iter().filter(|(_, thread)| thread.can_run) {
                move_away(tid, thread.processor, &self.usable);
            }
        }
        self.next = pause_at_least(before, INTERVAL);
        Ok(lost)
    }

    /// Take a sample in. Returns the time since the sample before, if the job had no processor in it.
    fn update(&mut self, now: Instant, threads: Threads) -> Option<Duration> {
        let before = self.last.replace((now, threads));
        let (began, before) = before?;
        let (_, threads) = self.last.as_ref()?;
        let none_ran = before.len() == threads.len()
            && before
                .iter()
                .zip(threads)
                .all(|((tid, then), (other, now))| tid == other && then.ran == now.ran);
        let one_waits = || {
            let pairs = before.values().zip(threads.values());
            pairs
                .into_iter()
                .any(|(then, now)| then.can_run && now.can_run)
        };
        (none_ran && one_waits()).then(|| {
            let lost = now.saturating_duration_since(began);
            self.total += lost;
            lost
        })
    }
}

/// All threads of the processes below this one. A thread that ends meanwhile is left out.
fn sample() -> io::Result<Threads> {
    let mut threads = Threads::new();
    for process in procfs::descendants()? {
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
                parse(&fs::read(path.join("stat")).ok()?, &usage)
            };
            if let (Some(tid), Some(thread)) = (tid, thread()) {
                threads.insert(tid, thread);
            }
        }
    }
    Ok(threads)
}

/// What the files `stat` and `schedstat` say of a thread. The second field of `stat`, the name, may hold anything.
fn parse(stat: &[u8], usage: &str) -> Option<Thread> {
    let name_ends = stat.iter().rposition(|&byte| byte == b')')?;
    let fields = std::str::from_utf8(&stat[name_ends + 1..]).ok()?;
    let mut fields = fields.split_ascii_whitespace();
    let can_run = fields.next()? == "R";
    let processor = fields.nth(35)?.parse().ok()?;
    let mut usage = usage.split_ascii_whitespace();
    Some(Thread {
        can_run,
        ran: (usage.next()?.parse().ok()?, usage.nth(1)?.parse().ok()?),
        processor,
    })
}

/// Let a thread run on all usable processors but one. Where there is no other, or where the kernel refuses, it stays.
fn move_away(tid: i32, from: u32, usable: &CpuSet) {
    let mut others = *usable;
    if let Ok(from) = usize::try_from(from)
        && from < CpuSet::MAX_CPU
    {
        others.unset(from);
    }
    if others.count() > 0 {
        let _ = sched_setaffinity(Pid::from_raw(tid), &others);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn thread(can_run: bool, slices: u64) -> Thread {
        Thread {
            can_run,
            ran: (1000 * slices, slices),
            processor: 0,
        }
    }

    /// The time lost between two samples that are 100 ms apart.
    fn lost(before: &[(i32, Thread)], after: &[(i32, Thread)]) -> Option<u128> {
        let start = Instant::now();
        let mut starvation = Starvation::new(start, CpuSet::new());
        let of = |list: &[(i32, Thread)]| list.iter().copied().collect();
        assert_eq!(starvation.update(start, of(before)), None);
        let lost = starvation.update(start + INTERVAL, of(after));
        assert_eq!(starvation.total(), lost.unwrap_or_default());
        lost.map(|lost| lost.as_millis())
    }

    #[test]
    fn only_a_job_that_could_run_and_did_not_has_lost_time() {
        let (waits, sleeps) = (thread(true, 7), thread(false, 7));
        assert_eq!(lost(&[(1, waits)], &[(1, waits)]), Some(100));
        assert_eq!(
            lost(&[(1, sleeps), (2, waits)], &[(1, sleeps), (2, waits)]),
            Some(100)
        );
        // All sleep; or one can run only since a moment ago.
        assert_eq!(lost(&[(1, sleeps)], &[(1, sleeps)]), None);
        assert_eq!(lost(&[(1, sleeps)], &[(1, waits)]), None);
        // Another thread of the job has a processor.
        assert_eq!(
            lost(
                &[(1, waits), (2, waits)],
                &[(1, waits), (2, thread(true, 8))]
            ),
            None
        );
        // A thread was started, or ended, or both: something ran.
        assert_eq!(lost(&[(1, waits)], &[(1, waits), (2, waits)]), None);
        assert_eq!(lost(&[(1, waits), (2, waits)], &[(1, waits)]), None);
        assert_eq!(
            lost(&[(1, waits), (2, waits)], &[(1, waits), (3, waits)]),
            None
        );
    }

    #[test]
    fn a_call_between_two_samples_proves_that_the_job_ran() {
        let start = Instant::now();
        let mut starvation = Starvation::new(start, CpuSet::new());
        let threads = Threads::from([(1, thread(true, 7))]);
        assert_eq!(starvation.update(start, threads.clone()), None);
        starvation.note_progress();
        assert_eq!(starvation.update(start + INTERVAL, threads), None);
    }

    #[test]
    fn the_fields_are_those_that_the_kernel_writes() {
        let stat = fs::read("/proc/thread-self/stat").unwrap();
        let usage = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
        let own = parse(&stat, &usage).unwrap();
        assert!(own.can_run && own.ran.1 > 0, "{own:?}");
        let processors = rustix::thread::sched_getaffinity(None).unwrap();
        assert!((own.processor as usize) < CpuSet::MAX_CPU && processors.count() > 0);
    }

    #[test]
    fn a_thread_leaves_the_processor_on_which_it_waits() {
        let usable = rustix::thread::sched_getaffinity(None).unwrap();
        let first = (0..CpuSet::MAX_CPU).find(|&at| usable.is_set(at)).unwrap();
        // In a thread of its own, so that no other test is moved.
        let after = std::thread::scope(|scope| {
            let moved = scope.spawn(|| {
                let tid = rustix::thread::gettid().as_raw_nonzero().get();
                move_away(tid, u32::try_from(first).unwrap(), &usable);
                rustix::thread::sched_getaffinity(None).unwrap()
            });
            moved.join().unwrap()
        });
        // The only processor cannot be left.
        assert_eq!(after.is_set(first), usable.count() == 1);
        assert_eq!(after.count(), (usable.count() - 1).max(1));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(stat in proptest::collection::vec(any::<u8>(), 0..300), usage in "\\PC*") {
            let _ = parse(&stat, &usage);
        }
    }
}
