//! The account of what was seen, thread by thread and file by file. Pure.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use evidence::{
    Attempts, BLOCKS, Concurrency, Observation, ObservationLimit, ProcessSeen, ThreadSeen,
};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::{
    blocks::Blocks,
    virtual_disk::{HeldRead, VirtualDisk},
};

#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// Things that are only counted.
    pub(crate) attempts: Attempts,
    pub(crate) threads_created: u32,
    /// Accesses that waited when watching ended.
    pub(crate) held_at_cap: usize,
    cut_off: u32,
    /// The most that a process had when the program was at rest.
    pub(crate) threads_at_once: usize,
    threads: Vec<ThreadSeen>,
    /// Index of each living thread. A number may come again for another thread.
    alive: FxHashMap<i32, u32>,
    /// Indices of those that have ended since the last rest.
    ended: Vec<u32>,
    processes: Vec<Reader>,
    process_of: FxHashMap<i32, u32>,
    files: Vec<File>,
    read_by: FxHashSet<(u32, u32)>,
    blocks_brought: u32,
}

/// A process that read.
#[derive(Debug, Default)]
struct Reader {
    /// What it read of each file.
    files: BTreeMap<u32, Blocks>,
    threads: BTreeSet<u32>,
}

/// What else was in flight while a file was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Overlap {
    #[default]
    Unread,
    /// Nothing.
    Alone,
    /// Always something.
    Beside,
    /// Something for a part of the time.
    PartlyAlone,
}

impl Overlap {
    fn with(self, alone: bool) -> Self {
        match (self, alone) {
            (Self::Unread | Self::Alone, true) => Self::Alone,
            (Self::Unread | Self::Beside, false) => Self::Beside,
            _ => Self::PartlyAlone,
        }
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct File {
    opened: bool,
    /// What was read of it.
    blocks: Blocks,
    overlap: Overlap,
    asked: u64,
    size: u64,
    asked_for_nothing: bool,
}

impl File {
    fn is_read(&self) -> bool {
        !self.blocks.is_empty()
    }
}

/// Counts, and never wraps: a hostile program can make many calls.
fn count(counter: &mut u32) {
    *counter = counter.saturating_add(1);
}

impl Ledger {
    pub(crate) fn new(files: usize) -> Self {
        Self {
            files: vec![File::default(); files],
            ..Self::default()
        }
    }

    /// The index of a thread.
    pub(crate) fn thread(&mut self, tid: i32, process: i32) -> u32 {
        if let Some(&index) = self.alive.get(&tid) {
            return index;
        }
        let next = u32::try_from(self.process_of.len()).unwrap_or(u32::MAX);
        let process = *self.process_of.entry(process).or_insert(next);
        let index = u32::try_from(self.threads.len()).unwrap_or(u32::MAX);
        self.threads.push(ThreadSeen {
            process,
            ..ThreadSeen::default()
        });
        self.alive.insert(tid, index);
        index
    }

    fn seen(&mut self, thread: u32) -> Option<&mut ThreadSeen> {
        self.threads.get_mut(thread as usize)
    }

    fn file(&mut self, file: u32) -> Option<&mut File> {
        self.files.get_mut(file as usize)
    }

    /// A data file was opened.
    pub(crate) fn opened(&mut self, file: u32) {
        if let Some(file) = self.file(file) {
            file.opened = true;
        }
    }

    /// A thread asked for bytes of a data file, so many of which are there.
    pub(crate) fn asked(&mut self, thread: u32, file: u32, bytes: u64, size: u64) {
        if let Some(file) = self.file(file) {
            file.asked = file.asked.saturating_add(bytes);
            file.size = size;
            file.asked_for_nothing |= bytes == 0;
        }
        if let Some(seen) = self.seen(thread) {
            seen.bytes = seen.bytes.saturating_add(bytes);
        }
    }

    /// Bytes that a thread asked for went to another.
    pub(crate) fn did_not_get(&mut self, thread: u32, bytes: u64) {
        if let Some(seen) = self.seen(thread) {
            seen.bytes = seen.bytes.saturating_sub(bytes);
        }
    }

    /// The clock moves on while these are in flight.
    pub(crate) fn in_flight(&mut self, reads: &[HeldRead]) {
        let alone = reads.len() == 1;
        for read in reads {
            if let Some(file) = self.file(read.file)
                && !read.blocks.is_empty()
            {
                file.overlap = file.overlap.with(alone);
            }
        }
    }

    /// An access has waited for the disk. It is a read of the file only if there was something to bring.
    pub(crate) fn charged(&mut self, read: &HeldRead) {
        let HeldRead {
            thread,
            file,
            blocks,
            ..
        } = *read;
        if blocks.is_empty() {
            return;
        }
        self.blocks_brought = self.blocks_brought.saturating_add(blocks.count());
        if let Some(file) = self.file(file) {
            file.blocks = file.blocks.and(blocks);
        }
        let new = self.read_by.insert((thread, file));
        let Some(seen) = self.seen(thread) else {
            return;
        };
        if new {
            count(&mut seen.files);
        }
        let process = seen.process as usize;
        if self.processes.len() <= process {
            self.processes.resize_with(process + 1, Reader::default);
        }
        let reader = &mut self.processes[process];
        let known = reader.files.entry(file).or_default();
        *known = known.and(blocks);
        reader.threads.insert(thread);
    }

    /// So many accesses were never served: whoever waited is no more.
    pub(crate) fn cut_off(&mut self, accesses: usize) {
        self.cut_off = self.cut_off.saturating_add(number(accesses));
    }

    /// A thread ends.
    pub(crate) fn ended(&mut self, tid: i32, process: i32) {
        let index = self.thread(tid, process);
        self.alive.remove(&tid);
        self.ended.push(index);
    }

    /// The program is at rest for the first time: what its threads did before was to start.
    pub(crate) fn all_have_started(&mut self) {
        self.ended.clear();
    }

    /// The clock moves on, and since it last did these threads ran, by number and process,
    /// and all that have ended meanwhile.
    pub(crate) fn ran(&mut self, threads: &[(i32, i32)]) {
        let mut ran = std::mem::take(&mut self.ended);
        ran.extend(
            threads
                .iter()
                .map(|&(tid, process)| self.thread(tid, process)),
        );
        for index in ran {
            if let Some(seen) = self.seen(index) {
                count(&mut seen.ran);
            }
        }
    }

    /// The whole account. So long was waited for threads that `slept`.
    pub(crate) fn close(
        self,
        disk: VirtualDisk,
        capped: Option<ObservationLimit>,
        slept: Duration,
    ) -> Observation {
        let readers: Vec<&ThreadSeen> = self.threads.iter().filter(|t| t.files > 0).collect();
        let files =
            |which: fn(&File) -> bool| number(self.files.iter().filter(|file| which(file)).count());
        let blocks = |files: &mut dyn Iterator<Item = Blocks>| {
            files.fold(0, |sum: u32, blocks| sum.saturating_add(blocks.count()))
        };
        let sum: f64 = readers.iter().map(|t| f64::from(t.files)).sum();
        let squares: f64 = readers.iter().map(|t| f64::from(t.files).powi(2)).sum();
        let time = disk.now();
        let blocks_read = blocks(&mut self.files.iter().map(|file| file.blocks));
        let processes: Vec<ProcessSeen> = self
            .processes
            .iter()
            .filter(|reader| !reader.files.is_empty())
            .map(|reader| ProcessSeen {
                blocks: blocks(&mut reader.files.values().copied()),
                threads: number(reader.threads.len()),
            })
            .collect();
        Observation {
            concurrency: Concurrency {
                effective: ratio(f64::from(blocks_read), f64::from(time)),
                held_max: disk.most(),
                threads: number(readers.len()),
                participation: ratio(sum * sum, squares),
                processes: number(processes.len()),
                rounds: time.div_ceil(BLOCKS),
            },
            time,
            files_read: files(File::is_read),
            blocks_read,
            blocks_brought: self.blocks_brought,
            files_partly_alone: files(|f| f.overlap == Overlap::PartlyAlone),
            files_touched: files(|f| f.is_read() && f.asked < f.size.div_ceil(2)),
            files_opened_only: files(|f| f.opened && !f.is_read()),
            files_asked_for_nothing: files(|f| f.asked_for_nothing && !f.is_read()),
            held_at_cap: number(self.held_at_cap),
            cut_off: self.cut_off,
            slept_ms: u64::try_from(slept.as_millis()).unwrap_or(u64::MAX),
            threads_at_once: number(self.threads_at_once),
            threads_created: self.threads_created,
            processes,
            attempts: self.attempts,
            capped,
            timeline: disk.into_timeline(),
            threads: self.threads,
        }
    }
}

fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn ratio(above: f64, below: f64) -> f64 {
    if below > 0.0 { above / below } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        blocks::{Opens, ReadCall},
        seccomp::notify::Notice,
    };

    /// An access: thread, process, file, and where in the file it reads from and to, in blocks.
    type Read = (i32, i32, u32, u64, u64);

    /// The account of accesses, each through an open of its own. Those of one step arrive together.
    fn account(files: usize, steps: &[&[Read]]) -> Observation {
        let (mut ledger, mut disk) = (Ledger::new(files), VirtualDisk::default());
        let mut opens = Opens::default();
        let mut fd = 0;
        for step in steps {
            for &(tid, process, file, start, end) in *step {
                fd += 1;
                let thread = ledger.thread(tid, process);
                let call = ReadCall {
                    process,
                    thread,
                    fd,
                    file,
                    start,
                    size: 4,
                    length: end - start,
                };
                let charge = opens.charge(call, |_, _| false);
                disk.hold(Notice::of(tid), thread, file, charge);
            }
            ledger.in_flight(disk.held());
            let served = disk.take_due();
            for read in &served {
                ledger.charged(read);
            }
            disk.advance(&served);
        }
        ledger.close(disk, None, Duration::ZERO)
    }

    #[test]
    fn the_numbers_are_as_defined() {
        let seen = account(
            4,
            &[
                &[(1, 1, 0, 0, 4), (2, 1, 1, 0, 4)],
                &[(1, 1, 2, 0, 4)],
                &[(1, 1, 3, 0, 4), (7, 7, 3, 0, 4)],
            ],
        );
        let c = seen.concurrency;
        assert!((c.effective - 4.0 / 3.0).abs() < 1e-9);
        assert_eq!((c.held_max, c.threads, c.processes, c.rounds), (2, 3, 2, 3));
        assert_eq!((seen.time, seen.files_read), (12, 4));
        assert_eq!((seen.blocks_read, seen.blocks_brought), (16, 20));
        assert_eq!(seen.files_partly_alone, 0);
        // Files by thread: 3, 1, 1.
        assert!((c.participation - 25.0 / 11.0).abs() < 1e-9);
        let per_process: Vec<_> = seen
            .processes
            .iter()
            .map(|p| (p.blocks, p.threads))
            .collect();
        assert_eq!(per_process, [(16, 2), (4, 1)]);
        assert_eq!(seen.timeline.len(), 5);
    }

    #[test]
    fn part_of_a_file_is_part_of_the_work() {
        // Two threads by turns read the first and the last quarter of each file.
        let seen = account(
            2,
            &[
                &[(1, 1, 0, 0, 1)],
                &[(2, 1, 0, 3, 4)],
                &[(1, 1, 1, 0, 1)],
                &[(2, 1, 1, 3, 4)],
            ],
        );
        assert!((seen.concurrency.effective - 1.0).abs() < 1e-9);
        assert_eq!((seen.time, seen.concurrency.rounds), (4, 1));
        assert_eq!((seen.files_read, seen.blocks_read), (2, 4));
    }

    #[test]
    fn a_file_of_which_others_bring_a_part_is_read_partly_alone() {
        // Both files are touched at once; then each rest comes by itself.
        let seen = account(
            2,
            &[
                &[(1, 1, 0, 0, 1), (2, 1, 1, 0, 1)],
                &[(1, 1, 0, 1, 4)],
                &[(2, 1, 1, 1, 4)],
            ],
        );
        assert_eq!((seen.time, seen.concurrency.rounds), (7, 2));
        assert!((seen.concurrency.effective - 8.0 / 7.0).abs() < 1e-9);
        assert_eq!(seen.files_partly_alone, 2);
    }

    #[test]
    fn nothing_read_is_zero_and_no_division() {
        let seen = account(3, &[]);
        assert_eq!(seen.concurrency, Concurrency::default());
        assert_eq!(seen.files_read, 0);
    }

    #[test]
    fn a_number_that_comes_again_is_another_thread() {
        let mut ledger = Ledger::new(1);
        let first = ledger.thread(5, 1);
        assert_eq!(ledger.thread(5, 1), first);
        ledger.ended(5, 1);
        assert_ne!(ledger.thread(5, 1), first);
    }

    #[test]
    fn who_runs_between_two_rests_is_counted_once_and_starting_is_not() {
        let mut ledger = Ledger::new(1);
        ledger.ended(1, 1);
        ledger.thread(2, 1);
        ledger.all_have_started();
        ledger.ran(&[(2, 1), (3, 1)]);
        // One that ends ran until then; one that never reads or ends is known by its running alone.
        ledger.ended(2, 1);
        ledger.ran(&[(3, 1)]);
        ledger.ended(3, 1);
        let seen = ledger.close(VirtualDisk::default(), None, Duration::ZERO);
        let ran: Vec<u32> = seen.threads.iter().map(|thread| thread.ran).collect();
        assert_eq!(ran, [0, 2, 2]);
    }
}
