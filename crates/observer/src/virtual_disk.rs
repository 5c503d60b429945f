//! The virtual disk: the held reads, and the virtual clock. Pure.
//!
//! # Theory of operation
//!
//! Virtual time is counted in quarters of a round, or in milliseconds where each file has a latency of its own. A held
//! read is due when the disk has brought all its blocks, each of which takes a quarter of a round, or a quarter of
//! the file's latency. The disk works on any number of reads at once. The clock moves only when the program is
//! quiescent, and then to the earliest time at which some read is due. All reads that are due then
//! return together, and the others stay held. So all reads that arrive between two steps of the clock arrive at
//! the same virtual time, in whatever order the machine runs their threads.
//!
//! Where waits with a limit on time take virtual time (`timed_waits`), the clock also stops at the end of such a wait,
//! if that comes before the first read is due. No read returns then.
//!
//! `blocks` decides which accesses are held, and for how long. The disk never responds to a call.

use evidence::{Access, BLOCKS, MAX_TIMELINE, TimeUnit};

use crate::{
    blocks::{Blocks, Charge},
    seccomp::notify::Notification,
};

/// What waits for a response while a read is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waiter {
    /// A system call, and with it the thread that made it.
    Call(Notification),
    /// A request to the server, on the connection with this number. Its thread may do something else meanwhile.
    Request(u32),
}

impl From<Notification> for Waiter {
    fn from(notification: Notification) -> Self {
        Self::Call(notification)
    }
}

/// An access to a data file that waits for its response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HeldRead {
    /// What waits.
    pub(crate) waiter: Waiter,
    /// The index of its thread in the ledger.
    pub(crate) thread: u32,
    /// The index of its file.
    pub(crate) file: u32,
    /// The blocks for which it waits. There are none if it starts at the end of the file or behind it.
    pub(crate) blocks: Blocks,
    /// The virtual time at which it began to wait.
    arrived: u32,
    /// The virtual time at which it returns.
    due: u32,
}

impl HeldRead {
    /// The thread that sleeps in the kernel until the read returns, if one does.
    pub(crate) fn sleeping_thread(&self) -> Option<i32> {
        match self.waiter {
            Waiter::Call(notification) => Some(notification.tid),
            Waiter::Request(_) => None,
        }
    }
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
    /// The cost of one block of each file in milliseconds. `None` if the unit is a quarter of a round, which is the cost
    /// of one block of any file.
    block_ms: Option<Vec<u32>>,
    /// The present virtual time.
    now: u32,
    steps: u32,
    max_held: u32,
    timeline: Vec<Access>,
}

impl VirtualDisk {
    /// A disk with files that have these latencies, in milliseconds.
    pub(crate) fn of_latencies(latencies: impl Iterator<Item = u32>) -> Self {
        // A block that costs nothing would be read without the clock, and so would a file again and again.
        let block_ms = latencies.map(|ms| ms.div_ceil(BLOCKS).max(1)).collect();
        Self {
            block_ms: Some(block_ms),
            ..Self::default()
        }
    }

    /// What a unit of virtual time is.
    pub(crate) fn unit(&self) -> TimeUnit {
        match self.block_ms {
            None => TimeUnit::QuarterRound,
            Some(_) => TimeUnit::Millisecond,
        }
    }

    /// The virtual time that one block of a file costs.
    pub(crate) fn cost_of_block(&self, file: u32) -> u32 {
        self.block_ms.as_ref().map_or(1, |block_ms| {
            block_ms.get(file as usize).copied().unwrap_or(1)
        })
    }

    /// Hold an access of a thread to a file.
    pub(crate) fn hold(
        &mut self,
        waiter: impl Into<Waiter>,
        thread: u32,
        file: u32,
        charge: Charge,
    ) {
        let cost = charge.quarters.saturating_mul(self.cost_of_block(file));
        self.held.push(HeldRead {
            waiter: waiter.into(),
            thread,
            file,
            blocks: charge.blocks,
            arrived: self.now,
            due: self.now.saturating_add(cost),
        });
        let held = u32::try_from(self.held.len()).unwrap_or(u32::MAX);
        self.max_held = self.max_held.max(held);
    }

    /// Find the held read of a thread that makes a call, and take the call into account. The kernel gives a
    /// repeated call a new id.
    pub(crate) fn find_held(&mut self, notification: &Notification) -> HeldCall {
        let of_thread = self.held.iter_mut().enumerate().find_map(|(index, read)| {
            let Waiter::Call(known) = &mut read.waiter else {
                return None;
            };
            (known.tid == notification.tid).then_some((index, known))
        });
        let Some((index, known)) = of_thread else {
            return HeldCall::None;
        };
        if (known.number, known.arguments) == (notification.number, notification.arguments) {
            known.id = notification.id;
            HeldCall::Repeated
        } else {
            self.held.remove(index);
            HeldCall::Abandoned
        }
    }

    /// Forget the request that is held on a connection. False if there is none.
    pub(crate) fn forget_request(&mut self, connection: u32) -> bool {
        let held = self.held.len();
        self.held
            .retain(|read| read.waiter != Waiter::Request(connection));
        self.held.len() < held
    }

    /// The held reads.
    pub(crate) fn held(&self) -> &[HeldRead] {
        &self.held
    }

    /// Take all held reads. No virtual time passes.
    pub(crate) fn release_all(&mut self) -> Vec<HeldRead> {
        std::mem::take(&mut self.held)
    }

    /// The virtual time at which the first of the held reads are due.
    pub(crate) fn first_due(&self) -> Option<u32> {
        self.held.iter().map(|read| read.due).min()
    }

    /// Take the held reads that are due first. All of them are due at the same time.
    pub(crate) fn take_due(&mut self) -> Vec<HeldRead> {
        let first = self.first_due();
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
        self.move_to(due);
        let room = MAX_TIMELINE - self.timeline.len();
        self.timeline
            .extend(served.iter().take(room).map(|read| Access {
                thread: read.thread,
                file: read.file,
                start: read.arrived,
                end: read.due,
            }));
    }

    /// Move the clock to a later time, at which no read returns.
    pub(crate) fn move_to(&mut self, time: u32) {
        self.now = self.now.max(time);
        self.steps = self.steps.saturating_add(1);
    }

    /// The present virtual time.
    pub(crate) fn now(&self) -> u32 {
        self.now
    }

    /// Whole rounds that have passed, or milliseconds.
    pub(crate) fn rounds(&self) -> u32 {
        match self.unit() {
            TimeUnit::QuarterRound => self.now / BLOCKS,
            TimeUnit::Millisecond => self.now,
        }
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
        due.iter().filter_map(HeldRead::sleeping_thread).collect()
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
        assert_eq!((due[0].waiter, due[0].due), (Waiter::Call(again), 4));
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
    fn a_request_is_held_like_a_call_and_keeps_no_thread_asleep() {
        let mut disk = VirtualDisk::of_latencies([40].into_iter());
        let charge = Charge {
            blocks: Blocks::ALL,
            quarters: 4,
            undelivered: None,
        };
        for connection in [7, 8] {
            disk.hold(Waiter::Request(connection), 0, 0, charge);
        }
        // Whichever number its thread has.
        assert_eq!(disk.find_held(&Notification::of(7)), HeldCall::None);
        assert!(
            disk.held()
                .iter()
                .all(|read| read.sleeping_thread().is_none())
        );
        assert!(disk.forget_request(7) && !disk.forget_request(7));
        let due = disk.take_due();
        disk.advance(&due);
        assert_eq!((due[0].waiter, disk.now()), (Waiter::Request(8), 40));
        assert_eq!(disk.max_held(), 2);
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

    #[test]
    fn a_file_with_a_latency_costs_a_quarter_of_it_for_each_block() {
        let mut disk = VirtualDisk::of_latencies([300, 10, 0].into_iter());
        assert_eq!([0, 1, 2].map(|file| disk.cost_of_block(file)), [75, 3, 1]);
        for (tid, file, quarters) in [(1, 0, 4), (2, 0, 1), (3, 1, 4), (4, 2, 2)] {
            let charge = Charge {
                blocks: Blocks::NONE,
                quarters,
                undelivered: None,
            };
            disk.hold(Notification::of(tid), 0, file, charge);
        }
        assert_eq!((step(&mut disk), disk.now()), (vec![4], 2));
        // A wait with a limit ends before the next read is due.
        assert_eq!(disk.first_due(), Some(12));
        disk.move_to(7);
        assert_eq!((disk.now(), disk.steps(), disk.held().len()), (7, 2, 3));
        assert_eq!((step(&mut disk), disk.now()), (vec![3], 12));
        assert_eq!((step(&mut disk), disk.now()), (vec![2], 75));
        assert_eq!((step(&mut disk), disk.rounds()), (vec![1], 300));
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
