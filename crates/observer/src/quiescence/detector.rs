//! Whether there was an instant at which no thread of the program could run: termination detection from outside.
//! Everything that the kernel knows comes through a [`Sampler`].
//!
//! # Theory of operation
//!
//! Threads cannot be sampled all at once. But a thread that sleeps, and that later sleeps and was not given a
//! processor in between (`/proc/PID/task/TID/schedstat` counts that), slept all the while. So each thread is
//! sampled twice: first its slices then its state, and when all threads were found asleep, its state then its
//! slices. If nothing changed, then all of them slept at once, at the instant between the two sets of samples;
//! and as only a running thread can wake another, nothing will ever happen until a held read returns.
//!
//! What a thread waits for, and when a timer wakes it, is asked between its two samples: so the answer is about
//! the sleep that the samples have seen, and not about the next one. The clock is read between the samples as well, so
//! that a timer is not taken for late if it fires after them.
//!
//! The list of threads is read again only after a call that creates a thread. The observer sees that call before
//! the kernel carries it out, so the new thread may not be in a list that was read meanwhile. In that case the
//! list is read once more after the second samples, when no thread can be creating one. A thread that is ignored,
//! or that is given one more slice, may be creating one even then: the lists stay stale until it has come to rest, or
//! until as many threads were found as there were such calls.
//!
//! A thread that has just exited may have woken another thread that does not run yet: a detection in which a
//! thread is found to have exited finds no quiescence. And the thread may have ended its whole process, whose
//! other threads then die while their reads are held: in the next detection the threads with a held read must
//! be asleep as well.
//!
//! The kernel may give the number of a thread that has exited to a new one before a detection notices the exit. A list
//! has only numbers, so the new thread was taken for the first: when the exit is noticed, the lists are read again.
//!
//! The detector never decides how long it waits for a thread that runs; the wait policy does.

use std::{io, time::Duration};

use rustc_hash::FxHashSet;

use super::{
    sampler::{CpuUsage, RunState, Sampler},
    sleep::WakeUp,
    threads::{Sample, ThreadTable},
    wait_policy::{Epoch, SleepDecision, Wait, WaitPolicy},
};

/// What a detection found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quiescence {
    /// There was an instant at which no thread could run, except the ignored ones.
    Quiescent,
    /// A call of the program waits for a response, so the program is active.
    CallPending,
    /// Some thread can run.
    Active {
        /// False if only skipped threads can run. The detector is about to ignore them.
        waited_for: bool,
    },
    /// No thread can run, but one will wake by itself at this real time from the start.
    AsleepUntil(Duration),
}

impl Quiescence {
    const ACTIVE: Self = Self::Active { waited_for: true };
}

/// Finds out whether a program is quiescent, again and again.
#[derive(Debug)]
pub(crate) struct QuiescenceDetector<S: Sampler> {
    threads: ThreadTable<S>,
    /// The thread that kept the program active in the last detection: it probably still does.
    suspect: Option<i32>,
    /// Threads that can run, or will wake by themselves, and for which the last detection did not wait.
    ignored: Vec<i32>,
    /// Those of them that can run, and for which it did not wait because they have used up their budget of processor
    /// time in this step.
    spinning: Vec<i32>,
    /// Whether to check the threads with a held read: a thread exited, and its whole process may have ended.
    check_held: bool,
    /// Threads with a held read that were found dead since that exit.
    dead_held: FxHashSet<i32>,
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
    /// Threads that can run, and for which the detector waits until they have run once since all others came to rest.
    busy: Vec<(i32, Sample)>,
    exited: Vec<i32>,
}

impl<S: Sampler> QuiescenceDetector<S> {
    /// A detector for the program whose first process is `root`.
    pub(crate) fn new(sampler: S, root: i32) -> Self {
        Self {
            threads: ThreadTable::new(sampler, root),
            suspect: None,
            ignored: Vec::new(),
            spinning: Vec::new(),
            check_held: false,
            dead_held: FxHashSet::default(),
        }
    }

    /// The threads of the program, to ask which of them ran or exited.
    pub(crate) fn threads(&mut self) -> &mut ThreadTable<S> {
        &mut self.threads
    }

    /// See [`ThreadTable::expect_new_threads`].
    pub(crate) fn expect_new_threads(&mut self, creator: i32, processes: bool) {
        self.threads.expect_new_threads(creator, processes);
    }

    /// See [`ThreadTable::process_of`].
    pub(crate) fn process_of(&mut self, tid: i32) -> io::Result<Option<i32>> {
        self.threads.process_of(tid)
    }

    /// See [`ThreadTable::mark_exiting`].
    pub(crate) fn mark_exiting(&mut self, tid: i32) {
        self.threads.mark_exiting(tid);
    }

    /// Find out whether the program is quiescent. The threads in `held` have a held read and cannot run; those in
    /// `awake` probably run.
    pub(crate) fn detect(
        &mut self,
        held: &FxHashSet<i32>,
        awake: &FxHashSet<i32>,
        policy: &mut WaitPolicy,
        epoch: Epoch,
    ) -> io::Result<Quiescence> {
        self.ignored.clear();
        self.spinning.clear();
        let lists_are_stale = self.threads.lists_are_stale();
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
        if !awake.is_empty()
            && detection.policy.trusts_all()
            && self.threads.sampler().call_is_pending()?
        {
            return Ok(Quiescence::CallPending);
        }
        if lists_are_stale {
            self.threads.list()?;
            let listed = self.threads.numbers().collect();
            if let Some(found) = self.sample_first(listed, &mut detection)? {
                return Ok(found);
            }
        }
        self.forget_exited(&mut detection)?;
        if let Some(found) = self.ask_wake_ups(&mut detection) {
            return Ok(found);
        }
        let now = self.threads.sampler().now();
        if let Some(found) = self.sample_again(&mut detection)? {
            return Ok(found);
        }
        if self.an_exit_may_have_effects(held, &detection)?
            || (lists_are_stale && !self.lists_are_complete(&detection)?)
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
        let likely = likely.filter(|&tid| self.threads.contains(tid));
        likely.chain(self.threads.numbers()).collect()
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
            let Some(first) = self.threads.sample_slices_first(tid)? else {
                detection.exited.push(tid);
                continue;
            };
            match first.state {
                RunState::Dead => {
                    self.threads.mark_dead(tid);
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
            sleeper.wake_up = self
                .threads
                .wake_up(sleeper.tid, sleeper.first.usage.slices);
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
            let Some(second) = self.threads.sample_state_first(tid)? else {
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

    /// See [`ThreadTable::lists_are_complete`].
    fn lists_are_complete(&mut self, detection: &Detection<'_>) -> io::Result<bool> {
        let busy = detection.busy.iter().map(|(tid, _)| *tid);
        let can_run = busy.chain(self.ignored.iter().copied()).collect();
        self.threads.lists_are_complete(&can_run)
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
            let sample = self.threads.sample_slices_first(tid)?;
            all_sleep &= match sample.map(|sample| sample.state) {
                Some(RunState::Asleep | RunState::Uninterruptible) => true,
                Some(RunState::Running) => false,
                // The read is that of a later thread with the same number, which the next detection samples.
                None if self.threads.has_successor(tid)? => false,
                Some(RunState::Dead) | None => !self.dead_held.insert(tid),
            };
        }
        Ok(all_sleep)
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
                ) => {
                    if !policy.may_be_dispatcher(tid)
                        || policy.should_wait_for_sleeping_dispatcher(
                            tid,
                            slices,
                            now,
                            wakes,
                            detection.epoch,
                        )
                    {
                        detection.busy.push((tid, sleeper.first));
                    }
                }
                (SleepDecision::WaitUntil(end), Wait::UntilBudget) => {
                    until = Some(until.map_or(end, |until| until.min(end)));
                }
                (SleepDecision::ThreadBudgetSpent, Wait::UntilBudget)
                    if policy.take_for_dispatcher(tid) =>
                {
                    detection.busy.push((tid, sleeper.first));
                }
                (SleepDecision::ThreadBudgetSpent, Wait::UntilBudget)
                | (SleepDecision::SharedBudgetSpent, _) => self.ignored.push(tid),
            }
        }
        until
    }

    /// Whether the detector waits for one of the busy threads, now that only these can run. If not, it ignores all.
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
        if policy.may_be_dispatcher(tid) {
            self.threads.cpu_time_of_process(tid)
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
            Wait::UntilBudget => {
                self.ignored.push(tid);
                self.spinning.push(tid);
            }
            Wait::Never => self.ignored.push(tid),
            Wait::OneSlice => detection.busy.push((tid, sample)),
        }
        false
    }

    fn active_because_of(&mut self, tid: i32) -> Quiescence {
        self.suspect = Some(tid);
        Quiescence::ACTIVE
    }

    /// Whether the detector waits for a thread that has just made a call. If not, it ignores the thread.
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
            let Some(sample) = self.threads.sample_slices_first(tid)? else {
                return Ok(true);
            };
            if policy.should_wait_for_running(tid, sample.usage, epoch) {
                return Ok(true);
            }
        }
        self.ignored.push(tid);
        Ok(false)
    }

    /// The threads for which the detector did not wait when it last found the program quiescent.
    pub(crate) fn ignored(&self) -> &[i32] {
        &self.ignored
    }

    /// Those of the ignored threads that have used up their budget of processor time in this step.
    pub(crate) fn spinning(&self) -> &[i32] {
        &self.spinning
    }

    fn forget_exited(&mut self, detection: &mut Detection<'_>) -> io::Result<()> {
        for &tid in &detection.exited {
            detection.policy.forget(tid);
            self.threads.remove(tid)?;
        }
        Ok(())
    }
}
