//! The budgets of sleep: the account of one thread, and that of several threads together. Pure.
//!
//! It never decides which threads share a budget; the wait policy does.

use std::time::Duration;

/// Real time that a thread may sleep between two accesses, as the sum of its sleeps. A program that sleeps longer after
/// each of 1000 files, to make the disk seem slow, runs for more than four minutes.
pub(super) const SLEEP_BUDGET: Duration = Duration::from_millis(250);

/// How often a thread may be given a processor in the sleeps before its next access. Most short sleeps begin and end
/// between two samples of the thread, so that their length is unknown; this number counts them.
const MAX_SLICES: u64 = 256;

/// How many of these slices count at most between two sleeps for which the detector waited. In between, other threads
/// may have worked for long, above all on a busy machine, and a thread that polls slept often meanwhile without
/// delaying anything.
const MAX_SLICES_BETWEEN_SLEEPS: u64 = 8;

/// Real time by which a timer may be late. If a thread still sleeps after that, something else than the timer must wake
/// it. The kernel's own default lateness is 50 microseconds. The rest is for a virtual machine: if its host takes a
/// processor away, the timers of this processor are late by tens of milliseconds, while the observer runs on another
/// one. An honest program has hardly any sleep for which this time is waited in vain, so it can be long.
const TIMER_LATENESS: Duration = Duration::from_millis(100);

/// Whether the detector waits for a thread that sleeps and will wake by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SleepDecision {
    /// The detector waits for the thread until this real time from the start.
    WaitUntil(Duration),
    /// The thread has used up its budget of sleep. The detector does not wait for it.
    ThreadBudgetSpent,
    /// All threads together have used up the budget of the step or of the run. The clock moves on without the threads
    /// that sleep.
    SharedBudgetSpent,
    /// The sleep is so long, or its timer so late, that the thread counts as at rest.
    AtRest,
}

/// What one thread slept since its last access.
#[derive(Debug, Default)]
pub(super) struct SleepAccount {
    /// The sum of its sleeps for which the detector waited.
    pub(super) total: Duration,
    /// How often the thread was given a processor between these sleeps, as far as it counts.
    slices: u64,
    /// The slices of the thread when its sleep was last considered.
    last_slices: Option<u64>,
    /// The last sleep for which the detector waited: the slices of the thread before it, which identify it, and when it
    /// ends.
    last: Option<(u64, Duration)>,
    /// Whether the detector refused to wait for the last sleep of the thread.
    pub(super) refused: bool,
}

impl SleepAccount {
    /// Whether this is another sleep than the last one for which the detector waited.
    pub(super) fn is_new(&self, slices: u64) -> bool {
        self.last.is_none_or(|(before, _)| before != slices)
    }

    /// Whether the budget of the thread allows a sleep of this length. The sleep counts as refused until it is
    /// accepted.
    pub(super) fn allows(&mut self, slices: u64, length: Duration) -> bool {
        self.refused = true;
        let before = self.last_slices.replace(slices).unwrap_or(slices);
        self.slices += slices.saturating_sub(before).min(MAX_SLICES_BETWEEN_SLEEPS);
        self.total + length <= SLEEP_BUDGET && self.slices <= MAX_SLICES
    }

    /// The detector waits for this sleep.
    pub(super) fn accept(&mut self, slices: u64, length: Duration, wakes: Duration) {
        self.refused = false;
        self.total += length;
        self.last = Some((slices, wakes));
    }

    /// Whether the detector still waits for the last sleep for which it waited.
    pub(super) fn decision(&self, now: Duration) -> SleepDecision {
        match self.last {
            Some((_, wakes)) if now < wakes + TIMER_LATENESS => {
                SleepDecision::WaitUntil(wakes.max(now))
            }
            _ => SleepDecision::AtRest,
        }
    }

    /// Begin a new budget.
    pub(super) fn restart(&mut self) {
        self.total = Duration::ZERO;
        self.slices = 0;
        self.last_slices = None;
    }
}

/// Real time in which at least one of several threads slept.
#[derive(Debug, Default)]
pub(super) struct SharedSleep {
    pub(super) total: Duration,
    /// When the last of these sleeps ends.
    until: Duration,
}

impl SharedSleep {
    /// Add a sleep, unless the total would exceed `budget`. Time in which several threads sleep is counted once.
    pub(super) fn add(&mut self, now: Duration, wakes: Duration, budget: Duration) -> bool {
        let total = self.total + wakes.saturating_sub(self.until.max(now));
        if total > budget {
            return false;
        }
        self.total = total;
        self.until = self.until.max(wakes);
        true
    }
}
