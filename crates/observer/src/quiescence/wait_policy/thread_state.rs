//! What the wait policy believes of one thread: a state machine. Pure.
//!
//! | state | it reads | the clock moves on without it | it starts a thread after an overlong sleep | another bystander reads | wait |
//! | --- | --- | --- | --- | --- | --- |
//! | `Trusted(n)` | `Trusted(n)` | `Bystander` if n = 0, else `GivenUp(n)` | `Trusted(n)` | `Trusted(n)` | `UntilBudget` |
//! | `Bystander` | `Trusted(1)` | `Bystander` | `Trusted(0)` | `Trusted(0)` | `Never`, or as a dispatcher |
//! | `GivenUp(n)` | `Trusted(n + 1)` if n + 1 is a power of two, else `ReadLate(n + 1)` | `GivenUp(n)` | `GivenUp(n)` | `GivenUp(n)` | `OneSlice` |
//! | `ReadLate(n)` | `Trusted(n)` | `GivenUp(n)` | `ReadLate(n)` | `ReadLate(n)` | `OneSlice` |
//!
//! `n` counts the late reads: reads of a thread without which the clock had moved on. A thread that reads late
//! either spun until another thread did something, or computed for long. So it is trusted again after its
//! first, second, fourth, eighth … late read: a thread that always spins is trusted ever less often. A
//! second read in the same step shows that the thread worked by itself.

use super::{DISPATCHER_SLICES, Epoch};
use crate::quiescence::sampler::CpuUsage;

/// How long the detector waits for a thread that can run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    /// Until the thread has used up its budget of processor time.
    UntilBudget,
    /// Until the thread has run once since all others came to rest.
    OneSlice,
    /// Not at all.
    Never,
}

/// What the wait policy believes of a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ThreadState {
    /// The thread works: it will read within its budget.
    Trusted { late_reads: u32 },
    /// The clock moved on without the thread, and it has not read late since it was last trusted.
    Bystander {
        /// When the detector began to wait for the thread as for a dispatcher, and what it had used then.
        dispatcher_since: Option<(Epoch, CpuUsage)>,
    },
    /// The clock moved on without the thread after it had read late.
    GivenUp { late_reads: u32 },
    /// The thread read late, and the clock has not moved on without it since.
    ReadLate { late_reads: u32 },
}

/// What happens to a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// The thread reads a data file.
    Read,
    /// The clock moves on in a step in which the detector did not wait for the thread to come to rest.
    Skipped,
    /// The thread creates another one, and had been skipped only because it slept too long.
    StartedThread,
    /// Another thread reads that was a bystander, so that the bystanders are trusted again.
    BystanderRead,
}

impl Default for ThreadState {
    fn default() -> Self {
        Self::Trusted { late_reads: 0 }
    }
}

impl ThreadState {
    const BYSTANDER: Self = Self::Bystander {
        dispatcher_since: None,
    };

    /// Take an event into account. Returns how long the detector waits for the thread from now on.
    pub(super) fn on(&mut self, event: Event) -> Wait {
        use Event::{BystanderRead, Read, Skipped, StartedThread};
        use ThreadState::{Bystander, GivenUp, ReadLate, Trusted};
        *self = match (*self, event) {
            (Trusted { late_reads: 0 }, Skipped) => Self::BYSTANDER,
            (Bystander { .. }, Read) => Trusted { late_reads: 1 },
            (Bystander { .. }, StartedThread | BystanderRead) => Self::default(),
            (GivenUp { late_reads }, Read) => match late_reads.saturating_add(1) {
                late_reads if late_reads.is_power_of_two() => Trusted { late_reads },
                late_reads => ReadLate { late_reads },
            },
            (ReadLate { late_reads }, Read) => Trusted { late_reads },
            (Trusted { late_reads } | ReadLate { late_reads }, Skipped) => GivenUp { late_reads },
            (Trusted { .. }, Read)
            | (Bystander { .. } | GivenUp { .. }, Skipped)
            | (Trusted { .. } | GivenUp { .. } | ReadLate { .. }, StartedThread | BystanderRead) => {
                *self
            }
        };
        self.wait()
    }

    /// How long the detector waits for the thread, unless it may be a dispatcher.
    pub(super) fn wait(self) -> Wait {
        match self {
            Self::Trusted { .. } => Wait::UntilBudget,
            Self::Bystander { .. } => Wait::Never,
            Self::GivenUp { .. } | Self::ReadLate { .. } => Wait::OneSlice,
        }
    }

    /// Whether the thread, waited for as for a dispatcher, was given a processor so often in this epoch that it must
    /// have found a free thread.
    pub(super) fn has_polled_often(self, slices: u64, epoch: Epoch) -> bool {
        matches!(
            self,
            Self::Bystander { dispatcher_since: Some((since, before)) }
                if since == epoch && slices >= before.slices + DISPATCHER_SLICES
        )
    }

    pub(super) fn is_bystander(self) -> bool {
        matches!(self, Self::Bystander { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of the module's documentation, row by row.
    #[test]
    fn the_table_of_states_and_events_is_true() {
        use ThreadState::{GivenUp, ReadLate, Trusted};
        const EVENTS: [Event; 4] = [
            Event::Read,
            Event::Skipped,
            Event::StartedThread,
            Event::BystanderRead,
        ];
        let bystander = ThreadState::BYSTANDER;
        let trusted = |late_reads| Trusted { late_reads };
        let given_up = |late_reads| GivenUp { late_reads };
        let read_late = |late_reads| ReadLate { late_reads };
        let rows = [
            (trusted(0), [trusted(0), bystander, trusted(0), trusted(0)]),
            (
                trusted(3),
                [trusted(3), given_up(3), trusted(3), trusted(3)],
            ),
            (bystander, [trusted(1), bystander, trusted(0), trusted(0)]),
            (
                given_up(1),
                [trusted(2), given_up(1), given_up(1), given_up(1)],
            ),
            (
                given_up(2),
                [read_late(3), given_up(2), given_up(2), given_up(2)],
            ),
            (
                given_up(7),
                [trusted(8), given_up(7), given_up(7), given_up(7)],
            ),
            (
                read_late(3),
                [trusted(3), given_up(3), read_late(3), read_late(3)],
            ),
        ];
        for (before, after) in rows {
            for (event, expected) in EVENTS.into_iter().zip(after) {
                let mut state = before;
                let wait = state.on(event);
                assert_eq!(state, expected, "{before:?} on {event:?}");
                assert_eq!(wait, expected.wait());
            }
        }
        assert_eq!(trusted(3).wait(), Wait::UntilBudget);
        assert_eq!(bystander.wait(), Wait::Never);
        assert_eq!(given_up(3).wait(), Wait::OneSlice);
        assert_eq!(read_late(3).wait(), Wait::OneSlice);
    }
}
