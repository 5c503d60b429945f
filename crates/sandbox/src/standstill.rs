//! Notices time in which this process did not run: a virtual machine was paused, a container frozen, a lid closed, or
//! the process was stopped by a signal.
//!
//! # Theory of operation
//!
//! A loop that waits says before each wait how long it will wait at most. If much more time has passed when it goes on,
//! the process did not run in between. A busy machine delays a loop as well, but not for a second. Most likely nothing
//! else ran in that time either, so it counts against no limit.
//!
//! Never knows why the process stood still.

use std::time::{Duration, Instant};

/// A shorter delay is that of a busy machine.
const SHORTEST: Duration = Duration::from_secs(1);

/// The account of one loop.
#[derive(Debug)]
pub struct Standstill {
    /// When the loop must have gone on at the latest.
    expected: Instant,
    total: Duration,
}

impl Standstill {
    /// The account of a loop that begins at this time.
    #[must_use]
    pub fn new(now: Instant) -> Self {
        Self {
            expected: now,
            total: Duration::ZERO,
        }
    }

    /// The loop begins a turn at this time. Returns how long it stood still since it began to wait, if it did.
    pub fn resume(&mut self, now: Instant) -> Option<Duration> {
        let late = now.saturating_duration_since(self.expected);
        self.expected = now;
        if late < SHORTEST {
            return None;
        }
        self.total += late;
        Some(late)
    }

    /// The loop begins to wait at this time, for `timeout` at most.
    pub fn wait(&mut self, now: Instant, timeout: Duration) {
        self.expected = now + timeout;
    }

    /// How long it stood still, in all.
    #[must_use]
    pub fn total(&self) -> Duration {
        self.total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_comes_on_top_of_the_wait_is_counted() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut standstill = Standstill::new(start);
        // A long wait is no standstill, and neither is a short delay, nor work.
        standstill.wait(at(0), Duration::from_secs(10));
        assert_eq!(standstill.resume(at(10_500)), None);
        standstill.wait(at(11_000), Duration::from_millis(5));
        assert_eq!(standstill.resume(at(11_001)), None);
        // Twelve seconds, of which five milliseconds were a wait.
        standstill.wait(at(11_001), Duration::from_millis(5));
        let late = Duration::from_millis(11_995);
        assert_eq!(standstill.resume(at(23_001)), Some(late));
        assert_eq!(standstill.total(), late);
        standstill.wait(at(23_001), Duration::ZERO);
        assert_eq!(standstill.resume(at(23_002)), None);
        assert_eq!(standstill.total(), late);
    }
}
