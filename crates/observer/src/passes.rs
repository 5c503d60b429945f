//! Which accesses wait for the disk. Pure.
//!
//! The first access through each open of a file waits, and so does each that starts a further pass over
//! it: one that would find data and does not start behind the access before. So reading on with a
//! small buffer is free, and reading again is not, through however many opens and threads. What is
//! beyond the end of a file is free a few times, as it takes one read to notice the end.
//!
//! Reading on is free for every thread: a runtime may have each piece read by another. How much each has
//! read is counted instead, or threads could touch every file at once and leave the reading to one.
//!
//! It is not free where it brings more than half of the file, and more than what was waited for: then that
//! was a touch, and this is the read. Buffers of one size never do that, nor does one that doubles. A touch
//! is one once: whoever comes for the rest again, or where more than half was brought, makes a new pass.
//!
//! What waits is not always a read: behind the end there is nothing to find. It waits all the same, or
//! whoever asks there again and again would never rest.
//!
//! The kernel does not tell which open stands behind a descriptor, but it need not: a new open begins
//! at the start, and so does a new pass.
//!
//! A call that fails, or that brings less than it asks for, leaves the rest to be read. So an access counts
//! from where its descriptor stands and not from where the one before should have left it; and what it
//! finds of what another was thought to have got is taken back from that one.

use rustc_hash::FxHashMap;

/// Free accesses behind the end, for each that waited.
const FREE_AT_END: u32 = 16;

/// One access, as far as it matters here.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attempt {
    pub(super) process: i32,
    /// The thread's index in the ledger.
    pub(super) thread: u32,
    pub(super) fd: i32,
    pub(super) file: u32,
    /// Where in the file it starts.
    pub(super) start: u64,
    /// The file's size now.
    pub(super) size: u64,
    /// Bytes that are asked for.
    pub(super) length: u64,
}

impl Attempt {
    /// Bytes that are there.
    pub(super) fn finds(self) -> u64 {
        self.length.min(self.size.saturating_sub(self.start))
    }
}

/// What an access costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Toll {
    pub(super) waits: bool,
    /// By which it is known if it waits. None has it twice.
    pub(super) ticket: u64,
    /// It waits because what was waited for was little.
    pub(super) for_the_rest: bool,
    /// The ticket of what was a touch, if this is the read that it was the touch of.
    pub(super) touch: Option<u64>,
    /// A thread, and bytes that it asked for before and did not get.
    pub(super) take_back: Option<(u32, u64)>,
}

#[derive(Debug, Clone, Copy)]
struct Descriptor {
    file: u32,
    /// Where the last access started that could find data, where it ends if all of it came, and whose it was.
    start: u64,
    end: u64,
    thread: u32,
    /// What the access brought that waited, as far as is known.
    brought: u64,
    /// Its ticket, while it may turn out to have been a touch.
    touch: Option<u64>,
    at_end: u32,
}

#[derive(Debug, Default)]
pub(super) struct Passes {
    descriptors: FxHashMap<(i32, i32), Descriptor>,
    /// The last descriptor of each process through which a file was read, to find duplicates.
    last: FxHashMap<(i32, u32), i32>,
    tickets: u64,
}

impl Passes {
    /// What an access costs. `same_open` tells whether two descriptors of this process are one open.
    pub(super) fn toll(
        &mut self,
        attempt: Attempt,
        same_open: impl FnOnce(i32, i32) -> bool,
    ) -> Toll {
        let key = (attempt.process, attempt.fd);
        let other = self
            .last
            .insert((attempt.process, attempt.file), attempt.fd);
        let mut known = self.of_file(key, attempt.file);
        if known.is_none()
            && let Some(other) = other
            && other != attempt.fd
            && same_open(other, attempt.fd)
        {
            known = self.of_file((attempt.process, other), attempt.file);
        }
        let finds = attempt.finds();
        self.tickets += 1;
        let ticket = self.tickets;
        let now = Descriptor {
            file: attempt.file,
            start: attempt.start,
            end: attempt.start.saturating_add(finds),
            thread: attempt.thread,
            brought: finds,
            touch: (finds <= attempt.size / 2).then_some(ticket),
            at_end: 0,
        };
        let (mut for_the_rest, mut touch) = (false, None);
        let (waits, take_back, now) = match known {
            // Nothing is there, so it starts no pass; whoever then reads from the start waits again.
            None if finds == 0 => (
                true,
                None,
                Descriptor {
                    start: u64::MAX,
                    ..now
                },
            ),
            None => (true, None, now),
            Some(before) if finds == 0 => {
                let waits = before.at_end >= FREE_AT_END;
                let at_end = if waits { 0 } else { before.at_end + 1 };
                (waits, None, Descriptor { at_end, ..before })
            }
            Some(before) if attempt.start <= before.start => (true, None, now),
            Some(before) => {
                let missed = before.end.saturating_sub(attempt.start).min(finds);
                let take_back = (missed > 0).then_some((before.thread, missed));
                let at_end = before.at_end;
                let brought = before.brought.saturating_sub(missed);
                for_the_rest = finds > brought && finds > attempt.size / 2;
                let now = if for_the_rest {
                    touch = before.touch;
                    Descriptor { at_end, ..now }
                } else {
                    Descriptor {
                        brought,
                        touch: before.touch,
                        at_end,
                        ..now
                    }
                };
                (for_the_rest, take_back, now)
            }
        };
        self.descriptors.insert(key, now);
        Toll {
            waits,
            ticket,
            for_the_rest,
            touch,
            take_back,
        }
    }

    fn of_file(&self, key: (i32, i32), file: u32) -> Option<Descriptor> {
        self.descriptors
            .get(&key)
            .copied()
            .filter(|descriptor| descriptor.file == file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: u64 = 57;

    fn attempt(thread: u32, fd: i32, file: u32, start: u64) -> Attempt {
        Attempt {
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
    struct Reader(Passes);

    impl Reader {
        /// Whether a read by the one thread there is waits.
        fn waits(&mut self, fd: i32, file: u32, at: u64) -> bool {
            self.0.toll(attempt(1, fd, file, at), |_, _| false).waits
        }
    }

    #[test]
    fn reading_on_is_free_and_reading_again_is_not() {
        let mut r = Reader::default();
        assert!(r.waits(3, 0, 0));
        for at in [1, 20, 40, 57, 57] {
            assert!(!r.waits(3, 0, at), "{at}");
        }
        // Rewound, or opened again under the same number: it is the same to us.
        assert!(r.waits(3, 0, 0));
        assert!(!r.waits(3, 0, 57));
        // In place, and backwards.
        assert!(!r.waits(3, 0, 8));
        assert!(r.waits(3, 0, 8));
        assert!(r.waits(3, 0, 7));
    }

    #[test]
    fn a_read_that_brought_nothing_spares_nobody_the_wait() {
        let mut r = Reader::default();
        assert!(r.waits(3, 0, 0));
        assert!(r.waits(3, 0, 0));
        assert!(!r.waits(3, 0, 20));
    }

    #[test]
    fn whoever_gets_what_another_asked_for_has_read_it() {
        let mut passes = Passes::default();
        let mut read = |thread, at| passes.toll(attempt(thread, 3, 0, at), |_, _| false);
        let free = |toll: Toll, take_back| !toll.waits && toll.take_back == take_back;
        assert!(read(1, 0).waits);
        assert!(free(read(1, 20), None));
        // One byte had come, and not twenty.
        assert!(free(read(2, 21), Some((1, 19))));
        assert!(free(read(2, 41), None));
        // No more than there is.
        assert!(free(read(1, 50), Some((2, 7))));
        assert!(free(read(3, SIZE), None));
    }

    #[test]
    fn most_of_a_file_is_not_free_for_having_been_touched() {
        let mut passes = Passes::default();
        let mut read = |fd, start, length| {
            let attempt = Attempt {
                length,
                ..attempt(1, fd, 0, start)
            };
            let toll = passes.toll(attempt, |_, _| false);
            (toll.waits, toll.for_the_rest)
        };
        // One byte, and then the rest: once.
        assert_eq!(read(3, 0, 1), (true, false));
        assert_eq!(read(3, 1, 1000), (true, true));
        assert_eq!(read(3, 57, 1000), (false, false));
        // A buffer that doubles, and the end that is less than a half.
        assert_eq!(read(4, 0, 32), (true, false));
        assert_eq!(read(4, 32, 1000), (false, false));
        // Of all that was asked for one byte came.
        assert_eq!(read(5, 0, 1000), (true, false));
        assert_eq!(read(5, 1, 1000), (true, true));
    }

    #[test]
    fn a_touch_is_one_once_and_half_of_a_file_is_none() {
        let mut passes = Passes::default();
        let mut read = |fd, start, length| {
            let attempt = Attempt {
                length,
                ..attempt(1, fd, 0, start)
            };
            let toll = passes.toll(attempt, |one, other| (one, other) == (3, 4));
            (toll.ticket, toll.touch)
        };
        let (touch, none) = read(3, 0, 1);
        assert_eq!(none, None);
        assert_eq!(read(3, 1, 1000).1, Some(touch));
        // As if the read had failed; and by a duplicate.
        assert_eq!(read(3, 2, 1000).1, None);
        assert_eq!(read(4, 3, 1000).1, None);
        // What brought the most was no touch, whatever comes later.
        assert_eq!(read(5, 0, 29).1, None);
        assert_eq!(read(5, 1, 1000).1, None);
    }

    #[test]
    fn where_there_is_nothing_one_waits_all_the_same() {
        let mut r = Reader::default();
        assert!(r.waits(3, 0, SIZE));
        assert!(r.waits(4, 1, u64::MAX));
        assert!(r.waits(3, 0, 0));
        assert!(!r.waits(3, 0, 20));
    }

    #[test]
    fn each_descriptor_and_each_file_is_its_own() {
        let mut r = Reader::default();
        assert!(r.waits(3, 0, 0));
        assert!(r.waits(4, 0, 0));
        assert!(r.waits(3, 1, 30));
        assert!(r.waits(3, 0, 30));
        assert!(!r.waits(4, 0, 57));
    }

    #[test]
    fn a_duplicate_is_the_same_open() {
        let mut passes = Passes::default();
        let mut waits = |fd, at, same: &dyn Fn(i32, i32) -> bool| {
            passes.toll(attempt(1, fd, 0, at), same).waits
        };
        assert!(waits(3, 0, &|_, _| true));
        assert!(!waits(4, 20, &|one, other| (one, other) == (3, 4)));
        assert!(waits(5, 30, &|_, _| false));
    }

    #[test]
    fn nobody_reads_behind_the_end_for_ever() {
        let mut r = Reader::default();
        assert!(r.waits(3, 0, 0));
        let waited = (0..1000).filter(|_| r.waits(3, 0, 57)).count();
        assert_eq!(waited, 1000 / (FREE_AT_END as usize + 1));
    }
}
