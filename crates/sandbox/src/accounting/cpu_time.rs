//! Processor time of a tree of processes, added up from looks at it.
//!
//! A process that vanishes takes its time along, unless its parent waits for it. So what it had at the
//! last look is kept as owed to the nearest process above that still lives, until the kernel says that
//! this one has waited for as much. Nothing counts twice, and nothing is guessed: what a process did after
//! the last look at it, or without any, is not counted.

use std::{
    collections::{HashMap, HashSet},
    iter::successors,
    time::Duration,
};

/// One process at one look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sample {
    /// Its number and when it started: a number by itself is used again.
    pub(crate) process: (i32, u64),
    pub(crate) parent: i32,
    /// Its own time.
    pub(crate) own: Duration,
    /// That of the children it waited for, and of theirs.
    pub(crate) waited: Duration,
}

#[derive(Debug, Clone, Copy)]
struct Known {
    spent: Sample,
    /// What processes below it had when they were seen last.
    owed: Duration,
}

impl Known {
    fn below(&self) -> Duration {
        self.spent.waited.max(self.owed)
    }
}

/// The account of one tree.
#[derive(Debug, Default)]
pub(crate) struct Account {
    known: HashMap<i32, Known>,
    /// Of processes that nobody above has outlived.
    lost: Duration,
}

impl Account {
    /// Take in a look. The time of all that were ever seen.
    pub(crate) fn look(&mut self, now: impl Iterator<Item = Sample>) -> Duration {
        let mut next: HashMap<i32, Known> = HashMap::new();
        for spent in now {
            let before = self.known.get(&spent.process.0);
            let owed = before
                .filter(|known| known.spent.process == spent.process)
                .map_or(Duration::ZERO, |known| known.owed);
            next.insert(spent.process.0, Known { spent, owed });
        }
        let lives: HashSet<(i32, u64)> = next.values().map(|known| known.spent.process).collect();
        let gone = |known: &&Known| !lives.contains(&known.spent.process);
        for known in self.known.values().filter(gone) {
            let time = known.spent.own + known.below();
            // No chain is longer than all there are; numbers that came round could make a ring.
            let heir = successors(Some(known), |known| self.known.get(&known.spent.parent))
                .take(self.known.len())
                .find(|known| !gone(known));
            match heir.and_then(|heir| next.get_mut(&heir.spent.process.0)) {
                Some(heir) => heir.owed += time,
                None => self.lost += time,
            }
        }
        self.known = next;
        let living = self.known.values().map(|k| k.spent.own + k.below());
        living.fold(self.lost, Duration::saturating_add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spent(pid: i32, parent: i32, own: u64, waited: u64) -> Sample {
        Sample {
            process: (pid, 1),
            parent,
            own: Duration::from_millis(own),
            waited: Duration::from_millis(waited),
        }
    }

    fn look(account: &mut Account, now: &[Sample]) -> u128 {
        account.look(now.iter().copied()).as_millis()
    }

    #[test]
    fn a_child_that_nobody_waited_for_stays_in_the_account() {
        let mut account = Account::default();
        for round in 0..5_u64 {
            let child = Sample {
                process: (10, round),
                ..spent(10, 2, 100, 0)
            };
            let sum = look(&mut account, &[spent(2, 1, 7, 0), child]);
            assert_eq!(sum, u128::from(7 + 100 * (round + 1)));
        }
        assert_eq!(look(&mut account, &[spent(2, 1, 7, 0)]), 507);
    }

    #[test]
    fn a_child_that_was_waited_for_counts_once() {
        let mut account = Account::default();
        look(&mut account, &[spent(2, 1, 7, 0), spent(10, 2, 100, 0)]);
        // It went on for a little after the look.
        assert_eq!(look(&mut account, &[spent(2, 1, 7, 110)]), 117);
        // The next one is lost; the time of both is more than was waited for.
        look(&mut account, &[spent(2, 1, 7, 110), spent(11, 2, 50, 0)]);
        assert_eq!(look(&mut account, &[spent(2, 1, 7, 110)]), 157);
    }

    #[test]
    fn what_vanishes_with_its_parent_is_owed_to_whoever_lives() {
        let mut account = Account::default();
        let tree = [spent(2, 1, 1, 0), spent(3, 2, 10, 20), spent(4, 3, 100, 0)];
        assert_eq!(look(&mut account, &tree), 131);
        assert_eq!(look(&mut account, &[spent(2, 1, 1, 0)]), 131);
        // All of it was waited for after all.
        assert_eq!(look(&mut account, &[spent(2, 1, 1, 131)]), 132);
        // Nobody is left.
        assert_eq!(look(&mut account, &[]), 132);
    }

    #[test]
    fn parents_in_a_ring_end() {
        let mut account = Account::default();
        look(&mut account, &[spent(2, 3, 1, 0), spent(3, 2, 1, 0)]);
        assert_eq!(look(&mut account, &[]), 2);
    }
}
