//! For how long a thread that is not at rest is waited for. Pure.
//!
//! A thread that runs may be about to read, so it is waited for. But a thread that spins, or that sleeps
//! a millisecond again and again, would stop the virtual clock for ever. So each has an allowance of
//! processor time, and one of sleep, for the time until its next access. Processor time, not real time:
//! what else the machine does must not change a count.
//!
//! A thread that used up its allowance is *given up*: from then on it is waited for only until it was
//! seen to run after all others had come to rest, so that it saw what there was to see. If it then reads
//! in a later round, it may have waited for another thread, spinning, or it may have computed for long.
//! So it is tried again with a full allowance, after its first such read, the second, the fourth and so
//! on; and if it reads by itself, it is no longer given up. One that has been given up and has not read
//! since is decoration, for all that is known, and not waited for at all; when one of them reads, nothing
//! is known of the others any more, and they are waited for again.
//!
//! Where several threads read, decoration may be who hands out the work, and asks in a loop who is free. So
//! there it is waited for until it has used some processor time since the others came to rest, in which it
//! would have found somebody; unless that takes too long in all.

use std::time::Duration;

use rustc_hash::FxHashMap;

/// Far more than anybody computes between two files of 20 lines.
const PROCESSOR: Duration = Duration::from_millis(50);

/// For all threads together that have not read yet: most likely they never will.
const PROCESSOR_UNREAD: Duration = Duration::from_millis(400);

/// However many they are, each of them gets so much: more than it takes to begin.
const PROCESSOR_LEAST: Duration = Duration::from_millis(20);

/// For all sleeps of a thread between two accesses together. Whoever sleeps longer after each of 1000
/// files, to make the disk seem slow, does not end within the usual limit on time.
const SLEEP: Duration = Duration::from_millis(250);

/// For the sleeps of all threads that have not read yet, as real time in which any of them sleeps: or a new
/// sleeper for each file would make every round as long as a sleep.
const SLEEP_UNREAD: Duration = Duration::from_secs(2);

/// For all sleeps of one round, counted likewise: far less than the time in which a round must come. After it
/// the round goes on without those who sleep, and that is nothing against them.
const SLEEP_A_ROUND: Duration = Duration::from_secs(3);

/// For all sleeps of the whole run, counted likewise: more than the usual limit on time, so that whoever
/// sleeps honestly between reads is counted to the end, and nobody sleeps until counting is given up.
const SLEEP_IN_ALL: Duration = Duration::from_secs(12);

/// Sleeps of a thread between two accesses. Many are too short to be seen and measured.
const NAPS: u64 = 256;

/// Processor time of all threads that ended and had not read: a thread that only computes and starts the
/// next such one would begin anew for ever.
const PROCESSOR_IN_VAIN: Duration = Duration::from_secs(1);

/// Far more than it takes to see who is free, and to give him the next file.
const HANDS_OUT: Duration = Duration::from_millis(2);

/// Who asks, and lets others run before asking again, uses next to no processor time on a busy machine. Being
/// given a processor so often proves as much.
const ASKS: u64 = 8;

/// How a thread is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Until its allowance is used up.
    Full,
    /// Until it has run once since the others came to rest.
    Short,
    /// Not at all.
    Ignored,
}

/// What a sleep that will end by itself means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nap {
    /// It is waited for, until then (real time from the start).
    Until(Duration),
    /// The thread has slept enough: it is given up.
    UsedUp,
    /// All together have: the round goes on without whoever sleeps.
    NoMore,
    /// It is so long that it is rest.
    Rest,
}

/// What the kernel tells of a thread at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Used {
    /// Processor time until the last tick.
    pub(super) processor: Duration,
    /// How often it was given a processor.
    pub(super) slices: u64,
}

/// A point in the run, for comparing what a thread has used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    /// Rounds until now.
    pub(super) round: u32,
    /// Changes with everything that the others do. One who spins saw nothing new since it last changed.
    pub(super) stir: u64,
}

/// What is thought of a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trust {
    Full,
    GivenUp,
    /// Given up, and tried once more.
    Trial,
}

#[derive(Debug)]
struct Thread {
    has_read: bool,
    /// The moment at which `base` was taken.
    moment: Option<Moment>,
    base: Used,
    trust: Trust,
    /// Processor time in all, when it was last looked at.
    burned: Duration,
    /// Whether a round passed without it since its last read.
    passed_over: bool,
    /// Reads after a round had passed without it, and the number of them that brings the next trial.
    late_reads: u32,
    next_trial: u32,
    slept: Duration,
    /// Whether it was last not waited for since it slept.
    overslept: bool,
    /// The slices before the first of these sleeps.
    first_nap: Option<u64>,
    /// The sleep (known by the slices before it) that was last added, and when it ends.
    sleep: Option<(u64, Duration)>,
    /// Decoration that is waited for: since when, and what it had used then, of the processor its process.
    attended: Option<(Moment, Used)>,
}

impl Default for Thread {
    fn default() -> Self {
        Self {
            has_read: false,
            moment: None,
            base: Used::default(),
            trust: Trust::Full,
            burned: Duration::ZERO,
            passed_over: false,
            late_reads: 0,
            next_trial: 1,
            slept: Duration::ZERO,
            overslept: false,
            first_nap: None,
            sleep: None,
            attended: None,
        }
    }
}

impl Thread {
    fn standing(&self) -> Standing {
        match (self.trust, self.late_reads) {
            (Trust::Full | Trust::Trial, _) => Standing::Full,
            (Trust::GivenUp, 0) => Standing::Ignored,
            (Trust::GivenUp, _) => Standing::Short,
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Patience {
    threads: FxHashMap<i32, Thread>,
    /// How many of these have read.
    readers: usize,
    /// Real time in which some thread slept that has not read.
    slept_unread: Sleeps,
    /// Real time in which any thread slept and was waited for, in this round and in all.
    slept_this_round: Sleeps,
    slept: Sleeps,
    /// Processor time of those that are gone and had not read.
    burned_in_vain: Duration,
    /// Whether decoration has been waited for long enough.
    hurries: bool,
}

/// Real time in which somebody of several slept.
#[derive(Debug, Default)]
struct Sleeps {
    total: Duration,
    /// The end of the last one.
    until: Duration,
}

impl Sleeps {
    /// Add one, unless there are more than `most` with it. What others sleep at the same time costs nothing
    /// more.
    fn add(&mut self, now: Duration, wakes: Duration, most: Duration) -> bool {
        let total = self.total + wakes.saturating_sub(self.until.max(now));
        if total > most {
            return false;
        }
        self.total = total;
        self.until = self.until.max(wakes);
        true
    }
}

impl Patience {
    /// Whether a thread that can run is still waited for in this round.
    pub(super) fn with_running(&mut self, tid: i32, used: Used, moment: Moment) -> bool {
        let unread = self.threads.len().saturating_sub(self.readers).max(1);
        let share = PROCESSOR_UNREAD / u32::try_from(unread).unwrap_or(u32::MAX);
        let left = PROCESSOR_IN_VAIN.saturating_sub(self.burned_in_vain);
        let thread = self.threads.entry(tid).or_default();
        let allowance = if thread.has_read {
            PROCESSOR
        } else {
            share.clamp(PROCESSOR_LEAST, PROCESSOR).min(left)
        };
        thread.burned = used.processor;
        let short = thread.standing() != Standing::Full;
        if thread.moment.is_none_or(|before| {
            before.round != moment.round || (short && before.stir != moment.stir)
        }) {
            thread.moment = Some(moment);
            thread.base = used;
            return !allowance.is_zero();
        }
        let burned = used.processor.saturating_sub(thread.base.processor);
        if short {
            // The kernel accounts processor time at ticks; a second slice proves as much.
            burned.is_zero() && used.slices <= thread.base.slices + 1
        } else {
            burned < allowance
        }
    }

    /// Whether nobody has been given up.
    pub(super) fn all_rest(&self) -> bool {
        self.threads
            .values()
            .all(|t| t.standing() == Standing::Full)
    }

    /// How a thread is waited for.
    pub(super) fn standing(&self, tid: i32) -> Standing {
        if self.attends(tid) {
            return Standing::Short;
        }
        self.threads
            .get(&tid)
            .map_or(Standing::Full, Thread::standing)
    }

    /// Whether a thread that has not read for long may be handing out work.
    pub(super) fn attends(&self, tid: i32) -> bool {
        let decoration = |thread: &Thread| thread.standing() == Standing::Ignored;
        self.readers > 1 && !self.hurries && self.threads.get(&tid).is_some_and(decoration)
    }

    /// Whether such a thread is still waited for, now that all others are at rest. `used` tells its slices, and
    /// the processor time of its process until now, in which so many were `running`.
    pub(super) fn with_handing_out(
        &mut self,
        tid: i32,
        used: Used,
        running: u32,
        moment: Moment,
    ) -> bool {
        let thread = self.threads.entry(tid).or_default();
        match thread.attended {
            Some((since, base)) if since == moment => {
                let processor = used.processor.saturating_sub(base.processor);
                processor < HANDS_OUT.saturating_mul(running) && used.slices < base.slices + ASKS
            }
            _ => {
                thread.attended = Some((moment, used));
                true
            }
        }
    }

    /// From now on decoration is not waited for, whatever it may be.
    pub(super) fn hurry(&mut self) {
        self.hurries = true;
    }

    /// What it means that a thread sleeps, and will wake by itself at `wakes`. Both are real times from
    /// the start.
    pub(super) fn with_sleeping(
        &mut self,
        tid: i32,
        slices: u64,
        now: Duration,
        wakes: Duration,
    ) -> Nap {
        /// A timer may be late by so much before the sleep is taken for another kind.
        const LATE: Duration = Duration::from_millis(2);
        let thread = self.threads.entry(tid).or_default();
        let length = wakes.saturating_sub(now);
        if length > SLEEP {
            return Nap::Rest;
        }
        if thread.sleep.is_none_or(|(before, _)| before != slices) {
            let first = *thread.first_nap.get_or_insert(slices);
            thread.overslept = true;
            if thread.slept + length > SLEEP || slices.saturating_sub(first) > NAPS {
                return Nap::UsedUp;
            }
            if !thread.has_read && !self.slept_unread.add(now, wakes, SLEEP_UNREAD) {
                return Nap::UsedUp;
            }
            if !self.slept_this_round.add(now, wakes, SLEEP_A_ROUND)
                || !self.slept.add(now, wakes, SLEEP_IN_ALL)
            {
                return Nap::NoMore;
            }
            thread.overslept = false;
            thread.slept += length;
            thread.sleep = Some((slices, wakes));
        }
        match thread.sleep {
            Some((_, wakes)) if now < wakes + LATE => Nap::Until(wakes.max(now)),
            _ => Nap::Rest,
        }
    }

    /// A thread starts another: it slept before its work, not instead.
    pub(super) fn works(&mut self, tid: i32) {
        self.begins_anew(tid);
        let thread = self.threads.entry(tid).or_default();
        // Whoever was given up for what it burned stays so.
        if std::mem::take(&mut thread.overslept) && !thread.has_read {
            thread.trust = Trust::Full;
            thread.passed_over = false;
        }
    }

    /// What a thread slept so far was before its work.
    fn begins_anew(&mut self, tid: i32) {
        let thread = self.threads.entry(tid).or_default();
        if !thread.has_read {
            let total = &mut self.slept_unread.total;
            *total = total.saturating_sub(thread.slept);
        }
        thread.slept = Duration::ZERO;
        thread.first_nap = None;
    }

    /// A round is over. Real time in it in which some thread slept and was waited for.
    pub(super) fn next_round(&mut self) -> Duration {
        std::mem::take(&mut self.slept_this_round).total
    }

    /// Real time in which some thread slept and was waited for, in all.
    pub(super) fn slept(&self) -> Duration {
        self.slept.total
    }

    /// A thread reads: it was working.
    pub(super) fn reads(&mut self, tid: i32) {
        self.begins_anew(tid);
        let thread = self.threads.entry(tid).or_default();
        if !thread.has_read {
            thread.has_read = true;
            self.readers += 1;
        }
        if !thread.passed_over {
            thread.trust = Trust::Full;
            return;
        }
        thread.passed_over = false;
        let was_decoration = thread.standing() == Standing::Ignored;
        thread.late_reads += 1;
        if thread.late_reads >= thread.next_trial {
            thread.next_trial = thread.next_trial.saturating_mul(2);
            thread.trust = Trust::Trial;
        }
        if was_decoration {
            for thread in self.threads.values_mut() {
                if thread.standing() == Standing::Ignored {
                    let has_read = thread.has_read;
                    *thread = Thread {
                        has_read,
                        ..Thread::default()
                    };
                }
            }
        }
    }

    /// A round passed without waiting for these threads.
    pub(super) fn went_on_without(&mut self, tids: &[i32]) {
        for tid in tids {
            if let Some(thread) = self.threads.get_mut(tid) {
                thread.trust = Trust::GivenUp;
                thread.passed_over = true;
            }
        }
    }

    /// A thread is gone.
    pub(super) fn forget(&mut self, tid: i32) {
        if let Some(gone) = self.threads.remove(&tid) {
            self.readers -= usize::from(gone.has_read);
            if !gone.has_read {
                self.burned_in_vain += gone.burned;
            }
        }
    }
}

#[cfg(test)]
mod tests;
