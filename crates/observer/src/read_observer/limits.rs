//! The limits at which an observation ends early, and what happens then.
//!
//! It never ends the program.

use std::{io, time::Duration};

use evidence::ObservationLimit;

use super::ReadObserver;
use crate::{
    options::ObserverOptions,
    seccomp::notify::{Notification, Response},
    virtual_disk::Waiter,
};

/// The smallest number of rounds after which an observation ends, however few the data files are.
const MIN_ROUNDS_LIMIT: u32 = 1000;

/// The shortest virtual time after which an observation ends whose unit is the millisecond: ten minutes.
const MIN_LIMIT_MS: u32 = 600_000;

/// The rounds after which an observation of so many files ends, or milliseconds.
pub(super) fn rounds(options: &ObserverOptions, files: usize) -> u32 {
    let (once, least) = match &options.slow {
        None => (u32::try_from(files).unwrap_or(u32::MAX), MIN_ROUNDS_LIMIT),
        Some(slow) => {
            let latencies = slow.files.iter().map(|file| file.latency_ms);
            (latencies.fold(0, u32::saturating_add), MIN_LIMIT_MS)
        }
    };
    once.saturating_mul(options.rounds_per_file).max(least)
}

impl ReadObserver {
    /// The limit that was exceeded, if any.
    pub(super) fn exceeded_limit(&self, now: Duration) -> Option<ObservationLimit> {
        let ms = |limit: Duration| u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
        let options = &self.options;
        // Without a held read, the program waits for itself, and its own limits count.
        let holds_read = !self.disk.held().is_empty();
        if holds_read && now.saturating_sub(self.step_start) > options.rest_limit {
            Some(ObservationLimit::NotQuiescent {
                limit_ms: ms(options.rest_limit),
            })
        } else if holds_read && self.busy_time > options.restless_limit {
            Some(ObservationLimit::BusyThreads {
                limit_ms: ms(options.restless_limit),
            })
        } else if holds_read && self.time_held() > options.hold_limit {
            Some(ObservationLimit::HeldTooLong {
                limit_ms: ms(options.hold_limit),
            })
        } else if self.disk.rounds() >= self.rounds_limit {
            let limit = self.rounds_limit;
            Some(ObservationLimit::TooManyRounds { limit })
        } else {
            None
        }
    }

    /// End the observation early. From now on the program runs unobserved.
    pub(super) fn stop(&mut self, limit: ObservationLimit) -> io::Result<()> {
        self.time_held_before = self.time_held();
        self.exceeded = Some(limit);
        self.ledger.held_at_limit = self.disk.held().len();
        self.next_check = None;
        let mut happened = Vec::new();
        for read in self.disk.release_all() {
            match read.waiter {
                Waiter::Call(Notification { id, .. }) => {
                    self.listener.respond(id, Response::Continue)?;
                }
                Waiter::Request(connection) => self.answer(connection, &mut happened)?,
            }
        }
        self.take_in(happened)?;
        for (wait, ()) in self.waits.take(|_| Some(())) {
            self.listener
                .respond(wait.notification.id, Response::Continue)?;
        }
        Ok(())
    }
}
