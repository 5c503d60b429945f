//! The threads of one program: which there are, how each is sampled, and which of them ran or exited.
//!
//! It hides the handles and the lists that are kept between two detections. It never decides what a sample means.

use std::{collections::BTreeSet, io, time::Duration};

use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    sampler::{CpuUsage, RunState, Sampler},
    sleep::WakeUp,
    wait_policy::{Wait, WaitPolicy},
};

/// The number of threads whose handle is kept open between two detections. Each handle takes two descriptors,
/// of which a process has only 1024 by default.
const MAX_OPEN_HANDLES: usize = 200;

/// What one thread does, and how much it has run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    pub(super) state: RunState,
    pub(super) usage: CpuUsage,
}

/// What is known of one thread.
#[derive(Debug)]
struct Thread<H> {
    process: i32,
    handle: Option<H>,
    keeps_handle: bool,
    /// The slices before the sleep for which its wake-up was last asked, and the answer.
    wake_up: Option<(u64, WakeUp)>,
    /// The slices at the last sample.
    slices: u64,
    /// The slices when the program was last quiescent.
    slices_when_quiescent: u64,
    /// Whether the thread has made the system call `exit`.
    exits: bool,
}

impl<H> Thread<H> {
    fn new(process: i32) -> Self {
        Self {
            process,
            handle: None,
            keeps_handle: false,
            wake_up: None,
            slices: 0,
            slices_when_quiescent: 0,
            exits: false,
        }
    }
}

/// All threads of one program, and what they were last seen to do.
#[derive(Debug)]
pub(crate) struct ThreadTable<S: Sampler> {
    sampler: S,
    threads: FxHashMap<i32, Thread<S::Handle>>,
    open_handles: usize,
    processes: BTreeSet<i32>,
    /// Threads may exist that are not in `threads`.
    new_threads: bool,
    /// Threads that made a call which creates a thread, and that have not been found at rest since.
    creators: FxHashSet<i32>,
    /// How many of these calls have not been answered yet by a thread that was added to `threads`.
    creations: usize,
    /// Processes may exist that are not in `processes`.
    new_processes: bool,
    /// Threads that are dead and still listed, as the parent of their process has not called `wait`, and may never do
    /// so.
    listed_dead: FxHashSet<i32>,
    /// The thread and the process of those that exited without the system call `exit`.
    exited: Vec<(i32, i32)>,
}

impl<S: Sampler> ThreadTable<S> {
    /// The threads of the program whose first process is `root`.
    pub(super) fn new(sampler: S, root: i32) -> Self {
        Self {
            sampler,
            threads: FxHashMap::default(),
            open_handles: 0,
            processes: BTreeSet::from([root]),
            new_threads: true,
            creators: FxHashSet::default(),
            creations: 0,
            new_processes: true,
            listed_dead: FxHashSet::default(),
            exited: Vec::new(),
        }
    }

    pub(super) fn sampler(&self) -> &S {
        &self.sampler
    }

    pub(crate) fn contains(&self, tid: i32) -> bool {
        self.threads.contains_key(&tid)
    }

    /// The numbers of all threads that are known.
    pub(super) fn numbers(&self) -> impl Iterator<Item = i32> + '_ {
        self.threads.keys().copied()
    }

    /// Whether there may be threads that are not known.
    pub(super) fn lists_are_stale(&self) -> bool {
        self.new_threads || self.new_processes
    }

    /// A thread was found dead, and may stay listed.
    pub(super) fn mark_dead(&mut self, tid: i32) {
        self.listed_dead.insert(tid);
    }

    /// A thread has exited.
    pub(super) fn remove(&mut self, tid: i32) -> io::Result<()> {
        if let Some(thread) = self.threads.remove(&tid) {
            self.open_handles -= usize::from(thread.keeps_handle);
            if !thread.exits {
                self.exited.push((tid, thread.process));
            }
            self.expect_successor(tid)?;
        }
        Ok(())
    }

    /// Whether a thread has exited, though it is known, and the kernel has given its number to a new one. If so, the new
    /// one is found when the lists are read again.
    pub(super) fn has_successor(&mut self, tid: i32) -> io::Result<bool> {
        let has_successor = self.contains(tid) && self.expect_successor(tid)?;
        if has_successor {
            self.remove(tid)?;
        }
        Ok(has_successor)
    }

    /// A thread has exited, and the kernel may have given its number to a new one, which need not be of the program. If
    /// so, the one was taken for the other when the lists were read, and they are stale. Returns whether it is so.
    fn expect_successor(&mut self, tid: i32) -> io::Result<bool> {
        let Some(process) = self.sampler.process_of(tid)? else {
            return Ok(false);
        };
        self.new_threads = true;
        self.new_processes |= !self.processes.contains(&process);
        Ok(true)
    }

    /// The processor time of a thread's whole process.
    pub(super) fn cpu_time_of_process(&self, tid: i32) -> Option<Duration> {
        let thread = self.threads.get(&tid)?;
        self.sampler.cpu_time_of_process(thread.process)
    }

    /// The thread `creator` is about to create a thread or, if `processes` is true, a process.
    pub(crate) fn expect_new_threads(&mut self, creator: i32, processes: bool) {
        self.creators.insert(creator);
        self.creations += 1;
        self.new_threads = true;
        self.new_processes |= processes;
    }

    /// The process of a thread. `None` if the thread has exited.
    pub(crate) fn process_of(&mut self, tid: i32) -> io::Result<Option<i32>> {
        if let Some(thread) = self.threads.get(&tid) {
            return Ok(Some(thread.process));
        }
        let mut processes = self.processes.iter().rev();
        let process = match processes.find(|process| self.sampler.is_thread_of(**process, tid)) {
            Some(process) => *process,
            None => match self.sampler.process_of(tid)? {
                Some(process) => process,
                None => return Ok(None),
            },
        };
        if self.processes.insert(process) {
            self.new_processes = true;
        }
        self.new_threads = true;
        self.threads.insert(tid, Thread::new(process));
        self.creations = self.creations.saturating_sub(1);
        Ok(Some(process))
    }

    /// A thread makes the system call `exit`.
    pub(crate) fn mark_exiting(&mut self, tid: i32) {
        if let Some(thread) = self.threads.get_mut(&tid) {
            thread.exits = true;
        }
    }

    /// The thread and the process of all that ran since the last call of this function. Call it when the program is
    /// quiescent: all threads have just been sampled then, except those with a held read, which a later call returns.
    ///
    /// How often a thread was given a processor depends on what else the machine does. Whether it ran at all between
    /// two instants of quiescence does not. Threads for which the detector does not wait are left out, as they may
    /// run at any time.
    pub(crate) fn take_ran(&mut self, policy: &WaitPolicy) -> Vec<(i32, i32)> {
        let mut ran = Vec::new();
        for (&tid, thread) in &mut self.threads {
            let before = std::mem::replace(&mut thread.slices_when_quiescent, thread.slices);
            let worked = thread.slices != before && policy.wait(tid) == Wait::UntilBudget;
            if worked && !thread.exits {
                ran.push((tid, thread.process));
            }
        }
        ran
    }

    /// The thread and the process of those that exited without the system call `exit`, since the last call of this
    /// function.
    pub(crate) fn take_exited(&mut self) -> Vec<(i32, i32)> {
        std::mem::take(&mut self.exited)
    }

    /// The largest number of threads of one process, or `known` if that is larger.
    pub(crate) fn most_threads(&self, known: usize) -> usize {
        if self.threads.len() <= known {
            return known;
        }
        let mut counts = FxHashMap::default();
        for thread in self.threads.values() {
            *counts.entry(thread.process).or_insert(0_usize) += 1;
        }
        counts.into_values().max().unwrap_or(0).max(known)
    }

    /// Read the lists of processes and threads once more, and return whether every thread was known. All threads
    /// are at rest but those in `can_run`. If one of these may be about to create a thread, then the lists stay stale.
    pub(super) fn lists_are_complete(&mut self, can_run: &FxHashSet<i32>) -> io::Result<bool> {
        let before = self.threads.len();
        self.list()?;
        if self.threads.len() != before {
            return Ok(false);
        }
        self.creators.retain(|tid| can_run.contains(tid));
        if self.creators.is_empty() || self.creations == 0 {
            self.creators.clear();
            self.creations = 0;
            self.new_threads = false;
            self.new_processes = false;
        }
        Ok(true)
    }

    /// When a thread that was found asleep will wake by itself. The sampler is asked once for each sleep.
    pub(super) fn wake_up(&mut self, tid: i32, slices: u64) -> WakeUp {
        let Some(thread) = self.threads.get_mut(&tid) else {
            return WakeUp::Never;
        };
        if let Some((before, wake_up)) = thread.wake_up
            && before == slices
        {
            return wake_up;
        }
        let wake_up = self.sampler.wake_up(thread.process, tid);
        if wake_up != WakeUp::Awake {
            thread.wake_up = Some((slices, wake_up));
        }
        wake_up
    }

    /// Sample first the slices, then the state. `None` if the thread has exited.
    pub(super) fn sample_slices_first(&mut self, tid: i32) -> io::Result<Option<Sample>> {
        self.sample(tid, |sampler, handle| {
            let Some(usage) = sampler.usage(handle)? else {
                return Ok(None);
            };
            let state = sampler.state(handle)?;
            Ok(state.map(|state| Sample { state, usage }))
        })
    }

    /// Sample first the state, then the slices. `None` if the thread has exited.
    pub(super) fn sample_state_first(&mut self, tid: i32) -> io::Result<Option<Sample>> {
        self.sample(tid, |sampler, handle| {
            let Some(state) = sampler.state(handle)? else {
                return Ok(None);
            };
            let usage = sampler.usage(handle)?;
            Ok(usage.map(|usage| Sample { state, usage }))
        })
    }

    fn sample(
        &mut self,
        tid: i32,
        take: impl FnOnce(&S, &S::Handle) -> io::Result<Option<Sample>>,
    ) -> io::Result<Option<Sample>> {
        let Some(thread) = self.threads.get_mut(&tid) else {
            return Ok(None);
        };
        let handle = match thread.handle.take() {
            Some(handle) => handle,
            None => match self.sampler.open(thread.process, tid)? {
                Some(handle) => handle,
                None => return Ok(None),
            },
        };
        let mut sample = take(&self.sampler, &handle);
        if let Ok(Some(sample)) = &mut sample {
            // After `vfork` the parent sleeps until its child exits or executes another program.
            if sample.state == RunState::Uninterruptible
                && self.sampler.waits_for_child(thread.process, tid)
            {
                sample.state = RunState::Asleep;
            }
            thread.slices = sample.usage.slices;
        }
        if thread.keeps_handle || self.open_handles < MAX_OPEN_HANDLES {
            self.open_handles += usize::from(!thread.keeps_handle);
            thread.keeps_handle = true;
            thread.handle = Some(handle);
        }
        sample
    }

    /// Read the lists of processes and threads again. Only adds: that a thread has exited is found when it is
    /// sampled.
    pub(super) fn list(&mut self) -> io::Result<()> {
        if self.new_processes {
            self.processes.extend(self.sampler.processes()?);
        }
        for process in self.processes.clone() {
            let (sampler, threads) = (&self.sampler, &mut self.threads);
            let (listed_dead, creations) = (&mut self.listed_dead, &mut self.creations);
            let exists = sampler.for_each_thread(process, |tid| {
                // The kernel may give the number of a dead thread to a new one.
                if listed_dead.contains(&tid) && sampler.is_dead(process, tid) {
                    return;
                }
                listed_dead.remove(&tid);
                threads.entry(tid).or_insert_with(|| {
                    *creations = creations.saturating_sub(1);
                    Thread::new(process)
                });
            });
            if !exists {
                self.processes.remove(&process);
            }
        }
        Ok(())
    }
}
