//! How much sleep is waited for: the account of one thread, and that of several together. Pure.

use std::time::Duration;

/// How much a thread may sleep between two accesses, as the sum over its sleeps. In real time, since a sleep
/// takes no processor time. A program that sleeps longer after each of 1000 files, to make the disk seem slow,
/// does not end within the usual limit on time.
pub(super) const SLEEP_BUDGET: Duration = Duration::from_millis(250);

/// How often a thread may be given a processor between its first sleep and its next access. Most short sleeps
/// begin and end unseen between two looks, and cannot be measured; the slices count them.
const MAX_SLICES: u64 = 256;

/// By how much real time a timer may be late. A thread that still sleeps later than that is woken by something
/// else. The kernel's own default lateness is 50 microseconds; the rest is for a virtual machine.
const TIMER_LATENESS: Duration = Duration::from_millis(2);

/// What it means for the program's rest that a thread sleeps and will wake by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SleepDecision {
    /// The detector waits for the thread until then, which is a real time from the start.
    WaitUntil(Duration),
    /// The thread has used up its budget of sleep: it is not waited for.
    ThreadBudgetSpent,
    /// All threads together have used up the budget of the round or of the run: the round goes on without
    /// the threads that sleep.
    SharedBudgetSpent,
    /// The sleep is so long that it counts as rest.
    AtRest,
}

/// What one thread slept since its last access.
#[derive(Debug, Default)]
pub(super) struct SleepAccount {
    /// The sum of its sleeps that were waited for.
    pub(super) total: Duration,
    /// How often the thread had been given a processor before the first of these sleeps.
    first_slices: Option<u64>,
    /// The sleep that was last waited for, known by the slices before it, and when it ends.
    last: Option<(u64, Duration)>,
    /// Whether the detector refused to wait for the last sleep of the thread.
    pub(super) refused: bool,
}

impl SleepAccount {
    /// Whether this is another sleep than the one that was last waited for.
    pub(super) fn is_new(&self, slices: u64) -> bool {
        self.last.is_none_or(|(before, _)| before != slices)
    }

    /// Whether the thread may still sleep so long. The sleep counts as refused until it is accepted.
    pub(super) fn allows(&mut self, slices: u64, length: Duration) -> bool {
        self.refused = true;
        let first = *self.first_slices.get_or_insert(slices);
        self.total + length <= SLEEP_BUDGET && slices.saturating_sub(first) <= MAX_SLICES
    }

    /// Wait for this sleep.
    pub(super) fn accept(&mut self, slices: u64, length: Duration, wakes: Duration) {
        self.refused = false;
        self.total += length;
        self.last = Some((slices, wakes));
    }

    /// What the sleep that was last waited for means now.
    pub(super) fn decision(&self, now: Duration) -> SleepDecision {
        match self.last {
            Some((_, wakes)) if now < wakes + TIMER_LATENESS => {
                SleepDecision::WaitUntil(wakes.max(now))
            }
            _ => SleepDecision::AtRest,
        }
    }

    /// What the thread slept so far was before its work, and not in place of it.
    pub(super) fn restart(&mut self) {
        self.total = Duration::ZERO;
        self.first_slices = None;
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
    /// Add a sleep, unless the total would exceed `budget`. What others sleep at the same time is counted once.
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
