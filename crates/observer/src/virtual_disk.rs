//! The virtual disk: the held reads, and the virtual clock. Pure.
//!
//! # Theory of operation
//!
//! Virtual time is counted in quarters of a round. A held read is due when the disk has brought all its blocks,
//! each of which takes a quarter. The disk works on any number of reads at once. The clock moves only when the
//! program is quiescent, and then to the earliest time at which some read is due. All reads that are due then
//! return together, and the others stay held. So all reads that arrive between two steps of the clock arrive at
//! the same virtual time, in whatever order the machine runs their threads.
//!
//! `blocks` decides which accesses are held, and for how long. The disk never responds to a call.

use evidence::{Access, BLOCKS};

use crate::{
    blocks::{Blocks, Charge},
    seccomp::notify::Notification,
};

/// The number of accesses that the timeline keeps. It bounds the size of a report; a program with a thousand data
/// files that waits more often reads each of them a hundred times.
const MAX_TIMELINE: usize = 100_000;

/// An access to a data file whose call waits for a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HeldRead {
    /// The call that waits.
    pub(crate) notification: Notification,
    /// The index of its thread in the ledger.
    pub(crate) thread: u32,
    /// The index of its file.
    pub(crate) file: u32,
    /// The blocks for which it waits. There are none if it starts at the end of the file or behind it.
    pub(crate) blocks: Blocks,
    /// The virtual time at which it began to wait, in quarters of a round.
    arrived: u32,
    /// The virtual time at which it returns, in quarters of a round.
    due: u32,
}

/// How a call that arrives relates to a held read of the same thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeldCall {
    /// No read of the thread is held.
    None,
    /// The thread repeats the call of its held read, since a signal had interrupted it.
    Repeated,
    /// The thread makes another call, and does not wait for its read any more. The read is no longer held.
    Abandoned,
}

/// The held reads and the virtual clock of one program.
#[derive(Debug, Default)]
pub(crate) struct VirtualDisk {
    held: Vec<HeldRead>,
    /// The present virtual time, in quarters of a round.
    now: u32,
    steps: u32,
    max_held: u32,
    timeline: Vec<Access>,
}

impl VirtualDisk {
    /// Hold an access of a thread to a file.
    pub(crate) fn hold(
        &mut self,
        notification: Notification,
        thread: u32,
        file: u32,
        charge: Charge,
    ) {
        self.held.push(HeldRead {
            notification,
            thread,
            file,
            blocks: charge.blocks,
            arrived: self.now,
            due: self.now.saturating_add(charge.quarters),
        });
        let held = u32::try_from(self.held.len()).unwrap_or(u32::MAX);
        self.max_held = self.max_held.max(held);
    }

    /// Find the held read of a thread that makes a call, and take the call into account. The kernel gives a
    /// repeated call a new id.
    pub(crate) fn find_held(&mut self, notification: &Notification) -> HeldCall {
        let is_of_thread = |read: &HeldRead| read.notification.tid == notification.tid;
        let Some(index) = self.held.iter().position(is_of_thread) else {
            return HeldCall::None;
        };
        let known = &mut self.held[index].notification;
        if (known.number, known.arguments) == (notification.number, notification.arguments) {
            known.id = notification.id;
            HeldCall::Repeated
        } else {
            self.held.remove(index);
            HeldCall::Abandoned
        }
    }

    /// The held reads.
    pub(crate) fn held(&self) -> &[HeldRead] {
        &self.held
    }

    /// Take all held reads. No virtual time passes.
    pub(crate) fn release_all(&mut self) -> Vec<HeldRead> {
        std::mem::take(&mut self.held)
    }

    /// Take the held reads that are due first. All of them are due at the same time.
    pub(crate) fn take_due(&mut self) -> Vec<HeldRead> {
        let first = self.held.iter().map(|read| read.due).min();
        let (due, later) = self
            .release_all()
            .into_iter()
            .partition(|read| Some(read.due) == first);
        self.held = later;
        due
    }

    /// Move the clock to the time at which these reads were due, and put them into the timeline. If there are none,
    /// no virtual time passes.
    pub(crate) fn advance(&mut self, served: &[HeldRead]) {
        let Some(due) = served.iter().map(|read| read.due).max() else {
            return;
        };
        self.now = self.now.max(due);
        self.steps = self.steps.saturating_add(1);
        let room = MAX_TIMELINE - self.timeline.len();
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

    /// The number of times that the clock has moved.
    pub(crate) fn steps(&self) -> u32 {
        self.steps
    }

    /// The largest number of reads that were held at once.
    pub(crate) fn max_held(&self) -> u32 {
        self.max_held
    }

    /// The reads that the disk has served, in this order.
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
            undelivered: None,
        };
        disk.hold(Notification::of(tid), tid.unsigned_abs(), 0, charge);
    }

    /// Move the clock once. Returns the threads whose reads return.
    fn step(disk: &mut VirtualDisk) -> Vec<i32> {
        let due = disk.take_due();
        disk.advance(&due);
        due.iter().map(|read| read.notification.tid).collect()
    }

    #[test]
    fn reads_that_are_due_return_together_and_the_others_stay_held() {
        let mut disk = VirtualDisk::default();
        hold(&mut disk, 1, 4);
        hold(&mut disk, 2, 1);
        hold(&mut disk, 3, 1);
        assert_eq!((step(&mut disk), disk.now()), (vec![2, 3], 1));
        hold(&mut disk, 2, 3);
        hold(&mut disk, 3, 4);
        assert_eq!((step(&mut disk), disk.now()), (vec![1, 2], 4));
        assert_eq!((disk.rounds(), disk.steps(), disk.max_held()), (1, 2, 3));
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
        let again = Notification {
            id: 99,
            ..Notification::of(1)
        };
        assert_eq!(disk.find_held(&again), HeldCall::Repeated);
        assert_eq!(disk.find_held(&Notification::of(2)), HeldCall::None);
        assert_eq!(disk.max_held(), 2);
        let due = disk.take_due();
        assert_eq!((due[0].notification.id, due[0].due), (99, 4));
    }

    #[test]
    fn another_call_of_the_same_number_is_another_access() {
        let mut disk = VirtualDisk::default();
        hold(&mut disk, 1, 4);
        let other = Notification {
            number: 257,
            ..Notification::of(1)
        };
        assert_eq!(disk.find_held(&other), HeldCall::Abandoned);
        assert_eq!(disk.find_held(&other), HeldCall::None);
        assert!(step(&mut disk).is_empty());
    }

    #[test]
    fn reads_of_killed_threads_take_no_time() {
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
        /// Before each step some threads arrive, and each waits for one to four quarters.
        #[test]
        fn the_clock_never_goes_back_and_each_read_waits_for_its_charge(
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
