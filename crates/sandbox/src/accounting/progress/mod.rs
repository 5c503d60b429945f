//! Notices that a job makes no progress: it could run and gets no processor, or all its threads wait for each other.
//!
//! # Theory of operation
//!
//! A sample has the state of each thread of the job and what it has run so far. If the same threads exist in two
//! samples and none of them ran in between, the job made no progress. There are two reasons that matter.
//!
//! *No processor*: one of its threads could run in both samples. A scheduler that is fair in the long run may still let
//! a process wait for many seconds. Linux 6.18 was seen to do so: all threads of a job could run, its scheduling group
//! stood in the queue of its processor, and other groups were chosen for ten seconds. A job must not lose by that, so
//! such time counts against no limit on real time. A job cannot bring it about: it would have to run to do so. Where one
//! thread runs and others wait, the job has a processor, however small its share is.
//!
//! A thread that is moved to another processor is placed anew in the queue there, and runs soon. So the supervisor
//! moves the threads of a job that has no processor. This undoes the job's place on one processor, which saves
//! time and changes no result.
//!
//! *Deadlock*: all threads wait, without a limit on time, for what only another thread could do (`waits`). No thread
//! can run then, now or later, so the job need not be watched until its time is over.
//!
//! Samples begin when a job has run for a second. Most jobs have ended by then, and pay nothing.
//!
//! Never stops a job.

pub(crate) mod threads;
pub(crate) mod waits;

use std::{
    io,
    time::{Duration, Instant},
};

use rustix::{
    process::Pid,
    thread::{CpuSet, sched_setaffinity},
};

use self::{
    threads::{Thread, Threads, sample},
    waits::{Call, has_timers},
};
use super::limits_monitor::pause_at_least;
use crate::sys;

/// How long a job runs before the first sample.
const BEFORE_FIRST: Duration = Duration::from_secs(1);

/// The shortest real time between two samples. A thread that can run waits less on a machine with a few programs
/// for each processor.
const INTERVAL: Duration = Duration::from_millis(100);

/// The longest time without a processor that is taken off the time of one job. A machine that gives a job no processor
/// for longer cannot grade it.
pub(crate) const LONGEST: Duration = Duration::from_mins(1);

/// Why a job made no progress since the sample before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoProgress {
    /// It had no processor for this real time.
    NoProcessor(Duration),
    /// All its threads wait for each other.
    Deadlock,
}

/// The account of one job.
#[derive(Debug)]
pub(crate) struct ProgressMonitor {
    next: Instant,
    /// The sample before, and when it was begun.
    last: Option<(Instant, Threads)>,
    starved: Duration,
    /// The processors on which the job may run.
    usable: CpuSet,
    /// A process below this one that is not the job's.
    overhead: Option<i32>,
    /// Whether to look for deadlocks.
    finds_deadlocks: bool,
    /// Whether the kernel counts what this relies on. None before the first sample.
    is_counted: Option<bool>,
}

impl ProgressMonitor {
    /// The account of a job that starts now and may run on the processors `usable`.
    pub(crate) fn new(
        now: Instant,
        usable: CpuSet,
        overhead: Option<i32>,
        finds_deadlocks: bool,
    ) -> Self {
        Self {
            next: now + BEFORE_FIRST,
            last: None,
            starved: Duration::ZERO,
            usable,
            overhead,
            finds_deadlocks,
            is_counted: None,
        }
    }

    /// Time in which the job had no processor, in all.
    pub(crate) fn starved(&self) -> Duration {
        self.starved
    }

    /// The job made a call, or did not run for a reason that is accounted for elsewhere.
    pub(crate) fn begin_anew(&mut self) {
        self.last = None;
    }

    /// Take the sample that is due, and move the job if it has no processor.
    pub(crate) fn poll(&mut self, now: Instant) -> io::Result<Option<NoProgress>> {
        if now < self.next
            || !*self
                .is_counted
                .get_or_insert_with(threads::slices_are_counted)
        {
            return Ok(None);
        }
        let before = sys::own_cpu_time();
        let found = self.update(now, sample(self.overhead)?);
        let found = match (found, &self.last) {
            (Some(NoProgress::NoProcessor(_)), Some((_, threads))) => {
                for (&tid, thread) in threads.iter().filter(|(_, thread)| thread.can_run) {
                    move_away(tid, thread.processor, &self.usable);
                }
                found
            }
            (Some(NoProgress::Deadlock), Some((_, threads))) => {
                let is_certain = self.finds_deadlocks
                    && threads.iter().all(|(&tid, thread)| waits_endlessly(thread, tid))
                    // Nobody ran while the calls were read, so they are those of one instant.
                    && did_not_run(threads, &sample(self.overhead)?);
                found.filter(|_| is_certain)
            }
            _ => None,
        };
        self.next = pause_at_least(before, INTERVAL);
        Ok(found)
    }

    /// Take a sample in. Says whether the job made no progress since the sample before; a deadlock is only possible so
    /// far.
    fn update(&mut self, now: Instant, threads: Threads) -> Option<NoProgress> {
        let (began, before) = self.last.replace((now, threads))?;
        let (_, threads) = self.last.as_ref()?;
        if !did_not_run(&before, threads) {
            return None;
        }
        let mut pairs = before.values().zip(threads.values());
        if pairs.any(|(then, now)| then.can_run && now.can_run) {
            let lost = now.saturating_duration_since(began);
            self.starved += lost;
            return Some(NoProgress::NoProcessor(lost));
        }
        let none_can = !threads.values().any(|thread| thread.can_run);
        (none_can && !threads.is_empty()).then_some(NoProgress::Deadlock)
    }
}

/// Whether the same threads exist in two samples, and none of them ran in between.
fn did_not_run(before: &Threads, after: &Threads) -> bool {
    before.len() == after.len()
        && before
            .iter()
            .zip(after)
            .all(|((tid, then), (other, now))| tid == other && then.ran == now.ran)
}

/// Whether a thread waits for what only another thread can do.
fn waits_endlessly(thread: &Thread, tid: i32) -> bool {
    Call::of(thread.process, tid).is_some_and(|call| call.is_endless(|| has_timers(thread.process)))
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
    use super::*;

    fn thread(can_run: bool, slices: u64) -> Thread {
        Thread {
            process: 1,
            can_run,
            ran: (1000 * slices, slices),
            processor: 0,
        }
    }

    fn monitor() -> ProgressMonitor {
        ProgressMonitor::new(Instant::now(), CpuSet::new(), None, true)
    }

    /// What two samples show that are 100 ms apart.
    fn found(before: &[(i32, Thread)], after: &[(i32, Thread)]) -> Option<NoProgress> {
        let start = Instant::now();
        let mut monitor = monitor();
        let of = |list: &[(i32, Thread)]| list.iter().copied().collect();
        assert_eq!(monitor.update(start, of(before)), None);
        let found = monitor.update(start + INTERVAL, of(after));
        let lost = matches!(found, Some(NoProgress::NoProcessor(_)));
        assert_eq!(monitor.starved() > Duration::ZERO, lost);
        found
    }

    #[test]
    fn a_job_that_could_run_and_did_not_has_lost_time() {
        let (waits, sleeps) = (thread(true, 7), thread(false, 7));
        let lost = Some(NoProgress::NoProcessor(INTERVAL));
        assert_eq!(found(&[(1, waits)], &[(1, waits)]), lost);
        let both = [(1, sleeps), (2, waits)];
        assert_eq!(found(&both, &both), lost);
    }

    #[test]
    fn a_job_that_ran_or_can_run_since_a_moment_makes_progress() {
        let (waits, sleeps) = (thread(true, 7), thread(false, 7));
        for (before, after) in [
            // It can run only since a moment ago.
            (vec![(1, sleeps)], vec![(1, waits)]),
            // Another thread of the job has a processor.
            (
                vec![(1, waits), (2, waits)],
                vec![(1, waits), (2, thread(true, 8))],
            ),
            // A thread was started, or ended, or both: something ran.
            (vec![(1, waits)], vec![(1, waits), (2, waits)]),
            (vec![(1, waits), (2, waits)], vec![(1, waits)]),
            (vec![(1, waits), (2, waits)], vec![(1, waits), (3, waits)]),
            // There is nobody.
            (vec![], vec![]),
        ] {
            assert_eq!(found(&before, &after), None, "{before:?} {after:?}");
        }
    }

    #[test]
    fn a_job_of_which_all_sleep_may_be_in_a_deadlock() {
        let sleeps = thread(false, 7);
        let both = [(1, sleeps), (2, sleeps)];
        assert_eq!(found(&both, &both), Some(NoProgress::Deadlock));
        // One of them woke up in between.
        assert_eq!(found(&both, &[(1, sleeps), (2, thread(false, 8))]), None);
    }

    #[test]
    fn a_call_between_two_samples_proves_that_the_job_ran() {
        let start = Instant::now();
        let mut monitor = monitor();
        let threads = Threads::from([(1, thread(true, 7))]);
        assert_eq!(monitor.update(start, threads.clone()), None);
        monitor.begin_anew();
        assert_eq!(monitor.update(start + INTERVAL, threads), None);
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
}
