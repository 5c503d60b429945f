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
//! What waits is not always a read: behind the end there is nothing to find. It waits all the same, or
//! whoever asks there again and again would never rest.
//!
//! The kernel does not tell which open stands behind a descriptor, but it need not: a new open begins
//! at the start, and so does a new pass. Nor is the position of a descriptor looked up for each access,
//! which is dear: only after something that can have moved it, and now and then.

use std::collections::HashMap;

/// Free accesses behind the end, for each that waited.
const FREE_AT_END: u32 = 16;

/// Accesses that are believed to read on, before it is looked up.
const BELIEVED: u32 = 4;

/// One access, as far as it matters here.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attempt {
    pub(super) process: i32,
    pub(super) tid: i32,
    pub(super) fd: i32,
    pub(super) file: u32,
    /// Whether it starts at the descriptor's own position.
    pub(super) at_position: bool,
    /// The file's size now.
    pub(super) size: u64,
    /// Bytes that are asked for.
    pub(super) length: u64,
}

/// What an access costs, and where it starts, as far as is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Toll {
    pub(super) waits: bool,
    pub(super) start: u64,
}

#[derive(Debug, Clone, Copy)]
struct Descriptor {
    file: u32,
    /// Who used it last.
    user: i32,
    /// Where the last access started that could find data.
    start: u64,
    /// Where it stands, if all that was asked for came.
    stands: u64,
    at_end: u32,
    believed: u32,
    /// When it was last known where it stands.
    known: u64,
}

impl Descriptor {
    /// One more access behind the end: whether it waits.
    fn at_end(self) -> (bool, Self) {
        if self.at_end < FREE_AT_END {
            let at_end = self.at_end + 1;
            return (false, Self { at_end, ..self });
        }
        (true, Self { at_end: 0, ..self })
    }
}

#[derive(Debug, Default)]
pub(super) struct Passes {
    descriptors: HashMap<(i32, i32), Descriptor>,
    /// The last descriptor of each process through which a file was read, to find duplicates.
    last: HashMap<(i32, u32), i32>,
    /// Counts up with everything that can move a descriptor back.
    moves: u64,
    /// The last move of each descriptor, and the last open of each file.
    moved: HashMap<(i32, i32), u64>,
    opened: HashMap<(i32, u32), u64>,
    /// The last open of nobody knows what.
    opened_any: HashMap<i32, u64>,
    /// Descriptors are inherited.
    many_processes: bool,
}

impl Passes {
    /// A process moves the position of a descriptor.
    pub(super) fn moves(&mut self, process: i32, fd: i32) {
        self.moves += 1;
        self.moved.insert((process, fd), self.moves);
    }

    /// A process opens a data file, or something that may be one.
    pub(super) fn opens(&mut self, process: i32, file: Option<u32>) {
        self.moves += 1;
        match file {
            Some(file) => self.opened.insert((process, file), self.moves),
            None => self.opened_any.insert(process, self.moves),
        };
    }

    /// A process is made, with the descriptors of its maker.
    pub(super) fn process_is_made(&mut self) {
        self.many_processes = true;
    }

    /// Whether a descriptor stands where it stood, for all that is known.
    fn stands(&self, attempt: Attempt, descriptor: Descriptor) -> bool {
        let process = attempt.process;
        [
            self.moved.get(&(process, attempt.fd)),
            self.opened.get(&(process, attempt.file)),
            self.opened_any.get(&process),
        ]
        .into_iter()
        .flatten()
        .all(|&moved| moved <= descriptor.known)
    }

    /// What an access costs. `position` tells where it starts, and is asked only if that matters;
    /// `same_open` tells whether two descriptors of this process are one open.
    pub(super) fn toll(
        &mut self,
        attempt: Attempt,
        position: impl FnOnce() -> Option<u64>,
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
        if let Some(before) = known
            && attempt.at_position
            && before.user == attempt.tid
            && before.believed < BELIEVED
            && self.stands(attempt, before)
        {
            let start = before.stands;
            let descriptor = Descriptor {
                believed: before.believed + 1,
                stands: start.saturating_add(attempt.length),
                ..before
            };
            self.descriptors.insert(key, descriptor);
            return Toll {
                waits: false,
                start,
            };
        }
        let (start, waits, mut descriptor) = match known {
            None => {
                let at_start = attempt.at_position && !self.may_have_moved(key);
                let start = if at_start { 0 } else { position().unwrap_or(0) };
                let descriptor = Descriptor {
                    file: attempt.file,
                    user: attempt.tid,
                    start: 0,
                    stands: 0,
                    at_end: 0,
                    believed: 0,
                    known: 0,
                };
                (start, true, descriptor)
            }
            Some(before) => {
                let start = position().unwrap_or(0);
                if start >= attempt.size {
                    let (waits, descriptor) = before.at_end();
                    (start, waits, descriptor)
                } else {
                    let waits = start <= before.start;
                    let at_end = if waits { 0 } else { before.at_end };
                    let descriptor = Descriptor {
                        start,
                        at_end,
                        ..before
                    };
                    (start, waits, descriptor)
                }
            }
        };
        descriptor.user = attempt.tid;
        descriptor.stands = start.saturating_add(attempt.length);
        descriptor.known = self.moves;
        if waits {
            descriptor.believed = 0;
        }
        self.descriptors.insert(key, descriptor);
        Toll { waits, start }
    }

    fn of_file(&self, key: (i32, i32), file: u32) -> Option<Descriptor> {
        self.descriptors
            .get(&key)
            .copied()
            .filter(|descriptor| descriptor.file == file)
    }

    /// Whether a descriptor that was never read through may stand elsewhere than at the start: it was
    /// moved, or it may be somebody else's who has read through it.
    fn may_have_moved(&self, key: (i32, i32)) -> bool {
        self.many_processes || self.moved.contains_key(&key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: u64 = 57;

    fn attempt(tid: i32, fd: i32, file: u32) -> Attempt {
        Attempt {
            process: 1,
            tid,
            fd,
            file,
            at_position: false,
            size: SIZE,
            length: 20,
        }
    }

    fn waits(start: u64) -> Toll {
        Toll { waits: true, start }
    }

    fn free(start: u64) -> Toll {
        Toll {
            waits: false,
            start,
        }
    }

    #[derive(Default)]
    struct Reader(Passes);

    impl Reader {
        /// Whether a read by the one thread there is waits.
        fn waits(&mut self, fd: i32, file: u32, at: u64) -> bool {
            let attempt = attempt(1, fd, file);
            self.0.toll(attempt, || Some(at), |_, _| false).waits
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
    fn whoever_reads_on_is_known_to_start_where_the_last_stopped() {
        let mut passes = Passes::default();
        let mut read = |tid, at| {
            let attempt = Attempt {
                at_position: true,
                ..attempt(tid, 3, 0)
            };
            passes.toll(attempt, || at, |_, _| false)
        };
        assert_eq!(read(1, None), waits(0));
        assert_eq!(read(1, None), free(20));
        // Another thread is not believed: less may have come than was asked for.
        assert_eq!(read(2, Some(30)), free(30));
        assert_eq!(read(2, None), free(50));
        assert_eq!(read(1, Some(0)), waits(0));
    }

    #[test]
    fn where_there_is_nothing_one_waits_all_the_same() {
        let mut passes = Passes::default();
        let mut read = |fd, file, at| {
            let attempt = attempt(1, fd, file);
            passes.toll(attempt, || Some(at), |_, _| false)
        };
        assert_eq!(read(3, 0, SIZE), waits(SIZE));
        assert_eq!(read(4, 1, u64::MAX), waits(u64::MAX));
        assert_eq!(read(3, 0, 0), waits(0));
    }

    #[test]
    fn a_descriptor_may_stand_behind_the_start_before_its_first_read() {
        let mut passes = Passes::default();
        passes.moves(1, 3);
        let at_position = |fd, file| Attempt {
            at_position: true,
            ..attempt(1, fd, file)
        };
        let toll = passes.toll(at_position(3, 0), || Some(SIZE), |_, _| false);
        assert_eq!(toll, waits(SIZE));
        let toll = passes.toll(at_position(4, 1), || None, |_, _| false);
        assert_eq!(toll, waits(0));
        // Inherited, with its position.
        passes.process_is_made();
        let toll = passes.toll(at_position(5, 2), || Some(SIZE), |_, _| false);
        assert_eq!(toll, waits(SIZE));
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
    fn the_position_is_looked_up_only_when_it_matters() {
        let mut passes = Passes::default();
        let waits = |passes: &mut Passes, at: Option<u64>| {
            let attempt = Attempt {
                at_position: true,
                ..attempt(1, 3, 0)
            };
            passes
                .toll(attempt, || Some(at.unwrap()), |_, _| false)
                .waits
        };
        assert!(waits(&mut passes, None));
        assert!(!waits(&mut passes, None));
        // Moved, opened again, opened under another name: it may be at the start again.
        passes.moves(1, 3);
        assert!(waits(&mut passes, Some(0)));
        passes.opens(1, Some(0));
        assert!(waits(&mut passes, Some(0)));
        passes.opens(1, None);
        assert!(waits(&mut passes, Some(0)));
        // What others do, or what is done to other files, changes nothing.
        passes.opens(2, None);
        passes.opens(1, Some(1));
        passes.moves(1, 4);
        for _ in 0..BELIEVED {
            assert!(!waits(&mut passes, None));
        }
        assert!(waits(&mut passes, Some(0)));
    }

    #[test]
    fn a_duplicate_is_the_same_open() {
        let mut passes = Passes::default();
        let mut waits = |fd, at, same: &dyn Fn(i32, i32) -> bool| {
            passes.toll(attempt(1, fd, 0), || Some(at), same).waits
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
