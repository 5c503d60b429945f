//! The virtual slow disk: the accesses that it holds, and its clock. Pure.
//!
//! # Theory of operation
//!
//! Virtual time is counted in quarters of a round. An access is due when it has waited for all its blocks,
//! each of which takes a quarter, and any number of accesses can be under way at once. The clock moves only
//! when the program is quiescent, and then to the earliest time at which some access is due. All that are due
//! then go on together, and the others are held on. So whatever arrives between two steps of the clock
//! arrives at the same virtual time, in whatever order the machine runs it.
//!
//! Which accesses have to wait, and for how long, is decided in `blocks`.

use evidence::{Access, BLOCKS};

use crate::{
    blocks::{Blocks, Charge},
    seccomp::notify::Notice,
};

/// The timeline keeps so many accesses. A program that waits more often is past caring.
const TIMELINE: usize = 100_000;

/// An access that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HeldRead {
    /// The call, by which the kernel knows it.
    pub(crate) notice: Notice,
    /// Index of its thread.
    pub(crate) thread: u32,
    /// Index of its file.
    pub(crate) file: u32,
    /// What it waits for. None, if there is nothing where it starts.
    pub(crate) blocks: Blocks,
    /// Virtual time at which it began to wait.
    arrived: u32,
    /// Virtual time at which it goes on.
    due: u32,
}

#[derive(Debug, Default)]
pub(crate) struct VirtualDisk {
    held: Vec<HeldRead>,
    now: u32,
    steps: u32,
    most: u32,
    timeline: Vec<Access>,
}

impl VirtualDisk {
    /// An access of this thread to this file begins to wait.
    pub(crate) fn hold(&mut self, notice: Notice, thread: u32, file: u32, charge: Charge) {
        self.held.push(HeldRead {
            notice,
            thread,
            file,
            blocks: charge.blocks,
            arrived: self.now,
            due: self.now.saturating_add(charge.quarters),
        });
        let held = u32::try_from(self.held.len()).unwrap_or(u32::MAX);
        self.most = self.most.max(held);
    }

    /// A thread that waits here calls. True if it is the same access under a new id, since a signal had
    /// interrupted its wait. False if it is another call: then nobody waits for the access any more.
    /// `None` if no such thread waits.
    pub(crate) fn arrive_again(&mut self, notice: &Notice) -> Option<bool> {
        let tid = |read: &HeldRead| read.notice.tid == notice.tid;
        let index = self.held.iter().position(tid)?;
        let known = &mut self.held[index].notice;
        let same = (known.number, known.arguments) == (notice.number, notice.arguments);
        if same {
            known.id = notice.id;
        } else {
            self.held.remove(index);
        }
        Some(same)
    }

    /// The accesses that wait.
    pub(crate) fn held(&self) -> &[HeldRead] {
        &self.held
    }

    /// Take all accesses that wait. No time passes.
    pub(crate) fn release_all(&mut self) -> Vec<HeldRead> {
        std::mem::take(&mut self.held)
    }

    /// Take the accesses that are due first. They are all due at the same time.
    pub(crate) fn take_due(&mut self) -> Vec<HeldRead> {
        let first = self.held.iter().map(|read| read.due).min();
        let (due, later) = self
            .release_all()
            .into_iter()
            .partition(|read| Some(read.due) == first);
        self.held = later;
        due
    }

    /// The clock moves to the time at which these were due, and they are served. If there are none, no time
    /// passes.
    pub(crate) fn advance(&mut self, served: &[HeldRead]) {
        let Some(due) = served.iter().map(|read| read.due).max() else {
            return;
        };
        self.now = self.now.max(due);
        self.steps = self.steps.saturating_add(1);
        let room = TIMELINE - self.timeline.len();
        self.timeline
            .extend(served.iter().take(room).map(|read| Access {
                thread: read.thread,
                file: read.file,
                start: read.arrived,
                end: read.due,
            }));
    }

    /// The present virtual time, in quarters of a round.
    pub(crate) fn now(&self) -> u32 {
        self.now
    }

    /// Whole rounds that have passed.
    pub(crate) fn rounds(&self) -> u32 {
        self.now / BLOCKS
    }

    /// How often the clock has moved.
    pub(crate) fn steps(&self) -> u32 {
        self.steps
    }

    /// The most accesses that waited at once.
    pub(crate) fn most(&self) -> u32 {
        self.most
    }

    /// All that was served, in order.
    pub(crate) fn into_timeline(self) -> Vec<Access> {
        self.timeline
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hold(disk: &mut VirtualDisk, tid: i32, quarters: u32) {
        let charge = Charge {
            blocks: Blocks::NONE,
            quarters,
            not_come: None,
        };
        disk.hold(Notice::of(tid), tid.unsigned_abs(), 0, charge);
    }

    /// The threads that go on at the next step.
    fn step(disk: &mut VirtualDisk) -> Vec<i32> {
        let due = disk.take_due();
        disk.advance(&due);
        due.iter().map(|read| read.notice.tid).collect()
    }

    #[test]
    fn all_that_are_due_go_on_together_and_the_others_wait_on() {
        let mut disk = VirtualDisk::default();
        hold(&mut disk, 1, 4);
        hold(&mut disk, 2, 1);
        hold(&mut disk, 3, 1);
        assert_eq!((step(&mut disk), disk.now()), (vec![2, 3], 1));
        hold(&mut disk, 2, 3);
        hold(&mut disk, 3, 4);
        assert_eq!((step(&mut disk), disk.now()), (vec![1, 2], 4));
        assert_eq!((disk.rounds(), disk.steps(), disk.most()), (1, 2, 3));
        assert_eq!((step(&mut disk), disk.now()), (vec![3], 5));
        assert_eq!((disk.rounds(), disk.held().len()), (1, 0));
        let times: Vec<_> = disk
            .into_timeline()
            .iter()
            .map(|access| (access.thread, access.start, access.end))
            .collect();
        assert_eq!(
            times,
            [(2, 0, 1), (3, 0, 1), (1, 0, 4), (2, 1, 4), (3, 1, 5)]
        );
    }

    #[test]
    fn an_interrupted_access_is_the_same_access() {
        let mut disk = VirtualDisk::default();
        hold(&mut disk, 1, 4);
        hold(&mut disk, 2, 1);
        step(&mut disk);
        let again = Notice {
            id: 99,
            ..Notice::of(1)
        };
        assert_eq!(disk.arrive_again(&again), Some(true));
        assert_eq!(disk.arrive_again(&Notice::of(2)), None);
        assert_eq!(disk.most(), 2);
        let due = disk.take_due();
        assert_eq!((due[0].notice.id, due[0].due), (99, 4));
    }

    #[test]
    fn another_call_of_the_same_number_is_another_access() {
        let mut disk = VirtualDisk::default();
        hold(&mut disk, 1, 4);
        let other = Notice {
            number: 257,
            ..Notice::of(1)
        };
        assert_eq!(disk.arrive_again(&other), Some(false));
        assert_eq!(disk.arrive_again(&other), None);
        assert!(step(&mut disk).is_empty());
    }

    #[test]
    fn what_dies_takes_no_time() {
        let mut disk = VirtualDisk::default();
        hold(&mut disk, 1, 1);
        hold(&mut disk, 2, 4);
        assert_eq!(disk.take_due().len(), 1);
        disk.advance(&[]);
        assert_eq!((disk.now(), disk.steps()), (0, 0));
        assert_eq!((step(&mut disk), disk.now()), (vec![2], 4));
        assert!(disk.held().is_empty());
    }

    proptest! {
        /// Between any two steps, threads arrive that wait for one to four quarters.
        #[test]
        fn the_clock_never_goes_back_and_each_waits_for_as_long_as_it_costs(
            arrivals in prop::collection::vec(prop::collection::vec(1_u32..5, 0..5), 1..30),
        ) {
            let mut disk = VirtualDisk::default();
            let (mut tid, mut held) = (0, 0);
            let mut costs = Vec::new();
            for wave in arrivals {
                for quarters in wave {
                    hold(&mut disk, tid, quarters);
                    costs.push(quarters);
                    (tid, held) = (tid + 1, held + 1);
                }
                let before = disk.now();
                let gone = step(&mut disk).len();
                prop_assert_eq!(disk.now() > before, gone > 0);
                prop_assert!(disk.now() <= before + 4);
                held -= gone;
                prop_assert_eq!(disk.held().len(), held);
                prop_assert!(disk.held().iter().all(|read| read.due > disk.now()));
            }
            while !disk.held().is_empty() {
                step(&mut disk);
            }
            let timeline = disk.into_timeline();
            prop_assert!(timeline.is_sorted_by_key(|access| access.end));
            prop_assert_eq!(timeline.len(), costs.len());
            for access in timeline {
                prop_assert_eq!(access.end - access.start, costs[access.thread as usize]);
            }
        }
    }
}
