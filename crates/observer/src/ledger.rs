//! The account of one run: which thread read which file, and what else was in flight. Pure.
//!
//! At the end it becomes an [`Observation`]. It never decides what is held, and judges nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use evidence::{
    Attempts, BLOCKS, Concurrency, Observation, ObservationLimit, Printed, ProcessSeen, ThreadSeen,
    TimeUnit,
};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::{
    blocks::Blocks,
    virtual_disk::{HeldRead, VirtualDisk},
};

/// The number of times at which output is noted. It bounds the size of a report.
const MAX_PRINTED: usize = 100_000;

/// The account of one run, while it goes on.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// Attempts to hide or to fake reads. The handlers of calls count them.
    pub(crate) attempts: Attempts,
    /// The number of calls that create a thread.
    pub(crate) threads_created: u32,
    /// The number of reads that were held when the observation ended early.
    pub(crate) held_at_limit: usize,
    /// The number of connections with the server.
    pub(crate) connections: u32,
    cut_off: u32,
    /// The largest number of threads of one process, whenever the program was quiescent.
    pub(crate) threads_at_once: usize,
    threads: Vec<ThreadSeen>,
    /// The index of each thread that has not exited. The kernel may give the number of an exited thread to a new
    /// one.
    alive: FxHashMap<i32, u32>,
    /// The indices of the threads that exited since the program was last quiescent.
    exited: Vec<u32>,
    processes: Vec<ReadingProcess>,
    /// The index of each process, by its number.
    process_indices: FxHashMap<i32, u32>,
    files: Vec<File>,
    /// Thread and file of each read that was served.
    read_by: FxHashSet<(u32, u32)>,
    blocks_brought: u32,
    /// When standard output grew.
    printed: Vec<Printed>,
    /// The numbers of the threads that ran on while the clock moved.
    spinning: FxHashSet<i32>,
}

/// What one process read.
#[derive(Debug, Default)]
struct ReadingProcess {
    /// The blocks that it read of each file.
    files: BTreeMap<u32, Blocks>,
    /// The indices of its threads that read.
    threads: BTreeSet<u32>,
}

/// Whether other reads were in flight while a file was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Overlap {
    /// The file was not read.
    #[default]
    Unread,
    /// No other read was in flight.
    Alone,
    /// Another read was in flight all the time.
    Beside,
    /// Another read was in flight for a part of the time.
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

/// What happened to one data file.
#[derive(Debug, Clone, Copy, Default)]
struct File {
    opened: bool,
    /// The blocks that were read.
    blocks: Blocks,
    overlap: Overlap,
    /// The number of bytes that all accesses requested, without those behind the end.
    requested: u64,
    /// The size of the file at its last access.
    size: u64,
    /// Whether some access requested no bytes, or only bytes behind the end.
    requested_nothing: bool,
}

impl File {
    fn is_read(&self) -> bool {
        !self.blocks.is_empty()
    }
}

/// Count up without wrapping, as a hostile program can make many calls.
fn increment(counter: &mut u32) {
    *counter = counter.saturating_add(1);
}

impl Ledger {
    pub(crate) fn new(files: usize) -> Self {
        Self {
            files: vec![File::default(); files],
            ..Self::default()
        }
    }

    /// The index of a thread, which gets one at its first appearance.
    pub(crate) fn thread(&mut self, tid: i32, process: i32) -> u32 {
        if let Some(&index) = self.alive.get(&tid) {
            return index;
        }
        let next = u32::try_from(self.process_indices.len()).unwrap_or(u32::MAX);
        let is_first = tid == process;
        let process = *self.process_indices.entry(process).or_insert(next);
        let index = u32::try_from(self.threads.len()).unwrap_or(u32::MAX);
        self.threads.push(ThreadSeen {
            process,
            is_first,
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

    /// A thread requested bytes of a data file of the given size. The file has `bytes` of them.
    pub(crate) fn requested(&mut self, thread: u32, file: u32, bytes: u64, size: u64) {
        if let Some(file) = self.file(file) {
            file.requested = file.requested.saturating_add(bytes);
            file.size = size;
            file.requested_nothing |= bytes == 0;
        }
        if let Some(seen) = self.seen(thread) {
            seen.bytes = seen.bytes.saturating_add(bytes);
        }
    }

    /// A thread did not get `bytes` of the bytes that it requested: a later access requested them again.
    pub(crate) fn take_back(&mut self, thread: u32, bytes: u64) {
        if let Some(seen) = self.seen(thread) {
            seen.bytes = seen.bytes.saturating_sub(bytes);
        }
    }

    /// The clock is about to move while these reads are in flight.
    pub(crate) fn record_overlap(&mut self, reads: &[HeldRead]) {
        let alone = reads.len() == 1;
        for read in reads {
            if let Some(file) = self.file(read.file)
                && !read.blocks.is_empty()
            {
                file.overlap = file.overlap.with(alone);
            }
        }
    }

    /// The disk has served a held read. It counts as a read of the file only if it waited for blocks.
    pub(crate) fn served(&mut self, read: &HeldRead) {
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
            file.blocks = file.blocks.union(blocks);
        }
        let new = self.read_by.insert((thread, file));
        let Some(seen) = self.seen(thread) else {
            return;
        };
        if new {
            increment(&mut seen.files);
        }
        let process = seen.process as usize;
        if self.processes.len() <= process {
            self.processes
                .resize_with(process + 1, ReadingProcess::default);
        }
        let process = &mut self.processes[process];
        let known = process.files.entry(file).or_default();
        *known = known.union(blocks);
        process.threads.insert(thread);
    }

    /// The clock is about to leave the virtual time `time`, and `bytes` bytes of standard output have come until now.
    pub(crate) fn record_output(&mut self, time: u32, bytes: u64) {
        let before = self.printed.last().map_or(0, |printed| printed.bytes);
        if bytes > before && self.printed.len() < MAX_PRINTED {
            self.printed.push(Printed { time, bytes });
        }
    }

    /// The clock is about to move while these threads run.
    pub(crate) fn record_spinning(&mut self, tids: &[i32]) {
        self.spinning.extend(tids);
    }

    /// The threads of so many held reads have exited, so that these reads were never served.
    pub(crate) fn cut_off(&mut self, reads: usize) {
        self.cut_off = self.cut_off.saturating_add(to_u32(reads));
    }

    /// A thread exits.
    pub(crate) fn thread_exits(&mut self, tid: i32, process: i32) {
        let index = self.thread(tid, process);
        self.alive.remove(&tid);
        self.exited.push(index);
    }

    /// The program is quiescent for the first time. Its threads have started until now, and that does not count.
    pub(crate) fn forget_startup(&mut self) {
        self.exited.clear();
    }

    /// The clock is about to move. Since it last moved, these threads ran, given by number and process, and so did
    /// all threads that exited meanwhile.
    pub(crate) fn threads_ran(&mut self, threads: &[(i32, i32)]) {
        let mut ran = std::mem::take(&mut self.exited);
        ran.extend(
            threads
                .iter()
                .map(|&(tid, process)| self.thread(tid, process)),
        );
        for index in ran {
            if let Some(seen) = self.seen(index) {
                increment(&mut seen.ran);
            }
        }
    }

    /// Close the account. `exceeded` is the limit at which the observation ended early, and `slept` is the real time
    /// in which some thread slept and the detector waited for it.
    pub(crate) fn close(
        self,
        disk: VirtualDisk,
        exceeded: Option<ObservationLimit>,
        slept: Duration,
    ) -> Observation {
        let readers: Vec<&ThreadSeen> = self.threads.iter().filter(|t| t.files > 0).collect();
        let files =
            |which: fn(&File) -> bool| to_u32(self.files.iter().filter(|file| which(file)).count());
        let blocks = |files: &mut dyn Iterator<Item = Blocks>| {
            files.fold(0, |sum: u32, blocks| sum.saturating_add(blocks.count()))
        };
        let sum: f64 = readers.iter().map(|t| f64::from(t.files)).sum();
        let squares: f64 = readers.iter().map(|t| f64::from(t.files).powi(2)).sum();
        let time = disk.now();
        let blocks_read = blocks(&mut self.files.iter().map(|file| file.blocks));
        let cost_of_blocks = (0..)
            .zip(&self.files)
            .map(|(index, file)| {
                f64::from(file.blocks.count()) * f64::from(disk.cost_of_block(index))
            })
            .sum();
        let processes: Vec<ProcessSeen> = self
            .processes
            .iter()
            .filter(|process| !process.files.is_empty())
            .map(|process| ProcessSeen {
                blocks: blocks(&mut process.files.values().copied()),
                threads: to_u32(process.threads.len()),
            })
            .collect();
        Observation {
            unit: disk.unit(),
            printed: self.printed,
            spinning: to_u32(self.spinning.len()),
            connections: self.connections,
            concurrency: Concurrency {
                effective: ratio(cost_of_blocks, f64::from(time)),
                held_max: disk.max_held(),
                threads: to_u32(readers.len()),
                participation: ratio(sum * sum, squares),
                processes: to_u32(processes.len()),
                rounds: match disk.unit() {
                    TimeUnit::QuarterRound => time.div_ceil(BLOCKS),
                    TimeUnit::Millisecond => time,
                },
            },
            time,
            files_read: files(File::is_read),
            blocks_read,
            blocks_brought: self.blocks_brought,
            files_partly_alone: files(|f| f.overlap == Overlap::PartlyAlone),
            files_touched: files(|f| f.is_read() && f.requested < f.size.div_ceil(2)),
            files_opened_only: files(|f| f.opened && !f.is_read()),
            files_asked_for_nothing: files(|f| f.requested_nothing && !f.is_read()),
            held_at_cap: to_u32(self.held_at_limit),
            cut_off: self.cut_off,
            slept_ms: u64::try_from(slept.as_millis()).unwrap_or(u64::MAX),
            threads_at_once: to_u32(self.threads_at_once),
            threads_created: self.threads_created,
            processes,
            attempts: self.attempts,
            capped: exceeded,
            timeline: disk.into_timeline(),
            threads: self.threads,
        }
    }
}

fn to_u32(n: usize) -> u32 {
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
        seccomp::notify::Notification,
    };

    /// A read: its thread, process and file, and the blocks at which it starts and ends.
    type Read = (i32, i32, u32, u64, u64);

    /// The account of some reads, each through an open file of its own. The reads of one step arrive together.
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
                disk.hold(Notification::of(tid), thread, file, charge);
            }
            ledger.record_overlap(disk.held());
            let served = disk.take_due();
            for read in &served {
                ledger.served(read);
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
    fn a_part_of_a_file_counts_as_a_part() {
        // Two threads in turns read the first and the last quarter of each file.
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
    fn files_read_first_at_once_and_then_one_by_one_are_read_partly_alone() {
        // The first quarters of both files are read at once; then the rest of each file alone.
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
    fn output_is_noted_whenever_it_grew() {
        let mut ledger = Ledger::new(0);
        for (time, bytes) in [(0, 0), (4, 5), (9, 5), (12, 8)] {
            ledger.record_output(time, bytes);
        }
        ledger.record_spinning(&[7, 8]);
        ledger.record_spinning(&[7]);
        let seen = ledger.close(VirtualDisk::default(), None, Duration::ZERO);
        let printed: Vec<_> = seen.printed.iter().map(|p| (p.time, p.bytes)).collect();
        assert_eq!(printed, [(4, 5), (12, 8)]);
        assert_eq!(seen.spinning, 2);
    }

    #[test]
    fn files_count_by_their_latencies() {
        let (mut ledger, mut opens) = (Ledger::new(2), Opens::default());
        let mut disk = VirtualDisk::of_latencies([100, 300].into_iter());
        for file in [0, 1] {
            let thread = ledger.thread(1, 1);
            let call = ReadCall {
                process: 1,
                thread,
                fd: 3,
                file,
                start: 0,
                size: 4,
                length: 4,
            };
            disk.hold(
                Notification::of(1),
                thread,
                file,
                opens.charge(call, |_, _| false),
            );
            let served = disk.take_due();
            ledger.served(&served[0]);
            disk.advance(&served);
        }
        disk.move_to(800);
        let seen = ledger.close(disk, None, Duration::ZERO);
        assert_eq!(seen.unit, TimeUnit::Millisecond);
        assert_eq!((seen.time, seen.concurrency.rounds), (800, 800));
        assert!((seen.concurrency.effective - 0.5).abs() < 1e-9);
        let ends: Vec<_> = seen.timeline.iter().map(|a| (a.start, a.end)).collect();
        assert_eq!(ends, [(0, 100), (100, 400)]);
    }

    #[test]
    fn nothing_read_is_zero_and_no_division() {
        let seen = account(3, &[]);
        assert_eq!(seen.concurrency, Concurrency::default());
        assert_eq!(seen.files_read, 0);
    }

    #[test]
    fn a_number_that_is_used_again_is_another_thread() {
        let mut ledger = Ledger::new(1);
        let first = ledger.thread(5, 1);
        assert_eq!(ledger.thread(5, 1), first);
        ledger.thread_exits(5, 1);
        assert_ne!(ledger.thread(5, 1), first);
    }

    #[test]
    fn threads_that_run_between_two_steps_are_counted_once_and_their_start_is_not() {
        let mut ledger = Ledger::new(1);
        ledger.thread_exits(1, 1);
        ledger.thread(2, 1);
        ledger.forget_startup();
        ledger.threads_ran(&[(2, 1), (3, 1)]);
        // A thread that exits ran until then. The other one neither reads nor exits, and still counts.
        ledger.thread_exits(2, 1);
        ledger.threads_ran(&[(3, 1)]);
        ledger.thread_exits(3, 1);
        let seen = ledger.close(VirtualDisk::default(), None, Duration::ZERO);
        let ran: Vec<u32> = seen.threads.iter().map(|thread| thread.ran).collect();
        assert_eq!(ran, [0, 2, 2]);
    }
}
