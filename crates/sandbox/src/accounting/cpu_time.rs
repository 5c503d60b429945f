//! Processor time of a tree of processes, added up from samples of it.
//!
//! # Theory of operation
//!
//! The time of a process that has ended is added to that of its parent only if the parent waits for it.
//! Otherwise the time is lost with the process. So when a process is gone from a sample, its time at the sample
//! before is kept as *unreaped* time of its nearest ancestor that still lives, until the kernel says that the
//! ancestor has waited for as much. No time counts twice, and none is estimated: what a process computes after
//! the last sample that it is in, or without being in any, is not counted.

use std::{
    collections::{HashMap, HashSet},
    iter::successors,
    time::Duration,
};

/// One process in one sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sample {
    /// Its number and when it started, because the kernel uses numbers again.
    pub(crate) process: (i32, u64),
    pub(crate) parent: i32,
    /// The time of the process itself.
    pub(crate) own: Duration,
    /// The time of the children that it waited for, and of theirs.
    pub(crate) waited: Duration,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    sample: Sample,
    /// The time of processes below it that are gone, as of the last sample that each of them was in.
    unreaped: Duration,
}

impl Entry {
    /// The time of all processes below it that are gone.
    fn below(&self) -> Duration {
        self.sample.waited.max(self.unreaped)
    }
}

/// Processor time of one tree of processes.
#[derive(Debug, Default)]
pub(crate) struct CpuTime {
    living: HashMap<i32, Entry>,
    /// The time of processes that no ancestor outlived.
    lost: Duration,
}

impl CpuTime {
    /// Take a sample in. Returns the time of all processes that were ever in one.
    pub(crate) fn update(&mut self, now: impl Iterator<Item = Sample>) -> Duration {
        let mut next: HashMap<i32, Entry> = HashMap::new();
        for sample in now {
            let before = self.living.get(&sample.process.0);
            let unreaped = before
                .filter(|entry| entry.sample.process == sample.process)
                .map_or(Duration::ZERO, |entry| entry.unreaped);
            next.insert(sample.process.0, Entry { sample, unreaped });
        }
        let living: HashSet<(i32, u64)> = next.values().map(|entry| entry.sample.process).collect();
        let gone = |entry: &&Entry| !living.contains(&entry.sample.process);
        for entry in self.living.values().filter(gone) {
            let time = entry.sample.own + entry.below();
            // Numbers that are used again could make a ring of parents, so the walk is bounded: no chain of
            // parents has more members than there are processes.
            let ancestor = successors(Some(entry), |entry| self.living.get(&entry.sample.parent))
                .take(self.living.len())
                .find(|entry| !gone(entry));
            match ancestor.and_then(|ancestor| next.get_mut(&ancestor.sample.process.0)) {
                Some(ancestor) => ancestor.unreaped += time,
                None => self.lost += time,
            }
        }
        self.living = next;
        let times = self.living.values();
        let times = times.map(|entry| entry.sample.own + entry.below());
        times.fold(self.lost, Duration::saturating_add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(pid: i32, parent: i32, own: u64, waited: u64) -> Sample {
        Sample {
            process: (pid, 1),
            parent,
            own: Duration::from_millis(own),
            waited: Duration::from_millis(waited),
        }
    }

    fn update(cpu_time: &mut CpuTime, now: &[Sample]) -> u128 {
        cpu_time.update(now.iter().copied()).as_millis()
    }

    #[test]
    fn a_child_that_nobody_waited_for_still_counts() {
        let mut cpu_time = CpuTime::default();
        for round in 0..5_u64 {
            let child = Sample {
                process: (10, round),
                ..sample(10, 2, 100, 0)
            };
            let sum = update(&mut cpu_time, &[sample(2, 1, 7, 0), child]);
            assert_eq!(sum, u128::from(7 + 100 * (round + 1)));
        }
        assert_eq!(update(&mut cpu_time, &[sample(2, 1, 7, 0)]), 507);
    }

    #[test]
    fn a_child_that_was_waited_for_counts_once() {
        let mut cpu_time = CpuTime::default();
        update(&mut cpu_time, &[sample(2, 1, 7, 0), sample(10, 2, 100, 0)]);
        // It went on for a little after the sample.
        assert_eq!(update(&mut cpu_time, &[sample(2, 1, 7, 110)]), 117);
        // The parent does not wait for the next child, so the time of both is more than it waited for.
        update(&mut cpu_time, &[sample(2, 1, 7, 110), sample(11, 2, 50, 0)]);
        assert_eq!(update(&mut cpu_time, &[sample(2, 1, 7, 110)]), 157);
    }

    #[test]
    fn the_time_of_a_process_that_is_gone_with_its_parent_goes_to_the_next_ancestor() {
        let mut cpu_time = CpuTime::default();
        let tree = [
            sample(2, 1, 1, 0),
            sample(3, 2, 10, 20),
            sample(4, 3, 100, 0),
        ];
        assert_eq!(update(&mut cpu_time, &tree), 131);
        assert_eq!(update(&mut cpu_time, &[sample(2, 1, 1, 0)]), 131);
        // The ancestor waits for all of it later.
        assert_eq!(update(&mut cpu_time, &[sample(2, 1, 1, 131)]), 132);
        // No process is left.
        assert_eq!(update(&mut cpu_time, &[]), 132);
    }

    #[test]
    fn parents_in_a_ring_end() {
        let mut cpu_time = CpuTime::default();
        update(&mut cpu_time, &[sample(2, 3, 1, 0), sample(3, 2, 1, 0)]);
        assert_eq!(update(&mut cpu_time, &[]), 2);
    }
}
