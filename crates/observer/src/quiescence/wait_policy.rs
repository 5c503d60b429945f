//! How long the detector waits for a thread that is not at rest. Pure.
//!
//! A thread that runs may be about to read, so the detector waits for it. But a thread that spins, or that
//! sleeps a millisecond again and again, would stop the virtual clock for ever. So each thread has a budget of
//! processor time, and one of sleep, for the time until its next access. The budget is in processor time, not
//! in real time: what else the machine does must not change a count.
//!
//! A thread that has used up its budget is skipped: the round passes without it. `thread_state` says what that
//! means for the following rounds, in a table. In short: a skipped thread that has never read late is a
//! *bystander* and is not waited for at all; when a bystander reads, nothing is known of the other bystanders
//! any more, and all of them are trusted again. A skipped thread that does read late is waited for until it
//! was seen to run after all others had come to rest, so that it saw what there was to see.
//!
//! Where several threads read, a bystander may be a *dispatcher*: it hands out the work, and asks in a loop
//! which thread is free. So where several threads read, a bystander is waited for until it has used some
//! processor time since the others came to rest, in which it would have found a free thread; unless that takes
//! too long in all.

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

/// Processor time that a thread which has read may use until its next read. Far more than any exercise
/// computes between two files of 20 lines.
const CPU_BUDGET: Duration = Duration::from_millis(50);

/// Processor time that all threads which have not read yet share. Most likely they never will, and a
/// program may have hundreds of them.
const CPU_BUDGET_OF_NON_READERS: Duration = Duration::from_millis(400);

/// Processor time that each thread may use at least, however many share the budget above. More than a thread
/// needs to begin.
const MIN_CPU_BUDGET: Duration = Duration::from_millis(20);

/// Processor time of all threads that exited without having read, after which no further thread that has not
/// read is waited for. Without it a thread that only computes, and starts the next such thread, would begin
/// with a new budget for ever. Twenty budgets of one thread.
const CPU_BUDGET_OF_EXITED_NON_READERS: Duration = Duration::from_secs(1);

/// Real time in the whole run in which any thread that has not read yet may sleep. Without it a new sleeper for
/// each file would make every round as long as a sleep. Eight budgets of sleep of one thread.
const SLEEP_BUDGET_OF_NON_READERS: Duration = Duration::from_secs(2);

/// Real time in one round in which any thread may sleep. Far less than the time in which a round must come.
/// After it the round goes on without the threads that sleep, and that is not counted against them.
const SLEEP_BUDGET_OF_ROUND: Duration = Duration::from_secs(3);

/// Real time in the whole run in which any thread may sleep. More than the usual limit on time, so that a
/// program that sleeps between its reads is counted to the end, and no program sleeps until the observer gives
/// up counting.
const SLEEP_BUDGET_OF_RUN: Duration = Duration::from_secs(12);

/// Processor time of a dispatcher since the others came to rest. Far more than it takes to find a free thread
/// and to give it the next file.
const DISPATCHER_BUDGET: Duration = Duration::from_millis(2);

/// How often a dispatcher is given a processor since the others came to rest. A dispatcher that yields before
/// it asks again uses next to no processor time on a busy machine, and eight slices prove as much as its
/// budget of processor time.
const DISPATCHER_SLICES: u64 = 8;

/// A point in the run, for comparing what a thread has used since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Epoch {
    /// The number of rounds so far.
    pub(crate) round: u32,
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
}

/// For how long each thread is waited for.
#[derive(Debug, Default)]
pub(crate) struct WaitPolicy {
    threads: FxHashMap<i32, Thread>,
    /// How many of these threads have read.
    readers: usize,
    /// Sleep of the threads that had not read yet.
    sleep_of_non_readers: SharedSleep,
    /// Sleep of all threads in this round.
    sleep_of_round: SharedSleep,
    /// Sleep of all threads in the run.
    sleep_of_run: SharedSleep,
    /// Processor time of the threads that exited without having read.
    cpu_of_exited_non_readers: Duration,
    /// Whether dispatchers have been waited for long enough.
    ignores_dispatchers: bool,
}

impl WaitPolicy {
    /// Whether the detector waits in this round for a thread that can run.
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
            start.round == epoch.round && (until_budget || start.activity == epoch.activity)
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

    /// Whether a bystander may be handing out work.
    pub(crate) fn may_be_dispatcher(&self, tid: i32) -> bool {
        self.readers > 1
            && !self.ignores_dispatchers
            && self
                .threads
                .get(&tid)
                .is_some_and(|thread| thread.state.is_bystander())
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
                    && usage.slices < before.slices + DISPATCHER_SLICES
            }
            _ => {
                *dispatcher_since = Some((epoch, usage));
                true
            }
        }
    }

    /// From now on no bystander is waited for, even if it may be a dispatcher.
    pub(crate) fn stop_waiting_for_dispatchers(&mut self) {
        self.ignores_dispatchers = true;
    }

    /// What it means that a thread sleeps, and will wake by itself at `wakes`. Both `now` and `wakes` are real
    /// times from the start.
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
            if !self.sleep_of_round.add(now, wakes, SLEEP_BUDGET_OF_ROUND)
                || !self.sleep_of_run.add(now, wakes, SLEEP_BUDGET_OF_RUN)
            {
                return SleepDecision::SharedBudgetSpent;
            }
            thread.sleep.accept(slices, length, wakes);
        }
        thread.sleep.decision(now)
    }

    /// A thread starts another one: what it slept was before its work, and not in place of it. A thread that
    /// was skipped because of the processor time that it used stays so.
    pub(crate) fn on_clone(&mut self, tid: i32) {
        self.restart_sleep(tid);
        let thread = self.threads.entry(tid).or_default();
        if std::mem::take(&mut thread.sleep.refused) && !thread.has_read {
            thread.state.on(Event::StartedThread);
        }
    }

    /// What a thread slept so far was before its work.
    fn restart_sleep(&mut self, tid: i32) {
        let thread = self.threads.entry(tid).or_default();
        if !thread.has_read {
            let total = &mut self.sleep_of_non_readers.total;
            *total = total.saturating_sub(thread.sleep.total);
        }
        thread.sleep.restart();
    }

    /// A round is over. Returns the real time in it in which some thread slept and was waited for.
    pub(crate) fn next_round(&mut self) -> Duration {
        std::mem::take(&mut self.sleep_of_round).total
    }

    /// Real time in the whole run in which some thread slept and was waited for.
    pub(crate) fn slept(&self) -> Duration {
        self.sleep_of_run.total
    }

    /// A thread reads a data file: it was working.
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

    /// A bystander has read: nothing is known of the other bystanders but whether they have read.
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

    /// A round passed without waiting for these threads.
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
