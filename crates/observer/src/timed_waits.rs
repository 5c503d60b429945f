//! Waits of the program that have a limit on time: sleeps, and waits for another thread or for an event that end after
//! some time. Pure.
//!
//! # Theory of operation
//!
//! Where virtual time is counted in milliseconds, such a wait takes virtual time as a read does. So its call is held as
//! that of a read, and the kernel never starts a timer: a timer of real time would end early on a slow machine, on which
//! the clock moves slowly, and late on a fast one. The wait is *due* when its limit has passed in virtual time. When the
//! clock comes there, the observer responds as the kernel would have done: the sleep is over, or the time is out.
//!
//! A wait for another thread ends before that, if the other thread acts. It then changes a word in memory on which the
//! kernel would have put the thread to sleep (`futex`), or makes a descriptor ready. The observer looks at these whenever
//! it checks the program, and always before the clock moves. It responds as the kernel does if the word has changed before
//! the call.
//!
//! A socket of the server may have a limit as well (`SO_RCVTIMEO`). A call that receives from it is held while there is
//! nothing to receive. It fails when the limit has passed.
//!
//! If reads and waits are due at the same time, the reads return first, and the program comes to rest before the waits end.
//!
//! A program may also measure how much real time has passed. So the observer responds to a wait that is due only when
//! real time has passed its limit as well. A wait that comes to nothing takes no real time. A thread that sleeps again
//! and again, while nothing else happens, may do so until some real time has passed ([`Naps`]). The real time that the
//! observer itself takes between its sleeps is taken off them. If that is not enough, as on a busy machine, virtual time
//! follows real time, but never as far as to the next read. So a read is due before or after such a time as without it.
//!
//! The limit of a wait is often a point in time, which the program computed shortly before its call. How much time was
//! left is then known within bounds only: the program read the clock after it went on, and before its call arrived.
//! [`rounded`] chooses the roundest number of milliseconds within them. Limits of less than a millisecond count as one.
//!
//! This module never asks the kernel, and never responds to a call.

use std::time::Duration;

use crate::seccomp::notify::Notification;

/// What ends a wait before its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Awaited {
    /// Nothing but a signal.
    Nothing,
    /// The word at this address differs from this value.
    Word { address: u64, value: u32 },
    /// An event at this descriptor.
    Event { fd: i32 },
    /// Something to receive at this socket.
    Input { fd: i32 },
}

/// A wait whose call waits for a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TimedWait {
    pub(crate) notification: Notification,
    pub(crate) awaited: Awaited,
    /// The virtual time at which its limit has passed.
    pub(crate) due: u32,
    /// The real time from the start at which its limit has passed.
    pub(crate) ends: Duration,
}

/// The waits of one program.
#[derive(Debug, Default)]
pub(crate) struct TimedWaits {
    waits: Vec<TimedWait>,
}

impl TimedWaits {
    pub(crate) fn is_empty(&self) -> bool {
        self.waits.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.waits.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &TimedWait> {
        self.waits.iter()
    }

    pub(crate) fn hold(&mut self, wait: TimedWait) {
        self.waits.push(wait);
    }

    /// Take a call of a thread into account. If the thread repeats the call of its wait, since a signal had interrupted
    /// it, it goes on with this wait, and the result is true. If it makes another call, it does not wait any more.
    pub(crate) fn repeats(&mut self, notification: &Notification) -> bool {
        let is_of_thread = |wait: &TimedWait| wait.notification.tid == notification.tid;
        let Some(index) = self.waits.iter().position(is_of_thread) else {
            return false;
        };
        let known = &mut self.waits[index].notification;
        let is_same =
            (known.number, known.arguments) == (notification.number, notification.arguments);
        if is_same {
            known.id = notification.id;
        } else {
            self.waits.swap_remove(index);
        }
        is_same
    }

    /// Take the waits that are over, each with what `over` says of it.
    pub(crate) fn take<T>(
        &mut self,
        mut over: impl FnMut(&TimedWait) -> Option<T>,
    ) -> Vec<(TimedWait, T)> {
        let mut taken = Vec::new();
        self.waits.retain(|wait| match over(wait) {
            Some(what) => {
                taken.push((*wait, what));
                false
            }
            None => true,
        });
        taken
    }

    /// The virtual time at which the limit of the first wait passes.
    pub(crate) fn first_due(&self) -> Option<u32> {
        self.waits.iter().map(|wait| wait.due).min()
    }

    /// The real time from the start at which the first of the waits ends that are due at the virtual time `now`.
    pub(crate) fn next_end(&self, now: u32) -> Option<Duration> {
        let due = self.waits.iter().filter(|wait| wait.due <= now);
        due.map(|wait| wait.ends).min()
    }
}

/// Sleeps of one thread, one after the other, between which the thread made no call that the observer has seen, no read
/// returned, and no other wait ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Naps {
    pub(crate) tid: i32,
    /// The virtual time at which the first began, and the real time at which the clock had come there.
    since: (Duration, u32),
    /// Whether the last was the last thing that happened: its limit has passed.
    is_over: bool,
    /// Whether there was one before the last.
    is_repeated: bool,
}

impl Naps {
    /// A thread waits. The clock has come to this virtual time at this real time. `before` are the last naps of any
    /// thread.
    pub(crate) fn next(before: Option<Self>, tid: i32, since: (Duration, u32)) -> Self {
        match before {
            Some(naps) if naps.tid == tid && naps.is_over => Self {
                is_over: false,
                is_repeated: true,
                ..naps
            },
            _ => Self {
                tid,
                since,
                is_over: false,
                is_repeated: false,
            },
        }
    }

    /// The limit of a thread's wait has passed, and that of no other. `None` if the naps are those of another thread.
    pub(crate) fn end(self, tid: i32) -> Option<Self> {
        (self.tid == tid).then_some(Self {
            is_over: true,
            ..self
        })
    }

    /// When the last nap ends that would end at the real time `ends`, and is due at the virtual time `due`.
    pub(crate) fn shortened(&self, ends: Duration, due: u32) -> Duration {
        if !self.is_repeated {
            return ends;
        }
        let (real, virtual_time) = self.since;
        let alike = real + Duration::from_millis(due.saturating_sub(virtual_time).into());
        alike.min(ends)
    }

    /// The virtual time to which the clock moves at the real time `now`, if it is `time` and the next read is due at
    /// `next_due`.
    pub(crate) fn followed(&self, now: Duration, time: u32, next_due: u32) -> u32 {
        // After its last nap the thread does something else, which takes no virtual time.
        if !self.is_repeated || self.is_over {
            return time;
        }
        let (real, virtual_time) = self.since;
        let passed = u32::try_from(now.saturating_sub(real).as_millis()).unwrap_or(u32::MAX);
        let follows = virtual_time.saturating_add(passed);
        follows.min(next_due.saturating_sub(1)).max(time)
    }
}

/// The limit of a wait in milliseconds, if it is at least `least` and at most `most`: the roundest number in between.
/// If there is no whole number in between, the next one above.
pub(crate) fn rounded(least: Duration, most: Duration) -> u32 {
    const MS: u128 = 1_000_000;
    let first = least.as_nanos().div_ceil(MS).max(1);
    let final_ms = most.as_nanos() / MS;
    let steps = (0..9).rev().flat_map(|zeros| {
        let power = 10_u128.pow(zeros);
        [5 * power, power]
    });
    let round = steps
        .map(|step| first.next_multiple_of(step))
        .find(|&number| number <= final_ms);
    u32::try_from(round.unwrap_or(first)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const US: Duration = Duration::from_micros(1);

    #[test]
    fn the_roundest_limit_within_the_bounds_is_taken() {
        for (least, most, ms) in [
            // What is known exactly is rounded up.
            (1000, 1000, 1),
            (1001, 1001, 2),
            (100, 100, 1),
            (0, 0, 1),
            (9000, 9000, 9),
            // The program read the clock some microseconds before its call, and after it went on.
            (99_950, 100_020, 100),
            (8970, 9060, 9),
            (950, 1040, 1),
            (14_980, 15_100, 15),
            (4_999_900, 5_000_100, 5000),
            // A busy machine, on which the bounds are far apart.
            (80_200, 103_000, 100),
            (23_100, 26_700, 25),
            (950, 2300, 1),
            (2_990_000, 3_004_000, 3000),
            // No whole number.
            (2200, 2300, 3),
        ] {
            assert_eq!(rounded(least * US, most * US), ms, "{least} to {most}");
        }
        assert_eq!(rounded(Duration::MAX, Duration::MAX), u32::MAX);
    }

    fn wait(tid: i32, due: u32, ms: u64) -> TimedWait {
        TimedWait {
            notification: Notification::of(tid),
            awaited: Awaited::Nothing,
            due,
            ends: Duration::from_millis(ms),
        }
    }

    #[test]
    fn the_first_wait_that_is_due_comes_first_whatever_real_time_it_takes() {
        let mut waits = TimedWaits::default();
        assert_eq!((waits.first_due(), waits.next_end(9)), (None, None));
        waits.hold(wait(1, 7, 10));
        waits.hold(wait(2, 5, 90));
        waits.hold(wait(3, 5, 80));
        assert_eq!((waits.first_due(), waits.next_end(4)), (Some(5), None));
        assert_eq!(waits.next_end(5), Some(Duration::from_millis(80)));
        let over = waits.take(|wait| (wait.due <= 5).then_some(()));
        assert_eq!(
            (over.len(), waits.len(), waits.first_due()),
            (2, 1, Some(7))
        );
    }

    #[test]
    fn an_interrupted_wait_goes_on_and_another_call_ends_it() {
        let mut waits = TimedWaits::default();
        waits.hold(wait(1, 7, 10));
        let again = Notification {
            id: 99,
            ..Notification::of(1)
        };
        assert!(!waits.repeats(&Notification::of(2)));
        assert!(waits.repeats(&again));
        assert_eq!(waits.iter().next().unwrap().notification.id, 99);
        let other = Notification { number: 3, ..again };
        assert!(!waits.repeats(&other) && waits.is_empty());
    }

    #[test]
    fn virtual_time_follows_real_time_while_a_thread_naps_again_and_again() {
        let at = Duration::from_millis;
        let first = Naps::next(None, 1, (at(50), 10));
        // A single wait takes as much as its limit says.
        assert_eq!(first.followed(at(90), 11, 100), 11);
        let second = Naps::next(first.end(1), 1, (at(53), 11));
        assert_eq!(second.shortened(at(60), 12), at(52));
        assert_eq!(second.shortened(at(51), 12), at(51));
        assert_eq!(first.shortened(at(60), 12), at(60));
        assert_eq!(second.followed(at(51), 12, 100), 12);
        assert_eq!(second.followed(at(90), 12, 100), 50);
        // Never as far as to the next read, if the limit itself is not behind it.
        assert_eq!(second.followed(at(90), 12, 30), 29);
        // The thread does not nap any more.
        assert_eq!(second.end(1).unwrap().followed(at(90), 12, 100), 12);
        // Another thread, or another thing that happened in between.
        assert!(second.end(2).is_none());
        let anew = Naps::next(Some(second), 1, (at(95), 29));
        assert_eq!(anew.followed(at(400), 30, 100), 30);
        let other = Naps::next(second.end(1), 2, (at(95), 29));
        assert_eq!(other.followed(at(400), 30, 100), 30);
    }

    proptest! {
        /// Round limits are found however long the machine takes, as long as no rounder one is within the bounds.
        #[test]
        fn a_limit_is_within_its_bounds(least in 1_u64..10_000_000, width in 0_u64..10_000_000) {
            let (least, most) = (Duration::from_micros(least), Duration::from_micros(least + width));
            let limit = Duration::from_millis(rounded(least, most).into());
            prop_assert!(limit >= least);
            prop_assert!(limit <= most || limit < least + Duration::from_millis(1));
        }
    }
}
