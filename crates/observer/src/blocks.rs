//! Which blocks of a file an open has brought, and for how long an access waits. Pure.
//!
//! # The law
//!
//! A file has four blocks: the quarters of its size. The virtual disk brings a block in a quarter of a
//! round. An access needs the blocks in which bytes lie that it asks for and that are there. It waits for
//! those of them that its open has not brought yet, for all at once; where none is missing it is not held.
//!
//! So a whole file takes one round, whether it is read in one go or byte by byte, and nobody waits more
//! often than four times for it. Whoever touches one byte has brought a quarter of the file, and whoever
//! comes for the rest waits for the other three, in however many pieces and threads it is read.
//!
//! Why quarters: with whole files as blocks, a touch would be as good as a read. With smaller blocks a touch
//! would bring less, but a program that reads in small pieces would be stopped more often, and each stop
//! costs real time.
//!
//! # Passes
//!
//! An open remembers its blocks until it is read again: an access that starts at or before the start of the
//! access before begins a new *pass*, which has brought nothing. Otherwise a thread could read one descriptor
//! over and over without ever waiting, and the program would never be quiescent. And a read that fails is
//! repeated at the same place: it must not have brought what it asked for.
//!
//! A call may also bring less than it asks for. So where an access starts before the end of the access before,
//! that one is believed to have come as far as this start: blocks that lie wholly beyond are forgotten.
//!
//! Behind the end there is nothing to wait for, and it takes one read to notice the end. But whoever asks
//! there again and again has to wait once in a while, for the same reason.
//!
//! # Limits
//!
//! The kernel does not tell which open stands behind a descriptor. A new open under the same number is taken
//! for the old one until it reads from the start. A duplicate begins with what the other descriptor had
//! brought, and from then on each of both has its own account.
//!
//! A block is the smallest unit: who brings it with one byte has brought it for all who use the same open. So a
//! third of a file counts as half of it, and a program that touches each quarter before it reads the rest of
//! that quarter looks as if it read all when it touched. Two opens that meet in the middle of a block both wait
//! for it.

use std::fmt;

use rustc_hash::FxHashMap;

use evidence::BLOCKS;

/// Free accesses behind the end, since an open last waited.
const FREE_AT_END: u32 = 16;

/// Some of the blocks of a file.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Blocks(u8);

impl Blocks {
    /// No block.
    pub(crate) const NONE: Self = Self(0);

    /// The blocks in which the bytes from `start` up to `end` lie, of a file of this size.
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

    /// How many they are, which is also how many quarters of a round it takes to bring them.
    pub(crate) fn count(self) -> u32 {
        self.0.count_ones()
    }

    /// These and those.
    pub(crate) fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    fn only(self, others: Self) -> Self {
        Self(self.0 & others.0)
    }
}

impl fmt::Debug for Blocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04b}", self.0)
    }
}

/// One access, as far as it matters here.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReadCall {
    pub(crate) process: i32,
    /// The thread's index in the ledger.
    pub(crate) thread: u32,
    pub(crate) fd: i32,
    pub(crate) file: u32,
    /// Where in the file it starts.
    pub(crate) start: u64,
    /// The file's size now.
    pub(crate) size: u64,
    /// Bytes that are asked for.
    pub(crate) length: u64,
}

impl ReadCall {
    /// Bytes that are there.
    pub(crate) fn finds(self) -> u64 {
        self.length.min(self.size.saturating_sub(self.start))
    }

    /// Where it ends, if all comes that is there.
    fn end(self) -> u64 {
        self.start.saturating_add(self.finds())
    }
}

/// What an access costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Charge {
    /// The blocks that it has to wait for.
    pub(crate) blocks: Blocks,
    /// For how long, in quarters of a round. Zero: it is not held.
    pub(crate) quarters: u32,
    /// A thread, and bytes that it asked for before and that did not come, as this access gets them.
    pub(crate) not_come: Option<(u32, u64)>,
}

/// An access that found data.
#[derive(Debug, Clone, Copy)]
struct Last {
    start: u64,
    /// Where it ends, if all of it came.
    end: u64,
    thread: u32,
}

/// A descriptor of a file.
#[derive(Debug, Clone, Copy)]
struct Open {
    file: u32,
    /// The blocks that this pass has brought, as far as is known.
    brought: Blocks,
    last: Option<Last>,
    /// Accesses that found nothing, since it last waited.
    at_end: u32,
}

impl Open {
    fn new(file: u32) -> Self {
        Self {
            file,
            brought: Blocks::NONE,
            last: None,
            at_end: 0,
        }
    }

    fn charge(&mut self, call: ReadCall) -> Charge {
        if call.finds() == 0 {
            return self.charge_at_end();
        }
        let mut not_come = None;
        match self.last {
            Some(last) if call.start > last.start => {
                let missed = last.end.saturating_sub(call.start).min(call.finds());
                if missed > 0 {
                    let came = Blocks::of(0, call.start, call.size);
                    self.brought = self.brought.only(came);
                    not_come = Some((last.thread, missed));
                }
            }
            _ => self.brought = Blocks::NONE,
        }
        self.last = Some(Last {
            start: call.start,
            end: call.end(),
            thread: call.thread,
        });
        let needed = Blocks::of(call.start, call.end(), call.size);
        let blocks = needed.without(self.brought);
        self.brought = self.brought.and(needed);
        if !blocks.is_empty() {
            self.at_end = 0;
        }
        Charge {
            blocks,
            quarters: blocks.count(),
            not_come,
        }
    }

    fn charge_at_end(&mut self) -> Charge {
        let waits = self.at_end >= FREE_AT_END;
        self.at_end = if waits { 0 } else { self.at_end + 1 };
        Charge {
            blocks: Blocks::NONE,
            quarters: if waits { BLOCKS } else { 0 },
            not_come: None,
        }
    }
}

/// What every open has brought.
#[derive(Debug, Default)]
pub(crate) struct Opens {
    /// By process and descriptor.
    opens: FxHashMap<(i32, i32), Open>,
    /// The last descriptor of each process through which a file was read, to find duplicates.
    last: FxHashMap<(i32, u32), i32>,
}

impl Opens {
    /// What an access costs. `same_open` tells whether two descriptors of this process are one open.
    pub(crate) fn charge(
        &mut self,
        call: ReadCall,
        same_open: impl FnOnce(i32, i32) -> bool,
    ) -> Charge {
        let key = (call.process, call.fd);
        let other = self.last.insert((call.process, call.file), call.fd);
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
        /// For how long a read of so many bytes waits.
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
    fn a_whole_file_takes_a_round_and_a_touch_a_quarter_of_it() {
        let mut r = Reader::default();
        assert_eq!(r.reads(3, 0, 4096), 4);
        assert_eq!(r.reads(3, SIZE, 4096), 0);
        assert_eq!(r.reads(4, 0, 1), 1);
        assert_eq!(r.reads(4, 1, 4096), 3);
        // What two opens bring is brought twice.
        assert_eq!(r.reads(5, 20, 20), 2);
    }

    #[test]
    fn reading_on_waits_for_what_is_missing_and_reading_again_for_all() {
        let mut r = Reader::default();
        let waits = [(0, 1), (20, 2), (29, 0), (40, 1), (50, 0), (57, 0)];
        for (start, quarters) in waits {
            assert_eq!(r.reads(3, start, 9), quarters, "{start}");
        }
        // Rewound, or opened again under the same number: it is the same to us.
        assert_eq!(r.reads(3, 0, 100), 4);
        // In place, and backwards.
        assert_eq!(r.reads(3, 50, 3), 0);
        assert_eq!(r.reads(3, 50, 3), 1);
        assert_eq!(r.reads(3, 49, 3), 1);
    }

    #[test]
    fn what_did_not_come_was_not_brought() {
        let mut r = Reader::default();
        // It failed.
        assert_eq!(r.reads(3, 0, 100), 4);
        assert_eq!(r.reads(3, 0, 100), 4);
        // One byte of it came.
        assert_eq!(r.reads(3, 1, 100), 3);
        // Thirty bytes of that came, of which the last lies in the third block.
        assert_eq!(r.reads(3, 31, 100), 1);
        // All of what was asked for came.
        assert_eq!(r.reads(4, 0, 30), 3);
        assert_eq!(r.reads(4, 30, 10), 0);
        // What came before what failed is still there.
        assert_eq!(r.reads(4, 40, 100), 1);
        assert_eq!(r.reads(4, 41, 100), 1);
        assert_eq!(r.reads(4, 56, 100), 0);
    }

    #[test]
    fn whoever_gets_what_another_asked_for_has_read_it() {
        let mut opens = Opens::default();
        let mut not_come = |thread, at| opens.charge(call(thread, 3, 0, at), |_, _| false).not_come;
        assert_eq!(not_come(1, 0), None);
        assert_eq!(not_come(1, 20), None);
        // One byte had come, and not twenty.
        assert_eq!(not_come(2, 21), Some((1, 19)));
        assert_eq!(not_come(2, 41), None);
        // No more than there is.
        assert_eq!(not_come(1, 50), Some((2, 7)));
        assert_eq!(not_come(3, SIZE), None);
    }

    #[test]
    fn each_descriptor_and_each_file_is_its_own() {
        let mut opens = Opens::default();
        let mut waits = |fd, file, at| opens.charge(call(1, fd, file, at), |_, _| false).quarters;
        assert_eq!((waits(3, 0, 0), waits(4, 0, 0)), (2, 2));
        assert_eq!(waits(3, 1, 30), 2);
        // The descriptor was of another file in between.
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
    fn nobody_reads_behind_the_end_for_ever() {
        let mut r = Reader::default();
        // Through an open that never read anything as well.
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

    /// A size, and where a reader of the whole file stops in between.
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

        /// However many bytes each call brings of those that it asks for: what comes of a block of which
        /// nothing had come before, somebody waits for.
        #[test]
        fn the_first_byte_of_each_block_is_waited_for(
            size in 1_u64..200,
            reads in prop::collection::vec((1_u64..220, prop_oneof![Just(0), 0_u64..220]), 1..40),
        ) {
            let mut opens = Opens::default();
            let (mut came, mut position) = (Blocks::NONE, 0);
            for (length, comes) in reads {
                let call = ReadCall { size, length, ..call(1, 3, 0, position) };
                let charge = opens.charge(call, |_, _| false);
                prop_assert_eq!(charge.blocks.count(), charge.quarters);
                let end = position + comes.min(call.finds());
                let new = Blocks::of(position, end, size).without(came);
                prop_assert_eq!(new.without(charge.blocks), Blocks::NONE);
                came = came.and(new);
                position = end;
                if position == size {
                    (came, position) = (Blocks::NONE, 0);
                }
            }
        }
    }
}
