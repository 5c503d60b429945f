//! The charge of an access: the virtual time that it waits, and for which blocks. Pure.
//!
//! # The law
//!
//! A file has four blocks: the quarters of its size. The virtual disk brings a block in a quarter of a
//! round. An access needs the blocks that contain bytes which it requests and which exist. It waits for those
//! blocks that its pass has not brought yet, for all of them at once. If the pass has brought all of them, the
//! access is not held.
//!
//! So a whole file takes one round, whether a thread reads it in one call or byte by byte, and no thread waits for
//! it more than four times. A thread that reads one byte has brought a quarter of the file, and the rest costs
//! three quarters of a round, in however many pieces and by however many threads it is read.
//!
//! Why quarters: if a whole file were one block, to read one byte would count as much as to read the file. With
//! smaller blocks one byte would count less, but a program that reads in small pieces would be stopped more often,
//! and each stop costs real time.
//!
//! # Passes
//!
//! A *pass* is a way through an open file from its start. An access that starts at or before the start of the
//! previous access begins a new pass, and a new pass has no blocks. Otherwise a thread could read one descriptor
//! over and over without waiting, and the program would never be quiescent. Besides, a program repeats a read that
//! failed at the same position, and the failed read must not have brought its blocks.
//!
//! A call may also deliver fewer bytes than it requests. So if an access starts before the end of the previous
//! one, the previous one is assumed to have delivered the bytes before this start, and no others: the pass loses
//! the blocks behind it.
//!
//! Behind the end of a file there is nothing to wait for, and a program needs one read to notice the end. But a
//! thread that reads there again and again has to wait from time to time, so that the program can be quiescent.
//!
//! # Limits
//!
//! The kernel does not show which open file a descriptor belongs to. A new open file under the same descriptor is
//! taken for the old one until it is read from its start. A duplicate of a descriptor begins with the blocks of the
//! first descriptor, and from then on each of the two has blocks of its own.
//!
//! A block is the smallest unit: one byte brings it for all threads that use the same open file. So a third of a
//! file counts as half of it. And a program that reads one byte of each quarter, and later the rest of the
//! quarters, is not charged for the rest. If two open files of the same file meet in the middle of a block, both
//! wait for this block.

use std::fmt;

use rustc_hash::FxHashMap;

use evidence::BLOCKS;

/// The number of accesses behind the end of a file that are not held, since the last access that was. To notice the
/// end takes one; a program that waits for a file to grow makes more.
const FREE_AT_END: u32 = 16;

/// A set of blocks of one file.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Blocks(u8);

impl Blocks {
    /// No block.
    pub(crate) const NONE: Self = Self(0);

    /// All blocks of a file.
    pub(crate) const ALL: Self = Self((1 << BLOCKS) - 1);

    /// The blocks that contain the bytes from `start` up to `end` of a file of this size.
    fn of(start: u64, end: u64, size: u64) -> Self {
        let end = end.min(size);
        if start >= end {
            return Self::NONE;
        }
        let before = |block: u32| u128::from(block) * u128::from(size);
        let scaled = |position: u64| u128::from(position) * u128::from(BLOCKS);
        let needed =
            |&block: &u32| before(block) < scaled(end) && before(block + 1) > scaled(start);
        Self(
            (0..BLOCKS)
                .filter(needed)
                .fold(0, |all, block| all | 1 << block),
        )
    }

    pub(crate) fn is_empty(self) -> bool {
        self == Self::NONE
    }

    /// The number of blocks, which is also the number of quarters of a round in which the disk brings them.
    pub(crate) fn count(self) -> u32 {
        self.0.count_ones()
    }

    pub(crate) fn union(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    fn difference(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    fn intersection(self, others: Self) -> Self {
        Self(self.0 & others.0)
    }
}

impl fmt::Debug for Blocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04b}", self.0)
    }
}

/// One access to a data file, before it is known whether it is held.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReadCall {
    pub(crate) process: i32,
    /// The thread's index in the ledger.
    pub(crate) thread: u32,
    pub(crate) fd: i32,
    pub(crate) file: u32,
    /// The position in the file at which it starts, in bytes.
    pub(crate) start: u64,
    /// The present size of the file in bytes.
    pub(crate) size: u64,
    /// The number of bytes that it requests.
    pub(crate) length: u64,
}

impl ReadCall {
    /// The number of requested bytes that the file has.
    pub(crate) fn available(self) -> u64 {
        self.length.min(self.size.saturating_sub(self.start))
    }

    /// The position at which it ends, if the call delivers all available bytes.
    fn end(self) -> u64 {
        self.start.saturating_add(self.available())
    }
}

/// The virtual time that an access waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Charge {
    /// The blocks for which it waits.
    pub(crate) blocks: Blocks,
    /// The virtual time in quarters of a round. If it is zero, the access is not held.
    pub(crate) quarters: u32,
    /// Bytes that the previous access requested and did not get, since this access requests them again: the thread of
    /// the previous access, and their number.
    pub(crate) undelivered: Option<(u32, u64)>,
}

/// The previous access of an open file for which bytes were available.
#[derive(Debug, Clone, Copy)]
struct Previous {
    start: u64,
    /// The position at which it ended, if the call delivered all available bytes.
    end: u64,
    thread: u32,
}

/// An open file, as far as a descriptor shows it.
#[derive(Debug, Clone, Copy)]
struct Open {
    file: u32,
    /// The blocks that the present pass has brought, as far as is known.
    brought: Blocks,
    previous: Option<Previous>,
    /// The number of accesses at the end of the file, since the last one that was held.
    at_end: u32,
}

impl Open {
    fn new(file: u32) -> Self {
        Self {
            file,
            brought: Blocks::NONE,
            previous: None,
            at_end: 0,
        }
    }

    fn charge(&mut self, call: ReadCall) -> Charge {
        if call.available() == 0 {
            return self.charge_at_end();
        }
        let mut undelivered = None;
        match self.previous {
            Some(previous) if call.start > previous.start => {
                let missing = previous.end.saturating_sub(call.start);
                let missing = missing.min(call.available());
                if missing > 0 {
                    let delivered = Blocks::of(0, call.start, call.size);
                    self.brought = self.brought.intersection(delivered);
                    undelivered = Some((previous.thread, missing));
                }
            }
            _ => self.brought = Blocks::NONE,
        }
        self.previous = Some(Previous {
            start: call.start,
            end: call.end(),
            thread: call.thread,
        });
        let needed = Blocks::of(call.start, call.end(), call.size);
        let blocks = needed.difference(self.brought);
        self.brought = self.brought.union(needed);
        if !blocks.is_empty() {
            self.at_end = 0;
        }
        Charge {
            blocks,
            quarters: blocks.count(),
            undelivered,
        }
    }

    fn charge_at_end(&mut self) -> Charge {
        let is_held = self.at_end >= FREE_AT_END;
        self.at_end = if is_held { 0 } else { self.at_end + 1 };
        Charge {
            blocks: Blocks::NONE,
            quarters: if is_held { BLOCKS } else { 0 },
            undelivered: None,
        }
    }
}

/// All open data files of a program.
#[derive(Debug, Default)]
pub(crate) struct Opens {
    /// The open file of each process and descriptor.
    opens: FxHashMap<(i32, i32), Open>,
    /// The descriptor through which a process last read a file, by process and file. It serves to find duplicates.
    last_descriptor: FxHashMap<(i32, u32), i32>,
}

impl Opens {
    /// The charge of an access. `same_open` says whether two descriptors of the process are one open file.
    pub(crate) fn charge(
        &mut self,
        call: ReadCall,
        same_open: impl FnOnce(i32, i32) -> bool,
    ) -> Charge {
        let key = (call.process, call.fd);
        let file_key = (call.process, call.file);
        let other = self.last_descriptor.insert(file_key, call.fd);
        let mut known = self.of_file(key, call.file);
        if known.is_none()
            && let Some(other) = other
            && other != call.fd
            && same_open(other, call.fd)
        {
            known = self.of_file((call.process, other), call.file);
        }
        let mut open = known.unwrap_or_else(|| Open::new(call.file));
        let charge = open.charge(call);
        self.opens.insert(key, open);
        charge
    }

    fn of_file(&self, key: (i32, i32), file: u32) -> Option<Open> {
        self.opens
            .get(&key)
            .copied()
            .filter(|open| open.file == file)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SIZE: u64 = 57;

    fn call(thread: u32, fd: i32, file: u32, start: u64) -> ReadCall {
        ReadCall {
            process: 1,
            thread,
            fd,
            file,
            start,
            size: SIZE,
            length: 20,
        }
    }

    #[derive(Default)]
    struct Reader(Opens);

    impl Reader {
        /// The charge of a read of `length` bytes, in quarters of a round.
        fn reads(&mut self, fd: i32, start: u64, length: u64) -> u32 {
            let call = ReadCall {
                length,
                ..call(1, fd, 0, start)
            };
            self.0.charge(call, |_, _| false).quarters
        }
    }

    #[test]
    fn blocks_are_the_quarters_of_the_size() {
        let of = |start, end, size| Blocks::of(start, end, size).0;
        // The borders are at 14.25, 28.5 and 42.75.
        assert_eq!(of(0, 1, SIZE), 0b0001);
        assert_eq!(of(0, 14, SIZE), 0b0001);
        assert_eq!(of(0, 15, SIZE), 0b0011);
        assert_eq!(of(14, 15, SIZE), 0b0011);
        assert_eq!(of(15, 28, SIZE), 0b0010);
        assert_eq!(of(43, SIZE, SIZE), 0b1000);
        assert_eq!(of(0, SIZE, SIZE), 0b1111);
        assert_eq!(of(0, 2, 8), 0b0001);
        assert_eq!(of(2, 6, 8), 0b0110);
        // Where there are fewer bytes than blocks, a byte lies in several.
        assert_eq!(of(0, 1, 1), 0b1111);
        assert_eq!((of(0, 1, 2), of(1, 2, 2)), (0b0011, 0b1100));
        assert_eq!((of(0, 0, SIZE), of(0, 1, 0), of(58, 60, SIZE)), (0, 0, 0));
        assert_eq!(of(0, u64::MAX, u64::MAX), 0b1111);
    }

    #[test]
    fn a_whole_file_takes_a_round_and_one_byte_a_quarter_of_it() {
        let mut r = Reader::default();
        assert_eq!(r.reads(3, 0, 4096), 4);
        assert_eq!(r.reads(3, SIZE, 4096), 0);
        assert_eq!(r.reads(4, 0, 1), 1);
        assert_eq!(r.reads(4, 1, 4096), 3);
        // Each of two open files brings its own blocks.
        assert_eq!(r.reads(5, 20, 20), 2);
    }

    #[test]
    fn reading_on_waits_for_missing_blocks_and_reading_again_for_all_blocks() {
        let mut r = Reader::default();
        let waits = [(0, 1), (20, 2), (29, 0), (40, 1), (50, 0), (57, 0)];
        for (start, quarters) in waits {
            assert_eq!(r.reads(3, start, 9), quarters, "{start}");
        }
        // The program has rewound the file, or opened it again under the same number. Both look the same.
        assert_eq!(r.reads(3, 0, 100), 4);
        // The program reads at the same position again, and then backwards.
        assert_eq!(r.reads(3, 50, 3), 0);
        assert_eq!(r.reads(3, 50, 3), 1);
        assert_eq!(r.reads(3, 49, 3), 1);
    }

    #[test]
    fn bytes_that_were_not_delivered_were_not_brought() {
        let mut r = Reader::default();
        // The first read failed.
        assert_eq!(r.reads(3, 0, 100), 4);
        assert_eq!(r.reads(3, 0, 100), 4);
        // The second read delivered one byte.
        assert_eq!(r.reads(3, 1, 100), 3);
        // The third read delivered thirty bytes, of which the last is in the third block.
        assert_eq!(r.reads(3, 31, 100), 1);
        // The read delivered all requested bytes.
        assert_eq!(r.reads(4, 0, 30), 3);
        assert_eq!(r.reads(4, 30, 10), 0);
        // The blocks before a read that failed stay brought.
        assert_eq!(r.reads(4, 40, 100), 1);
        assert_eq!(r.reads(4, 41, 100), 1);
        assert_eq!(r.reads(4, 56, 100), 0);
    }

    #[test]
    fn undelivered_bytes_count_for_the_thread_that_gets_them() {
        let mut opens = Opens::default();
        let mut undelivered = |thread, at| {
            opens
                .charge(call(thread, 3, 0, at), |_, _| false)
                .undelivered
        };
        assert_eq!(undelivered(1, 0), None);
        assert_eq!(undelivered(1, 20), None);
        // The previous access delivered one byte instead of twenty.
        assert_eq!(undelivered(2, 21), Some((1, 19)));
        assert_eq!(undelivered(2, 41), None);
        // Never more bytes than the file has.
        assert_eq!(undelivered(1, 50), Some((2, 7)));
        assert_eq!(undelivered(3, SIZE), None);
    }

    #[test]
    fn each_descriptor_and_each_file_is_its_own() {
        let mut opens = Opens::default();
        let mut waits = |fd, file, at| opens.charge(call(1, fd, file, at), |_, _| false).quarters;
        assert_eq!((waits(3, 0, 0), waits(4, 0, 0)), (2, 2));
        assert_eq!(waits(3, 1, 30), 2);
        // The descriptor belonged to another file in between.
        assert_eq!((waits(3, 0, 30), waits(4, 0, 37)), (2, 2));
    }

    #[test]
    fn a_duplicate_is_the_same_open() {
        let mut opens = Opens::default();
        let mut waits = |fd, at, same: &dyn Fn(i32, i32) -> bool| {
            opens.charge(call(1, fd, 0, at), same).quarters
        };
        assert_eq!(waits(3, 0, &|_, _| true), 2);
        assert_eq!(waits(4, 20, &|one, other| (one, other) == (3, 4)), 1);
        assert_eq!(waits(5, 30, &|_, _| false), 2);
    }

    #[test]
    fn a_thread_that_reads_behind_the_end_again_and_again_is_held() {
        let mut r = Reader::default();
        // The second open file has read nothing before.
        for fd in [3, 4] {
            let waited: Vec<u32> = (0..1000).map(|_| r.reads(fd, SIZE, 9)).collect();
            let free = FREE_AT_END as usize;
            assert_eq!(
                waited.iter().filter(|&&q| q == 4).count(),
                1000 / (free + 1)
            );
            assert_eq!(waited.iter().sum::<u32>() as usize, 4 * (1000 / (free + 1)));
            assert_eq!(r.reads(fd, 0, 100), 4);
        }
    }

    /// The size of a file, and the positions at which a reader of the whole file stops in between.
    fn cuts() -> impl Strategy<Value = (u64, Vec<u64>)> {
        let size = prop_oneof![1_u64..9, 1_u64..5000, Just(u64::MAX)];
        size.prop_flat_map(|size| (Just(size), prop::collection::vec(0..size, 0..60)))
    }

    proptest! {
        #[test]
        fn reading_a_file_forward_takes_a_round_and_four_waits_at_most((size, mut cuts) in cuts()) {
            cuts.extend([0, size]);
            cuts.sort_unstable();
            cuts.dedup();
            let mut opens = Opens::default();
            let waits: Vec<u32> = cuts
                .windows(2)
                .map(|piece| {
                    let call = ReadCall { size, length: piece[1] - piece[0], ..call(1, 3, 0, piece[0]) };
                    opens.charge(call, |_, _| false).quarters
                })
                .collect();
            prop_assert_eq!(waits.iter().sum::<u32>(), BLOCKS);
            prop_assert!(waits.iter().filter(|&&quarters| quarters > 0).count() <= 4);
        }

        /// Each call delivers some of the bytes that it requests. Whenever it delivers the first byte of a block,
        /// it was charged for this block.
        #[test]
        fn the_first_byte_of_each_block_is_charged(
            size in 1_u64..200,
            reads in prop::collection::vec((1_u64..220, prop_oneof![Just(0), 0_u64..220]), 1..40),
        ) {
            let mut opens = Opens::default();
            let (mut delivered, mut position) = (Blocks::NONE, 0);
            for (length, delivers) in reads {
                let call = ReadCall { size, length, ..call(1, 3, 0, position) };
                let charge = opens.charge(call, |_, _| false);
                prop_assert_eq!(charge.blocks.count(), charge.quarters);
                let end = position + delivers.min(call.available());
                let new = Blocks::of(position, end, size).difference(delivered);
                prop_assert_eq!(new.difference(charge.blocks), Blocks::NONE);
                delivered = delivered.union(new);
                position = end;
                if position == size {
                    (delivered, position) = (Blocks::NONE, 0);
                }
            }
        }
    }
}
