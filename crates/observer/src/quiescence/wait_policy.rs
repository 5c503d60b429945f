//! How long the detector waits for a thread that is not at rest. Pure.
//!
//! A thread that runs may be about to read, so the detector waits for it. But a thread that spins, or that
//! sleeps a millisecond again and again, would stop the virtual clock for the rest of the run. So each thread has a
//! budget of processor time, and one of sleep, for the time until its next access. The first budget is not one of
//! real time, since the other work of the machine must not change a count.
//!
//! A thread that has used up its budget is *skipped*: the clock moves on without it. `thread_state` has the table of
//! what follows in later steps. In short: a skipped thread that has never read late is a *bystander*, and the
//! detector does not wait for it at all. When a bystander reads, the policy was wrong about bystanders, and trusts
//! all of them again. For a skipped thread that does read late the detector waits until the thread has run once after
//! all others had come to rest, since then it has noticed whatever they did.
//!
//! If several threads read, a bystander may be a *dispatcher*: a thread that hands out the work, and polls in a loop
//! which thread is free. So in this case the detector waits for a bystander until it has used some processor time
//! since the others came to rest, in which it would have found a free thread. The observer ends this when the run
//! has spent too much time on it.
//!
//! A bystander that sleeps between its polls makes each of these waits as long as its sleeps. Most such threads hand
//! out nothing: they show progress, or watch over the others. So a bystander has a budget of sleep of its own, and
//! gets a new one whenever other threads work after it ran while all of them were at rest. When the budget is used
//! up, the detector waits for the bystander only while it runs, and not while it sleeps.
//!
//! The wait policy never asks the kernel; the detector gives it all samples.

mod sleep_budget;
mod thread_state;

use std::time::Duration;

use rustc_hash::FxHashMap;

pub(crate) use self::{sleep_budget::SleepDecision, thread_state::Wait};
use self::{
    sleep_budget::{SLEEP_BUDGET, SharedSleep, SleepAccount},
    thread_state::{Event, ThreadState},
};
use super::sampler::CpuUsage;

/// Processor time that a thread which has read may use until its next read. To parse and to add the numbers of a
/// small file takes far less.
const CPU_BUDGET: Duration = Duration::from_millis(50);

/// Processor time that all threads which have not read yet share. Most likely they will never read, and a program
/// may have hundreds of them. Eight budgets of one thread.
const CPU_BUDGET_OF_NON_READERS: Duration = Duration::from_millis(400);

/// Processor time that each thread which has not read yet may use at least, however many share their budget. A thread
/// needs less from its start to its first read.
const MIN_CPU_BUDGET: Duration = Duration::from_millis(20);

/// Processor time of all threads together that exited without having read. When it is used up, the detector waits for
/// no further thread that has not read. Without it a program could start one computing thread after the other, each
/// with a new budget. Twenty budgets of one thread.
const CPU_BUDGET_OF_EXITED_NON_READERS: Duration = Duration::from_secs(1);

/// Real time in the whole run in which some thread that has not read yet sleeps, and the detector waits for it.
/// Without it a program could start a thread that sleeps for each file, and every step would last as long as a sleep.
/// Eight budgets of sleep of one thread.
const SLEEP_BUDGET_OF_NON_READERS: Duration = Duration::from_secs(2);

/// Real time in one step in which some thread sleeps, and the detector waits for it. It is far less than the real time
/// after which the observation of a program that is not quiescent ends. After it the clock moves on without the threads
/// that sleep, and they stay trusted.
const SLEEP_BUDGET_OF_STEP: Duration = Duration::from_secs(3);

/// Real time in the whole run in which some thread sleeps, and the detector waits for it. A program that sleeps between
/// its reads is observed to its end if it runs for less than this, and no program can sleep until a limit of the
/// observer ends the observation.
const SLEEP_BUDGET_OF_RUN: Duration = Duration::from_secs(12);

/// Processor time that a dispatcher may use since the others came to rest. To find a free thread and to give it the
/// next file takes far less.
const DISPATCHER_BUDGET: Duration = Duration::from_millis(2);

/// How often a dispatcher may be given a processor since the others came to rest. A dispatcher that yields before
/// it polls again uses hardly any processor time on a busy machine, and in eight slices it has polled as often as in
/// its budget of processor time.
const DISPATCHER_SLICES: u64 = 8;

/// A point in the run, for comparing what a thread has used since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Epoch {
    /// The number of steps so far.
    pub(crate) step: u32,
    /// Counts up with everything that the threads do for which the detector waits. A thread that spins has
    /// seen nothing new since this number last changed.
    pub(crate) activity: u64,
}

/// What is known of one thread.
#[derive(Debug, Default)]
struct Thread {
    state: ThreadState,
    has_read: bool,
    /// What the thread had used at the start of the present budget, and when that was.
    budget_start: Option<(Epoch, CpuUsage)>,
    /// The thread's whole processor time at its last sample.
    cpu_time: Duration,
    sleep: SleepAccount,
    /// What the thread slept as a bystander that may be a dispatcher, since it last handed out work.
    sleep_as_dispatcher: SleepAccount,
}

/// Decides for each thread of one program how long the detector waits for it.
#[derive(Debug, Default)]
pub(crate) struct WaitPolicy {
    threads: FxHashMap<i32, Thread>,
    /// How many of these threads have read.
    readers: usize,
    /// Sleep of the threads that had not read yet.
    sleep_of_non_readers: SharedSleep,
    /// Sleep of all threads in this step.
    sleep_of_step: SharedSleep,
    /// Sleep of all threads in the run.
    sleep_of_run: SharedSleep,
    /// Processor time of the threads that exited without having read.
    cpu_of_exited_non_readers: Duration,
    /// Whether the detector does not wait for dispatchers any more.
    ignores_dispatchers: bool,
    /// Whether a bystander may be a dispatcher even if only one thread reads.
    one_reader_suffices: bool,
}

impl WaitPolicy {
    /// The policy for a program whose order of output counts. A thread that polls until one other thread has read is then
    /// waited for as a dispatcher is, since it may print what was read.
    pub(crate) fn of_printing_program() -> Self {
        Self {
            one_reader_suffices: true,
            ..Self::default()
        }
    }

    fn may_have_dispatchers(&self) -> bool {
        self.readers > usize::from(!self.one_reader_suffices) && !self.ignores_dispatchers
    }

    /// Whether the detector waits in this step for a thread that can run.
    pub(crate) fn should_wait_for_running(
        &mut self,
        tid: i32,
        usage: CpuUsage,
        epoch: Epoch,
    ) -> bool {
        let budget_of_non_reader = self.budget_of_non_reader();
        let thread = self.threads.entry(tid).or_default();
        let budget = if thread.has_read {
            CPU_BUDGET
        } else {
            budget_of_non_reader
        };
        thread.cpu_time = usage.cpu_time;
        let until_budget = thread.state.wait() == Wait::UntilBudget;
        let same_budget = |(start, _): &(Epoch, CpuUsage)| {
            start.step == epoch.step && (until_budget || start.activity == epoch.activity)
        };
        let Some((_, before)) = thread.budget_start.filter(same_budget) else {
            thread.budget_start = Some((epoch, usage));
            return !budget.is_zero();
        };
        let cpu_time = usage.cpu_time.saturating_sub(before.cpu_time);
        if until_budget {
            cpu_time < budget
        } else {
            // The kernel updates processor time at its ticks; a second slice proves as much.
            cpu_time.is_zero() && usage.slices <= before.slices + 1
        }
    }

    /// The processor time that one thread which has not read may use.
    fn budget_of_non_reader(&self) -> Duration {
        let non_readers = self.threads.len().saturating_sub(self.readers).max(1);
        let share = CPU_BUDGET_OF_NON_READERS / u32::try_from(non_readers).unwrap_or(u32::MAX);
        let left = CPU_BUDGET_OF_EXITED_NON_READERS.saturating_sub(self.cpu_of_exited_non_readers);
        share.clamp(MIN_CPU_BUDGET, CPU_BUDGET).min(left)
    }

    /// Whether every thread is trusted.
    pub(crate) fn trusts_all(&self) -> bool {
        self.threads
            .values()
            .all(|thread| thread.state.wait() == Wait::UntilBudget)
    }

    /// How long the detector waits for a thread.
    pub(crate) fn wait(&self, tid: i32) -> Wait {
        if self.may_be_dispatcher(tid) {
            return Wait::OneSlice;
        }
        self.threads
            .get(&tid)
            .map_or(Wait::UntilBudget, |thread| thread.state.wait())
    }

    /// Whether a thread is a bystander that may hand out work to others.
    pub(crate) fn may_be_dispatcher(&self, tid: i32) -> bool {
        self.may_have_dispatchers()
            && self
                .threads
                .get(&tid)
                .is_some_and(|thread| thread.state.is_bystander())
    }

    /// A thread has used up its budget of sleep. If it may be a dispatcher, it is a bystander from now on, and the
    /// detector waits for it as for a dispatcher already in this step: its sleeps add up from step to step, so it may
    /// not have looked for a free thread in this one. Returns whether this is so.
    pub(crate) fn take_for_dispatcher(&mut self, tid: i32) -> bool {
        if !self.may_have_dispatchers() {
            return false;
        }
        let Some(thread) = self.threads.get_mut(&tid) else {
            return false;
        };
        if thread.has_read {
            return false;
        }
        thread.state.on(Event::Skipped);
        thread.state.is_bystander()
    }

    /// Whether the detector waits for a thread that may be a dispatcher, now that all others are at rest.
    /// `usage` has the slices of the thread and the processor time of its whole process, which `running`
    /// threads have shared.
    pub(crate) fn should_wait_for_dispatcher(
        &mut self,
        tid: i32,
        usage: CpuUsage,
        running: u32,
        epoch: Epoch,
    ) -> bool {
        let thread = self.threads.entry(tid).or_default();
        let ThreadState::Bystander { dispatcher_since } = &mut thread.state else {
            return false;
        };
        match dispatcher_since {
            Some((since, before)) if *since == epoch => {
                let cpu_time = usage.cpu_time.saturating_sub(before.cpu_time);
                cpu_time < DISPATCHER_BUDGET.saturating_mul(running)
                    && !thread.state.has_polled_often(usage.slices, epoch)
            }
            other => {
                // All others were at rest, and in the same step they worked after this thread ran.
                if other.is_some_and(|(since, before)| {
                    since.step == epoch.step && usage.slices > before.slices
                }) {
                    thread.sleep_as_dispatcher.restart();
                }
                *other = Some((epoch, usage));
                true
            }
        }
    }

    /// Whether the detector waits for a sleep of a thread that may be a dispatcher. It does not if the thread has
    /// slept for its whole budget and handed out nothing. Both `now` and `wakes` are real times from the start.
    ///
    /// After a thread has polled often enough since the others came to rest, `should_wait_for_dispatcher` ends the wait.
    /// What the thread sleeps while the detector still waits for another thread is not charged to it.
    pub(crate) fn should_wait_for_sleeping_dispatcher(
        &mut self,
        tid: i32,
        slices: u64,
        now: Duration,
        wakes: Duration,
        epoch: Epoch,
    ) -> bool {
        let thread = self.threads.entry(tid).or_default();
        if thread.state.has_polled_often(slices, epoch) {
            return true;
        }
        let account = &mut thread.sleep_as_dispatcher;
        if account.is_new(slices) {
            let length = wakes.saturating_sub(now);
            if !account.allows(slices, length) {
                return false;
            }
            account.accept(slices, length, wakes);
        }
        true
    }

    /// From now on the detector waits for no bystander, even if it may be a dispatcher.
    pub(crate) fn stop_waiting_for_dispatchers(&mut self) {
        self.ignores_dispatchers = true;
    }

    /// Whether the detector waits for a thread that sleeps, and will wake by itself at `wakes`. Both `now` and `wakes`
    /// are real times from the start.
    pub(crate) fn should_wait_for_sleeping(
        &mut self,
        tid: i32,
        slices: u64,
        now: Duration,
        wakes: Duration,
    ) -> SleepDecision {
        let thread = self.threads.entry(tid).or_default();
        let length = wakes.saturating_sub(now);
        if length > SLEEP_BUDGET {
            return SleepDecision::AtRest;
        }
        if thread.sleep.is_new(slices) {
            if !thread.sleep.allows(slices, length) {
                return SleepDecision::ThreadBudgetSpent;
            }
            if !thread.has_read
                && !self
                    .sleep_of_non_readers
                    .add(now, wakes, SLEEP_BUDGET_OF_NON_READERS)
            {
                return SleepDecision::ThreadBudgetSpent;
            }
            if !self.sleep_of_step.add(now, wakes, SLEEP_BUDGET_OF_STEP)
                || !self.sleep_of_run.add(now, wakes, SLEEP_BUDGET_OF_RUN)
            {
                return SleepDecision::SharedBudgetSpent;
            }
            thread.sleep.accept(slices, length, wakes);
        }
        thread.sleep.decision(now)
    }

    /// A thread creates another one. So it works, and gets a new budget of sleep. If it was skipped because it slept,
    /// it is trusted again; if it was skipped because of the processor time that it used, it is not.
    pub(crate) fn on_clone(&mut self, tid: i32) {
        self.restart_sleep(tid);
        let thread = self.threads.entry(tid).or_default();
        if std::mem::take(&mut thread.sleep.refused) && !thread.has_read {
            thread.state.on(Event::StartedThread);
        }
    }

    /// Give a thread a new budget of sleep, since it works.
    fn restart_sleep(&mut self, tid: i32) {
        let thread = self.threads.entry(tid).or_default();
        if !thread.has_read {
            let total = &mut self.sleep_of_non_readers.total;
            *total = total.saturating_sub(thread.sleep.total);
        }
        thread.sleep.restart();
    }

    /// Begin the next step. Returns the real time in the last one in which some thread slept and the detector waited
    /// for it.
    pub(crate) fn next_step(&mut self) -> Duration {
        std::mem::take(&mut self.sleep_of_step).total
    }

    /// Real time in the whole run in which some thread slept and the detector waited for it.
    pub(crate) fn slept(&self) -> Duration {
        self.sleep_of_run.total
    }

    /// A thread reads a data file. So it works, and gets new budgets.
    pub(crate) fn on_read(&mut self, tid: i32) {
        self.restart_sleep(tid);
        let thread = self.threads.entry(tid).or_default();
        if !thread.has_read {
            thread.has_read = true;
            self.readers += 1;
        }
        let was_bystander = thread.state.is_bystander();
        thread.state.on(Event::Read);
        if was_bystander {
            self.trust_bystanders();
        }
    }

    /// A bystander has read. So all bystanders are trusted again, with new budgets.
    fn trust_bystanders(&mut self) {
        for thread in self.threads.values_mut() {
            if thread.state.is_bystander() {
                let mut state = thread.state;
                state.on(Event::BystanderRead);
                *thread = Thread {
                    state,
                    has_read: thread.has_read,
                    ..Thread::default()
                };
            }
        }
    }

    /// The clock moved on without waiting for these threads.
    pub(crate) fn mark_skipped(&mut self, tids: &[i32]) {
        for tid in tids {
            if let Some(thread) = self.threads.get_mut(tid) {
                thread.state.on(Event::Skipped);
            }
        }
    }

    /// A thread has exited.
    pub(crate) fn forget(&mut self, tid: i32) {
        if let Some(exited) = self.threads.remove(&tid) {
            self.readers -= usize::from(exited.has_read);
            if !exited.has_read {
                self.cpu_of_exited_non_readers += exited.cpu_time;
            }
        }
    }
}

#[cfg(test)]
mod tests;
