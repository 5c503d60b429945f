//! The virtual slow disk: what waits at it, and its clock. Pure.
//!
//! Each access takes one unit of virtual time, and any number can be under way at once. The clock moves
//! only when the program is at rest, so everything that arrives between two rests arrives at the same
//! virtual time and is due at the same virtual time: one *round* serves all that wait.

use super::notify::Notice;
use evidence::Access;

/// The timeline keeps so many accesses. A program that reads each of 1000 files 100 times is past caring.
const TIMELINE: usize = 100_000;

/// An access that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Waiting {
    /// The call, by which the kernel knows it.
    pub(super) notice: Notice,
    /// Index of its thread.
    pub(super) thread: u32,
    /// Index of its file.
    pub(super) file: u32,
    /// Whether there is something to find where it starts.
    pub(super) finds: bool,
    /// By which it is known later.
    pub(super) ticket: u64,
    /// Whether it waits since what was waited for before was little.
    pub(super) for_the_rest: bool,
    /// What this shows to have been a touch only.
    pub(super) touch: Option<u64>,
    /// Real microseconds from the start.
    pub(super) at_us: u32,
}

#[derive(Debug, Default)]
pub(super) struct Disk {
    waiting: Vec<Waiting>,
    rounds: u32,
    most: u32,
    timeline: Vec<Access>,
}

impl Disk {
    /// An access begins to wait.
    pub(super) fn arrive(&mut self, access: Waiting) {
        self.waiting.push(access);
        self.most = self.most.max(self.len());
    }

    /// A thread that waits here calls. True if it is the same access under a new id, since a signal had
    /// interrupted its wait. False if it is another call: then nobody waits for the access any more.
    /// `None` if no such thread waits.
    pub(super) fn arrive_again(&mut self, notice: &Notice) -> Option<bool> {
        let tid = |access: &Waiting| access.notice.tid == notice.tid;
        let index = self.waiting.iter().position(tid)?;
        let known = &mut self.waiting[index].notice;
        let same = (known.number, known.arguments) == (notice.number, notice.arguments);
        if same {
            known.id = notice.id;
        } else {
            self.waiting.remove(index);
        }
        Some(same)
    }

    /// The threads that wait.
    pub(super) fn waiting(&self) -> &[Waiting] {
        &self.waiting
    }

    fn len(&self) -> u32 {
        u32::try_from(self.waiting.len()).unwrap_or(u32::MAX)
    }

    /// Take all that waits.
    pub(super) fn take(&mut self) -> Vec<Waiting> {
        std::mem::take(&mut self.waiting)
    }

    /// One unit of time passes, in which these were served. If there are none, none passes.
    pub(super) fn advance(&mut self, served: &[Waiting]) {
        if served.is_empty() {
            return;
        }
        let room = TIMELINE - self.timeline.len();
        self.timeline
            .extend(served.iter().take(room).map(|access| Access {
                thread: access.thread,
                file: access.file,
                start: self.rounds,
                end: self.rounds + 1,
                at_us: access.at_us,
            }));
        self.rounds += 1;
    }

    /// Rounds until now, which is also the present virtual time.
    pub(super) fn rounds(&self) -> u32 {
        self.rounds
    }

    /// The most that waited at once.
    pub(super) fn most(&self) -> u32 {
        self.most
    }

    /// All that was served, in order.
    pub(super) fn into_timeline(self) -> Vec<Access> {
        self.timeline
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(tid: i32) -> Waiting {
        Waiting {
            notice: Notice::of(tid),
            thread: tid.unsigned_abs(),
            file: 0,
            finds: true,
            ticket: 0,
            for_the_rest: false,
            touch: None,
            at_us: 0,
        }
    }

    fn one_round(disk: &mut Disk) -> Vec<Waiting> {
        let served = disk.take();
        disk.advance(&served);
        served
    }

    #[test]
    fn one_round_serves_all_that_waits() {
        let mut disk = Disk::default();
        disk.arrive(access(1));
        disk.arrive(access(2));
        assert_eq!(one_round(&mut disk).len(), 2);
        disk.arrive(access(1));
        assert_eq!(one_round(&mut disk), [access(1)]);
        assert_eq!((disk.rounds(), disk.most()), (2, 2));
        let times: Vec<_> = disk
            .into_timeline()
            .iter()
            .map(|access| (access.thread, access.start, access.end))
            .collect();
        assert_eq!(times, [(1, 0, 1), (2, 0, 1), (1, 1, 2)]);
    }

    #[test]
    fn an_interrupted_access_is_the_same_access() {
        let mut disk = Disk::default();
        disk.arrive(access(1));
        let again = Notice {
            id: 99,
            ..Notice::of(1)
        };
        assert_eq!(disk.arrive_again(&again), Some(true));
        assert_eq!(disk.arrive_again(&Notice::of(2)), None);
        assert_eq!(disk.most(), 1);
        assert_eq!(one_round(&mut disk)[0].notice.id, 99);
    }

    #[test]
    fn another_call_of_the_same_number_is_another_access() {
        let mut disk = Disk::default();
        disk.arrive(access(1));
        let other = Notice {
            number: 257,
            ..Notice::of(1)
        };
        assert_eq!(disk.arrive_again(&other), Some(false));
        assert_eq!(disk.arrive_again(&other), None);
        assert!(one_round(&mut disk).is_empty());
    }

    #[test]
    fn what_dies_takes_no_time() {
        let mut disk = Disk::default();
        disk.arrive(access(1));
        assert_eq!(disk.take().len(), 1);
        disk.advance(&[]);
        assert_eq!(disk.rounds(), 0);
        assert!(disk.waiting().is_empty());
    }
}
