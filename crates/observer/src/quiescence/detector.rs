//! Whether there is a moment at which no thread of the program can run: termination detection from outside.
//! All that the kernel answers comes through a [`Sampler`].
//!
//! # Theory of operation
//!
//! Threads cannot be sampled all at once. But a thread that sleeps, and that later sleeps and was not given a
//! processor in between (`/proc/PID/task/TID/schedstat` counts that), slept all the while. So each thread is
//! sampled twice: first its slices then its state, and when all threads were found asleep, its state then its
//! slices. If nothing changed, then all of them slept at once, at the moment between the two rounds of samples;
//! and as only a running thread can wake another, nothing will ever happen until a held read returns.
//!
//! What a thread waits for, and when a timer wakes it, is asked between its two samples: so the answer is about
//! the sleep that the samples have seen, and not about the next one. The clock is read then as well: a timer
//! that fires later is not late.
//!
//! The list of threads is read again only after a call that makes a thread. The observer sees that call before
//! the kernel carries it out, so the new thread may not be in a list that was read meanwhile. In that case the
//! list is read once more after the second samples, when no thread can be making one.
//!
//! A thread that has just exited may have woken another thread that does not run yet: a detection in which a
//! thread is found to have exited finds no quiescence. And the thread may have ended its whole process, whose
//! other threads then die while their reads are held: in the next detection the threads with a held read must
//! be asleep as well.
//!
//! The detector never decides how long a running thread is waited for; the wait policy does.

use std::{collections::BTreeSet, io, time::Duration};

use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    sampler::{CpuUsage, RunState, Sampler},
    sleep::WakeUp,
    wait_policy::{Epoch, SleepDecision, Wait, WaitPolicy},
};

/// The number of threads whose handle is kept open between two detections. Each handle takes two descriptors,
/// of which a process has only 1024 by default.
const MAX_OPEN_HANDLES: usize = 200;

/// What a detection found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quiescence {
    /// There was a moment at which no thread could run, except the ignored ones.
    Quiescent,
    /// A call of the program waits for an answer, so the program is active.
    CallPending,
    /// Some thread can run.
    Active {
        /// False if only skipped threads can run, which are about to be ignored.
        waited_for: bool,
    },
    /// No thread can run, but one will wake by itself at this real time from the start.
    AsleepUntil(Duration),
}

impl Quiescence {
    const ACTIVE: Self = Self::Active { waited_for: true };
}

/// What the detector knows of one thread.
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
    /// Whether the thread has called for its own exit.
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
pub(crate) struct QuiescenceDetector<S: Sampler> {
    sampler: S,
    threads: FxHashMap<i32, Thread<S::Handle>>,
    open_handles: usize,
    processes: BTreeSet<i32>,
    /// Threads may exist that are not in `threads`.
    new_threads: bool,
    /// Processes may exist that are not in `processes`.
    new_processes: bool,
    /// The thread that kept the program active in the last detection: it probably still does.
    suspect: Option<i32>,
    /// Threads that are dead and still listed, as their parent has not waited for them and may never do so.
    listed_dead: FxHashSet<i32>,
    /// Threads that can run, or will wake by themselves, and were not waited for in the last detection.
    ignored: Vec<i32>,
    /// A thread exited, and its process may have ended with all threads whose reads are held.
    check_held: bool,
    /// Threads with a held read that were found dead since then.
    dead_held: FxHashSet<i32>,
    /// Thread and process of those that exited without a call.
    exited: Vec<(i32, i32)>,
}

/// One look at one thread.
#[derive(Debug, Clone, Copy)]
struct Sample {
    state: RunState,
    usage: CpuUsage,
}

/// A thread that was asleep at its first sample.
#[derive(Debug)]
struct Sleeper {
    tid: i32,
    first: Sample,
    wake_up: WakeUp,
}

/// One detection under way.
#[derive(Debug)]
struct Detection<'a> {
    policy: &'a mut WaitPolicy,
    epoch: Epoch,
    /// Threads that were sampled, or that have a held read and cannot run.
    seen: FxHashSet<i32>,
    asleep: Vec<Sleeper>,
    /// Threads that can run, and are waited for until they have run once since all others came to rest.
    busy: Vec<(i32, Sample)>,
    exited: Vec<i32>,
}

impl<S: Sampler> QuiescenceDetector<S> {
    /// A detector for the program whose first process is `root`.
    pub(crate) fn new(sampler: S, root: i32) -> Self {
        Self {
            sampler,
            threads: FxHashMap::default(),
            open_handles: 0,
            processes: BTreeSet::from([root]),
            new_threads: true,
            new_processes: true,
            suspect: None,
            listed_dead: FxHashSet::default(),
            ignored: Vec::new(),
            check_held: false,
            dead_held: FxHashSet::default(),
            exited: Vec::new(),
        }
    }

    /// Look whether the program is quiescent. The threads in `held` have a held read and cannot run; those in
    /// `awake` probably run.
    pub(crate) fn detect(
        &mut self,
        held: &FxHashSet<i32>,
        awake: &FxHashSet<i32>,
        policy: &mut WaitPolicy,
        epoch: Epoch,
    ) -> io::Result<Quiescence> {
        self.ignored.clear();
        let lists_are_stale = self.new_threads || self.new_processes;
        let mut detection = Detection {
            policy,
            epoch,
            seen: held.clone(),
            asleep: Vec::new(),
            busy: Vec::new(),
            exited: Vec::new(),
        };
        let known = self.known_threads(awake);
        if let Some(found) = self.sample_first(known, &mut detection)? {
            return Ok(found);
        }
        // A thread that never rests may call at any time: where there is one, a call proves nothing.
        if !awake.is_empty() && detection.policy.trusts_all() && self.sampler.call_is_pending()? {
            return Ok(Quiescence::CallPending);
        }
        if lists_are_stale {
            self.list()?;
            let listed = self.threads.keys().copied().collect();
            if let Some(found) = self.sample_first(listed, &mut detection)? {
                return Ok(found);
            }
        }
        self.forget_exited(&mut detection);
        if let Some(found) = self.ask_wake_ups(&mut detection) {
            return Ok(found);
        }
        let now = self.sampler.now();
        if let Some(found) = self.sample_again(&mut detection)? {
            return Ok(found);
        }
        if self.an_exit_may_have_effects(held, &detection)?
            || (lists_are_stale && !self.lists_are_complete()?)
        {
            return Ok(Quiescence::ACTIVE);
        }
        if let Some(end) = self.waits_for_sleepers(&mut detection, now) {
            return Ok(Quiescence::AsleepUntil(end));
        }
        // All others are at rest: now it counts whether these run on and still do nothing.
        if self.waits_for_busy(detection) {
            return Ok(Quiescence::Active { waited_for: false });
        }
        Ok(Quiescence::Quiescent)
    }

    /// The threads that are known, those first that are most likely to run.
    fn known_threads(&mut self, awake: &FxHashSet<i32>) -> Vec<i32> {
        let suspect = self.suspect.take();
        let likely = awake.iter().chain(&suspect).copied();
        let likely = likely.filter(|tid| self.threads.contains_key(tid));
        likely.chain(self.threads.keys().copied()).collect()
    }

    /// Sample threads for the first time, unless they were already. Returns what ends the detection.
    fn sample_first(
        &mut self,
        tids: Vec<i32>,
        detection: &mut Detection<'_>,
    ) -> io::Result<Option<Quiescence>> {
        for tid in tids {
            if !detection.seen.insert(tid) {
                continue;
            }
            let Some(first) = self.sample_slices_first(tid)? else {
                detection.exited.push(tid);
                continue;
            };
            match first.state {
                RunState::Dead => {
                    self.listed_dead.insert(tid);
                    detection.exited.push(tid);
                }
                RunState::Asleep => detection.asleep.push(Sleeper {
                    tid,
                    first,
                    wake_up: WakeUp::Never,
                }),
                RunState::Running | RunState::Uninterruptible => {
                    if self.is_active(tid, first, detection) {
                        return Ok(Some(self.active_because_of(tid)));
                    }
                }
            }
        }
        Ok(None)
    }

    /// Ask for each thread that was found asleep when it will wake by itself. Returns what ends the detection.
    fn ask_wake_ups(&mut self, detection: &mut Detection<'_>) -> Option<Quiescence> {
        for sleeper in &mut detection.asleep {
            sleeper.wake_up = self.wake_up(sleeper.tid, sleeper.first.usage.slices);
            if sleeper.wake_up == WakeUp::Awake
                && detection.policy.wait(sleeper.tid) == Wait::UntilBudget
            {
                return Some(self.active_because_of(sleeper.tid));
            }
        }
        None
    }

    /// Sample for the second time the threads that were asleep, and keep those that slept all the while.
    /// Returns what ends the detection.
    fn sample_again(&mut self, detection: &mut Detection<'_>) -> io::Result<Option<Quiescence>> {
        let mut asleep = std::mem::take(&mut detection.asleep);
        let mut kept = 0;
        for i in 0..asleep.len() {
            let Sleeper { tid, first, .. } = asleep[i];
            let Some(second) = self.sample_state_first(tid)? else {
                return Ok(Some(Quiescence::ACTIVE));
            };
            if second.state == RunState::Asleep && second.usage.slices == first.usage.slices {
                asleep.swap(kept, i);
                kept += 1;
            } else if self.is_active(tid, second, detection) {
                return Ok(Some(self.active_because_of(tid)));
            }
        }
        asleep.truncate(kept);
        detection.asleep = asleep;
        Ok(None)
    }

    /// Whether a thread has exited whose exit may still wake another thread, or end its whole process.
    fn an_exit_may_have_effects(
        &mut self,
        held: &FxHashSet<i32>,
        detection: &Detection<'_>,
    ) -> io::Result<bool> {
        if !detection.exited.is_empty() {
            self.check_held = true;
            return Ok(true);
        }
        if self.check_held && !self.all_held_sleep(held)? {
            return Ok(true);
        }
        self.check_held = false;
        self.dead_held.clear();
        Ok(false)
    }

    /// Whether the threads with a held read sleep in their calls, which they do uninterruptibly. A thread that
    /// is killed wakes up there, and dies: when it is first found dead, its exit may still have effects.
    fn all_held_sleep(&mut self, held: &FxHashSet<i32>) -> io::Result<bool> {
        let mut all_sleep = true;
        for &tid in held {
            let sample = self.sample_slices_first(tid)?;
            all_sleep &= match sample.map(|sample| sample.state) {
                Some(RunState::Asleep | RunState::Uninterruptible) => true,
                Some(RunState::Running) => false,
                Some(RunState::Dead) | None => !self.dead_held.insert(tid),
            };
        }
        Ok(all_sleep)
    }

    /// Read the lists of processes and threads once more, and tell whether every thread was known.
    fn lists_are_complete(&mut self) -> io::Result<bool> {
        let before = self.threads.len();
        self.list()?;
        if self.threads.len() != before {
            return Ok(false);
        }
        self.new_threads = false;
        self.new_processes = false;
        Ok(true)
    }

    /// Until when the detector waits for threads that will wake by themselves, if it waits for any. `now` was
    /// read before the second samples.
    fn waits_for_sleepers(
        &mut self,
        detection: &mut Detection<'_>,
        now: Duration,
    ) -> Option<Duration> {
        let mut until: Option<Duration> = None;
        let policy = &mut *detection.policy;
        for sleeper in &detection.asleep {
            let tid = sleeper.tid;
            let wakes = match sleeper.wake_up {
                WakeUp::At(wakes) => wakes,
                WakeUp::Never => continue,
                WakeUp::Awake => now,
            };
            let slices = sleeper.first.usage.slices;
            let decision = policy.should_wait_for_sleeping(tid, slices, now, wakes);
            match (decision, policy.wait(tid)) {
                (SleepDecision::AtRest, _)
                | (SleepDecision::WaitUntil(_) | SleepDecision::ThreadBudgetSpent, Wait::Never) => {
                }
                (
                    SleepDecision::WaitUntil(_) | SleepDecision::ThreadBudgetSpent,
                    Wait::OneSlice,
                ) => detection.busy.push((tid, sleeper.first)),
                (SleepDecision::WaitUntil(end), Wait::UntilBudget) => {
                    until = Some(until.map_or(end, |until| until.min(end)));
                }
                (SleepDecision::ThreadBudgetSpent, Wait::UntilBudget)
                | (SleepDecision::SharedBudgetSpent, _) => self.ignored.push(tid),
            }
        }
        until
    }

    /// Whether some of the busy threads, which alone can run, are waited for. If not, all are ignored.
    fn waits_for_busy(&mut self, detection: Detection<'_>) -> bool {
        let Detection {
            policy,
            epoch,
            busy,
            ..
        } = detection;
        let running = u32::try_from(busy.len()).unwrap_or(u32::MAX);
        let mut any = false;
        for (tid, sample) in busy {
            any |= match self.cpu_time_if_dispatcher(tid, policy) {
                Some(cpu_time) => {
                    let usage = CpuUsage {
                        cpu_time,
                        ..sample.usage
                    };
                    policy.should_wait_for_dispatcher(tid, usage, running, epoch)
                }
                None => policy.should_wait_for_running(tid, sample.usage, epoch),
            };
            self.ignored.push(tid);
        }
        any
    }

    /// The processor time of a thread's process, if the thread may be a dispatcher. The kernel's clock is
    /// exact, where the files in `/proc` wait for a tick.
    fn cpu_time_if_dispatcher(&self, tid: i32, policy: &WaitPolicy) -> Option<Duration> {
        let thread = self.threads.get(&tid)?;
        if policy.may_be_dispatcher(tid) {
            self.sampler.cpu_time_of_process(thread.process)
        } else {
            None
        }
    }

    /// Whether the detector waits for a thread that can run. If not, the thread is ignored, or counts as busy.
    fn is_active(&mut self, tid: i32, sample: Sample, detection: &mut Detection<'_>) -> bool {
        let policy = &mut *detection.policy;
        match policy.wait(tid) {
            Wait::UntilBudget
                if policy.should_wait_for_running(tid, sample.usage, detection.epoch) =>
            {
                return true;
            }
            Wait::UntilBudget | Wait::Never => self.ignored.push(tid),
            Wait::OneSlice => detection.busy.push((tid, sample)),
        }
        false
    }

    fn active_because_of(&mut self, tid: i32) -> Quiescence {
        self.suspect = Some(tid);
        Quiescence::ACTIVE
    }

    /// Whether a thread that has just made a call is waited for. If not, it is ignored.
    pub(crate) fn is_waited_for(
        &mut self,
        tid: i32,
        policy: &mut WaitPolicy,
        epoch: Epoch,
    ) -> io::Result<bool> {
        if self.ignored.contains(&tid) {
            return Ok(false);
        }
        if policy.wait(tid) != Wait::Never {
            let Some(sample) = self.sample_slices_first(tid)? else {
                return Ok(true);
            };
            if policy.should_wait_for_running(tid, sample.usage, epoch) {
                return Ok(true);
            }
        }
        self.ignored.push(tid);
        Ok(false)
    }

    /// The threads that were not waited for when the program was last found quiescent.
    pub(crate) fn ignored(&self) -> &[i32] {
        &self.ignored
    }

    /// The program is about to make a thread, or a process.
    pub(crate) fn expect_more(&mut self, processes: bool) {
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
        self.threads
            .entry(tid)
            .or_insert_with(|| Thread::new(process));
        Ok(Some(process))
    }

    /// A thread calls for its own exit.
    pub(crate) fn ends(&mut self, tid: i32) {
        if let Some(thread) = self.threads.get_mut(&tid) {
            thread.exits = true;
        }
    }

    /// Thread and process of all that ran since this was last asked. Ask when the program is quiescent, as all
    /// threads have just been sampled then, except those with a held read: they are named later.
    ///
    /// How often a thread was given a processor depends on what else the machine does; whether it ran at all
    /// between two such moments does not. Of a thread that is not waited for, nothing is known.
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

    /// Thread and process of all that exited without a call since this was last asked.
    pub(crate) fn take_exited(&mut self) -> Vec<(i32, i32)> {
        std::mem::take(&mut self.exited)
    }

    /// The number of threads of the process that has most, if that may be more than `known`.
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

    fn forget_exited(&mut self, detection: &mut Detection<'_>) {
        for &tid in &detection.exited {
            detection.policy.forget(tid);
            let Some(thread) = self.threads.remove(&tid) else {
                continue;
            };
            self.open_handles -= usize::from(thread.keeps_handle);
            if !thread.exits {
                self.exited.push((tid, thread.process));
            }
        }
    }

    /// When a thread that was found asleep will wake by itself. Asked once for each of its sleeps.
    fn wake_up(&mut self, tid: i32, slices: u64) -> WakeUp {
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

    /// First the slices, then the state. `None` if the thread has exited.
    fn sample_slices_first(&mut self, tid: i32) -> io::Result<Option<Sample>> {
        self.sample(tid, |sampler, handle| {
            let Some(usage) = sampler.usage(handle)? else {
                return Ok(None);
            };
            let state = sampler.state(handle)?;
            Ok(state.map(|state| Sample { state, usage }))
        })
    }

    /// First the state, then the slices. `None` if the thread has exited.
    fn sample_state_first(&mut self, tid: i32) -> io::Result<Option<Sample>> {
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
            // A parent after `vfork` is at rest as long as its child is.
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
    fn list(&mut self) -> io::Result<()> {
        if self.new_processes {
            self.processes.extend(self.sampler.processes()?);
        }
        for process in self.processes.clone() {
            let (sampler, threads) = (&self.sampler, &mut self.threads);
            let listed_dead = &mut self.listed_dead;
            let exists = sampler.for_each_thread(process, |tid| {
                // A dead thread's number may come to stand for another thread.
                if listed_dead.contains(&tid) && sampler.is_dead(process, tid) {
                    return;
                }
                listed_dead.remove(&tid);
                threads.entry(tid).or_insert_with(|| Thread::new(process));
            });
            if !exists {
                self.processes.remove(&process);
            }
        }
        Ok(())
    }
}
