//! Which accesses wait for the disk. Pure.
//!
//! The first access through each open of a file waits, and so does each that starts a further pass over
//! it: one that would find data and does not start behind the access before. So reading on with a
//! small buffer is free, and reading again is not, through however many opens and threads. What is
//! beyond the end of a file is free a few times, as it takes one read to notice the end.
//!
//! The kernel does not tell which open stands behind a descriptor, but it need not: a new open begins
//! at the start, and so does a new pass. Nor is the position of a descriptor looked up for each access,
//! which is dear: only after something that can have moved it back, and now and then.

use std::collections::HashMap;

/// Free accesses behind the end, for each that waited.
const FREE_AT_END: u32 = 16;

/// Accesses that are believed to read on, before it is looked up.
const BELIEVED: u32 = 4;

/// One access, as far as it matters here.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attempt {
    pub(super) process: i32,
    pub(super) fd: i32,
    pub(super) file: u32,
    /// Whether it starts at the descriptor's own position.
    pub(super) at_position: bool,
    /// The file's size now.
    pub(super) size: u64,
}

#[derive(Debug, Clone, Copy)]
struct Descriptor {
    file: u32,
    /// Where the last access started that could find data.
    start: u64,
    at_end: u32,
    believed: u32,
    /// When it was last known where it stands.
    known: u64,
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

    /// Whether an access waits. `position` tells where it starts, and is asked only if that matters;
    /// `same_open` tells whether two descriptors of this process are one open.
    pub(super) fn waits(
        &mut self,
        attempt: Attempt,
        position: impl FnOnce() -> Option<u64>,
        same_open: impl FnOnce(i32, i32) -> bool,
    ) -> bool {
        let key = (attempt.process, attempt.fd);
        let other = self
            .last
            .insert((attempt.process, attempt.file), attempt.fd);
        let mut known = self
            .descriptors
            .get(&key)
            .copied()
            .filter(|descriptor| descriptor.file == attempt.file);
        if known.is_none()
            && let Some(other) = other
            && other != attempt.fd
            && same_open(other, attempt.fd)
        {
            known = self
                .descriptors
                .get(&(attempt.process, other))
                .copied()
                .filter(|descriptor| descriptor.file == attempt.file);
        }
        if let Some(before) = known
            && attempt.at_position
            && before.believed < BELIEVED
            && self.stands(attempt, before)
        {
            let believed = before.believed + 1;
            self.descriptors
                .insert(key, Descriptor { believed, ..before });
            return false;
        }
        let (waits, mut descriptor) = match known {
            None => (
                true,
                Descriptor {
                    file: attempt.file,
                    start: 0,
                    at_end: 0,
                    believed: 0,
                    known: 0,
                },
            ),
            Some(before) => {
                let start = position().unwrap_or(0);
                if start >= attempt.size && attempt.size > 0 {
                    let at_end = before.at_end + 1;
                    let waits = at_end > FREE_AT_END;
                    let at_end = if waits { 0 } else { at_end };
                    (waits, Descriptor { at_end, ..before })
                } else if attempt.size == 0 {
                    // Nothing to find: the second read sees the end, a third has no reason.
                    let at_end = before.at_end + 1;
                    let waits = at_end > FREE_AT_END;
                    let at_end = if waits { 0 } else { at_end };
                    (waits, Descriptor { at_end, ..before })
                } else {
                    let waits = start <= before.start;
                    let at_end = if waits { 0 } else { before.at_end };
                    (
                        waits,
                        Descriptor {
                            start,
                            at_end,
                            ..before
                        },
                    )
                }
            }
        };
        descriptor.known = self.moves;
        if waits {
            descriptor.believed = 0;
        }
        self.descriptors.insert(key, descriptor);
        waits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Reader(Passes);

    impl Reader {
        fn read(&mut self, fd: i32, file: u32, at: u64) -> bool {
            let attempt = Attempt {
                process: 1,
                fd,
                file,
                at_position: false,
                size: 57,
            };
            self.0.waits(attempt, || Some(at), |_, _| false)
        }
    }

    #[test]
    fn reading_on_is_free_and_reading_again_is_not() {
        let mut r = Reader(Passes::default());
        assert!(r.read(3, 0, 0));
        for at in [1, 20, 40, 57, 57] {
            assert!(!r.read(3, 0, at), "{at}");
        }
        // Rewound, or opened again under the same number: it is the same to us.
        assert!(r.read(3, 0, 0));
        assert!(!r.read(3, 0, 57));
        // In place, and backwards.
        assert!(!r.read(3, 0, 8));
        assert!(r.read(3, 0, 8));
        assert!(r.read(3, 0, 7));
    }

    #[test]
    fn each_descriptor_and_each_file_is_its_own() {
        let mut r = Reader(Passes::default());
        assert!(r.read(3, 0, 0));
        assert!(r.read(4, 0, 0));
        assert!(r.read(3, 1, 30));
        assert!(r.read(3, 0, 30));
        assert!(!r.read(4, 0, 57));
    }

    #[test]
    fn the_position_is_looked_up_only_when_it_matters() {
        let mut passes = Passes::default();
        let read = |passes: &mut Passes, at: Option<u64>| {
            let attempt = Attempt {
                process: 1,
                fd: 3,
                file: 0,
                at_position: true,
                size: 57,
            };
            passes.waits(attempt, || Some(at.unwrap()), |_, _| false)
        };
        assert!(read(&mut passes, None));
        assert!(!read(&mut passes, None));
        // Moved, opened again, opened under another name: it may be at the start again.
        passes.moves(1, 3);
        assert!(read(&mut passes, Some(0)));
        passes.opens(1, Some(0));
        assert!(read(&mut passes, Some(0)));
        passes.opens(1, None);
        assert!(read(&mut passes, Some(0)));
        // What others do, or what is done to other files, changes nothing.
        passes.opens(2, None);
        passes.opens(1, Some(1));
        passes.moves(1, 4);
        for _ in 0..BELIEVED {
            assert!(!read(&mut passes, None));
        }
        assert!(read(&mut passes, Some(0)));
    }

    #[test]
    fn a_duplicate_is_the_same_open() {
        let mut passes = Passes::default();
        let attempt = |fd| Attempt {
            process: 1,
            fd,
            file: 0,
            at_position: false,
            size: 57,
        };
        assert!(passes.waits(attempt(3), || Some(0), |_, _| true));
        assert!(!passes.waits(attempt(4), || Some(20), |one, other| (one, other) == (3, 4)));
        assert!(passes.waits(attempt(5), || Some(30), |_, _| false));
    }

    #[test]
    fn nobody_reads_behind_the_end_for_ever() {
        let mut r = Reader(Passes::default());
        assert!(r.read(3, 0, 0));
        let waited = (0..1000).filter(|_| r.read(3, 0, 57)).count();
        assert_eq!(waited, 1000 / (FREE_AT_END as usize + 1));
    }
}
