//! The processors that this process may use, shared out among builds and observed runs.
//!
//! A program that is observed and its supervisor wait for each other at each access, which is quickest on one
//! processor. Never pins a thread of this process.

use rustix::thread::{CpuSet, sched_getaffinity};

/// The processors that this process may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Processors(Vec<u32>);

impl Processors {
    /// Those that this process may use; none if the kernel does not say.
    #[must_use]
    pub fn usable() -> Self {
        let all = sched_getaffinity(None).ok();
        let usable = all.map_or_else(Vec::new, |all| {
            let numbers = (0_u32..).zip(0..CpuSet::MAX_CPU);
            let set = numbers.filter(|&(_, place)| all.is_set(place));
            set.map(|(number, _)| number).collect()
        });
        Self(usable)
    }

    /// The processor of the reference, and that of a submission beside it. Another process has others, so that many
    /// users of one machine do not meet on one processor.
    pub(super) fn of_pair(&self) -> [Option<u32>; 2] {
        let first = std::process::id() as usize;
        [first, first + 1].map(|place| self.of(place))
    }

    /// The processor of a thread, counted from zero. Where there are more threads than processors, some share one.
    #[must_use]
    pub fn of(&self, thread: usize) -> Option<u32> {
        let place = thread.checked_rem(self.0.len())?;
        self.0.get(place).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_share_the_processors_in_turn() {
        let processors = Processors(vec![2, 5]);
        let of = [0, 1, 2, 3].map(|thread| processors.of(thread));
        assert_eq!(of, [Some(2), Some(5), Some(2), Some(5)]);
        assert_eq!(Processors(Vec::new()).of(0), None);
    }

    #[test]
    fn some_processor_is_usable() {
        assert!(Processors::usable().of(0).is_some());
    }
}
