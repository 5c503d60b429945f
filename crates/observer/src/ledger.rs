//! The account of what was seen, thread by thread and file by file. Pure.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use rustc_hash::{FxHashMap, FxHashSet};

use super::disk::{Disk, Waiting};
use evidence::{Attempts, Cap, Concurrency, Observation, ProcessSeen, ThreadSeen};

/// A program that waits for the disk so often is past caring.
const ROUNDS_KNOWN: usize = 100_000;

#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// Things that are only counted.
    pub(super) attempts: Attempts,
    pub(super) threads_created: u32,
    pub(super) processes_created: u32,
    charges_for_the_rest: u32,
    /// How many accesses of each round were more than a touch, as far as is known.
    reads_in: Vec<u32>,
    /// In which round each access was, by its ticket. Of very many the last ones are not noted, and count as
    /// reads whatever comes.
    round_of: FxHashMap<u64, u32>,
    /// Accesses that waited when watching ended.
    pub(super) held_at_cap: usize,
    cut_off: u32,
    /// The most that a process had when the program was at rest.
    pub(super) threads_at_once: usize,
    threads: Vec<ThreadSeen>,
    /// Index of each living thread. A number may come again for another thread.
    alive: FxHashMap<i32, u32>,
    /// Indices of those that have ended since the last rest.
    ended: Vec<u32>,
    processes: Vec<Reader>,
    process_of: FxHashMap<i32, u32>,
    files: Vec<File>,
    read_by: FxHashSet<(u32, u32)>,
    charges: u32,
}

#[derive(Debug, Default)]
struct Reader {
    seen: ProcessSeen,
    files: BTreeSet<u32>,
    threads: BTreeSet<u32>,
    last_round: Option<u32>,
}

#[derive(Debug, Clone, Copy, Default)]
struct File {
    opens: u32,
    charges: u32,
    asked: u64,
    size: u64,
    asked_for_nothing: bool,
}

/// Counts, and never wraps: a hostile program can make many calls.
fn count(counter: &mut u32) {
    *counter = counter.saturating_add(1);
}

impl Ledger {
    pub(super) fn new(files: usize) -> Self {
        Self {
            files: vec![File::default(); files],
            ..Self::default()
        }
    }

    /// The index of a thread.
    pub(super) fn thread(&mut self, tid: i32, process: i32) -> u32 {
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

    /// A thread opened a data file.
    pub(super) fn opened(&mut self, thread: u32, file: u32) {
        if let Some(seen) = self.seen(thread) {
            count(&mut seen.opens);
        }
        if let Some(file) = self.file(file) {
            count(&mut file.opens);
        }
    }

    /// A thread asked for bytes of a data file, so many of which are there.
    pub(super) fn asked(&mut self, thread: u32, file: u32, bytes: u64, size: u64) {
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
    pub(super) fn did_not_get(&mut self, thread: u32, bytes: u64) {
        if let Some(seen) = self.seen(thread) {
            seen.bytes = seen.bytes.saturating_sub(bytes);
        }
    }

    /// An access waited for the disk. It is a read of the file only if it can have found something, and
    /// what it is the rest of was none.
    pub(super) fn charged(&mut self, access: &Waiting, round: u32) {
        let Waiting {
            thread,
            file,
            finds,
            ticket,
            for_the_rest,
            touch,
            ..
        } = *access;
        count(&mut self.charges);
        self.reads_in.resize(round as usize + 1, 0);
        count(&mut self.reads_in[round as usize]);
        if self.round_of.len() < ROUNDS_KNOWN {
            self.round_of.insert(ticket, round);
        }
        if for_the_rest {
            count(&mut self.charges_for_the_rest);
        }
        // Once: who reads on through a duplicate has touched no more.
        if let Some(touched) = touch.and_then(|touch| self.round_of.remove(&touch))
            && let Some(reads) = self.reads_in.get_mut(touched as usize)
        {
            *reads = reads.saturating_sub(1);
        }
        if let Some(seen) = self.seen(thread) {
            count(&mut seen.charges);
        }
        if !finds {
            return;
        }
        if let Some(file) = self.file(file) {
            count(&mut file.charges);
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
        reader.files.insert(file);
        reader.threads.insert(thread);
        if reader.last_round != Some(round) {
            reader.last_round = Some(round);
            count(&mut reader.seen.rounds);
        }
    }

    /// So many accesses were never served: whoever waited is no more.
    pub(super) fn cut_off(&mut self, accesses: usize) {
        self.cut_off = self.cut_off.saturating_add(number(accesses));
    }

    /// A thread ends.
    pub(super) fn ended(&mut self, tid: i32, process: i32) {
        let index = self.thread(tid, process);
        self.alive.remove(&tid);
        self.ended.push(index);
    }

    /// The program is at rest for the first time: what its threads did before was to start.
    pub(super) fn all_have_started(&mut self) {
        self.ended.clear();
    }

    /// The program is at rest again, and since the last time these threads ran, by number and process,
    /// and all that have ended meanwhile.
    pub(super) fn ran(&mut self, threads: &[(i32, i32)]) {
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
    pub(super) fn close(self, disk: Disk, capped: Option<Cap>, slept: Duration) -> Observation {
        let readers: Vec<&ThreadSeen> = self.threads.iter().filter(|t| t.files > 0).collect();
        let files_read = number(self.files.iter().filter(|f| f.charges > 0).count());
        let sum: f64 = readers.iter().map(|t| f64::from(t.files)).sum();
        let squares: f64 = readers.iter().map(|t| f64::from(t.files).powi(2)).sum();
        let rounds = disk.rounds();
        let touch_rounds = number(self.reads_in.iter().filter(|&&reads| reads == 0).count());
        let processes: BTreeMap<u32, ProcessSeen> = (0..)
            .zip(&self.processes)
            .filter(|(_, reader)| !reader.files.is_empty())
            .map(|(index, reader)| {
                let seen = ProcessSeen {
                    files: number(reader.files.len()),
                    threads: number(reader.threads.len()),
                    ..reader.seen
                };
                (index, seen)
            })
            .collect();
        Observation {
            concurrency: Concurrency {
                effective: ratio(f64::from(files_read), f64::from(rounds - touch_rounds)),
                held_max: disk.most(),
                threads: number(readers.len()),
                participation: ratio(sum * sum, squares),
                processes: number(processes.len()),
                rounds,
            },
            files_expected: number(self.files.len()),
            files_read,
            files_read_in_part: number(
                self.files
                    .iter()
                    .filter(|f| f.charges > 0 && f.asked < f.size)
                    .count(),
            ),
            files_touched: number(
                self.files
                    .iter()
                    .filter(|f| f.charges > 0 && f.asked < f.size.div_ceil(2))
                    .count(),
            ),
            files_opened_only: number(
                self.files
                    .iter()
                    .filter(|f| f.opens > 0 && f.charges == 0)
                    .count(),
            ),
            files_asked_for_nothing: number(
                self.files
                    .iter()
                    .filter(|f| f.asked_for_nothing && f.charges == 0)
                    .count(),
            ),
            opens: self
                .files
                .iter()
                .fold(0, |sum: u32, f| sum.saturating_add(f.opens)),
            charges: self.charges,
            charges_for_the_rest: self.charges_for_the_rest,
            touch_rounds,
            held_at_cap: number(self.held_at_cap),
            cut_off: self.cut_off,
            slept_ms: u64::try_from(slept.as_millis()).unwrap_or(u64::MAX),
            threads_at_once: number(self.threads_at_once),
            threads_created: self.threads_created,
            processes_created: self.processes_created,
            processes: processes.into_values().collect(),
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
    use crate::{disk::Waiting, notify::Notice};

    /// Accesses `(tid, process, file)`, round by round.
    fn account(files: usize, rounds: &[&[(i32, i32, u32)]]) -> Observation {
        let mut ledger = Ledger::new(files);
        let mut disk = Disk::default();
        for round in rounds {
            for &(tid, process, file) in *round {
                let access = Waiting {
                    notice: Notice::of(tid),
                    thread: ledger.thread(tid, process),
                    file,
                    finds: true,
                    ticket: 0,
                    for_the_rest: false,
                    touch: None,
                    at_us: 0,
                };
                ledger.charged(&access, disk.rounds());
                disk.arrive(access);
            }
            let served = disk.take();
            disk.advance(&served);
        }
        ledger.close(disk, None, Duration::ZERO)
    }

    #[test]
    fn the_numbers_are_as_defined() {
        let seen = account(
            4,
            &[
                &[(1, 1, 0), (2, 1, 1)],
                &[(1, 1, 2)],
                &[(1, 1, 3), (7, 7, 3)],
            ],
        );
        let c = seen.concurrency;
        assert!((c.effective - 4.0 / 3.0).abs() < 1e-9);
        assert_eq!((c.held_max, c.threads, c.processes, c.rounds), (2, 3, 2, 3));
        // Files by thread: 3, 1, 1.
        assert!((c.participation - 25.0 / 11.0).abs() < 1e-9);
        let per_process: Vec<_> = seen
            .processes
            .iter()
            .map(|p| (p.files, p.threads, p.rounds))
            .collect();
        assert_eq!(per_process, [(4, 2, 3), (1, 1, 1)]);
        assert_eq!(seen.timeline.len(), 5);
    }

    /// Thread, file, ticket, and touch.
    type Touching = (i32, u32, u64, Option<u64>);

    /// What is seen of accesses round by round. Those of a touch are for the rest.
    fn with_touches(rounds: &[&[Touching]]) -> Observation {
        let mut ledger = Ledger::new(4);
        let mut disk = Disk::default();
        for (round, accesses) in (0..).zip(rounds) {
            for &(tid, file, ticket, touch) in *accesses {
                let access = Waiting {
                    notice: Notice::of(tid),
                    thread: ledger.thread(tid, 1),
                    file,
                    finds: true,
                    ticket,
                    for_the_rest: touch.is_some(),
                    touch,
                    at_us: 0,
                };
                ledger.charged(&access, round);
                disk.arrive(access);
            }
            let served = disk.take();
            disk.advance(&served);
        }
        ledger.close(disk, None, Duration::ZERO)
    }

    #[test]
    fn a_round_of_touches_does_not_count_and_one_with_a_read_does() {
        // Two threads touch two files at once and read their rest at once, and one of them goes on so.
        let seen = with_touches(&[
            &[(1, 0, 1, None), (2, 1, 2, None)],
            &[(1, 0, 3, Some(1)), (2, 1, 4, Some(2))],
            &[(1, 2, 5, None), (2, 3, 6, None)],
            &[(1, 2, 7, Some(5))],
        ]);
        assert_eq!((seen.charges, seen.charges_for_the_rest), (7, 3));
        assert_eq!((seen.concurrency.rounds, seen.touch_rounds), (4, 1));
        assert!((seen.concurrency.effective - 4.0 / 3.0).abs() < 1e-9);
    }

    #[test]
    fn a_touch_makes_no_other_access_of_its_file_a_touch_and_counts_once() {
        // Touched, read by another open, and then the rest; twice, as if by a duplicate.
        let seen = with_touches(&[
            &[(1, 0, 1, None), (2, 1, 2, None)],
            &[(3, 0, 3, None)],
            &[(3, 1, 4, None)],
            &[(1, 0, 5, Some(1)), (2, 1, 6, Some(2))],
            &[(1, 0, 7, Some(1)), (2, 1, 8, Some(2))],
        ]);
        assert_eq!((seen.concurrency.rounds, seen.touch_rounds), (5, 1));
        // And what was never served was no touch of anything.
        let seen = with_touches(&[&[(3, 0, 3, None)], &[(1, 0, 5, Some(1))]]);
        assert_eq!(seen.touch_rounds, 0);
    }

    #[test]
    fn nothing_read_is_zero_and_no_division() {
        let seen = account(3, &[]);
        assert_eq!(seen.concurrency, Concurrency::default());
        assert_eq!(seen.files_expected, 3);
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
        let seen = ledger.close(Disk::default(), None, Duration::ZERO);
        let ran: Vec<u32> = seen.threads.iter().map(|thread| thread.ran).collect();
        assert_eq!(ran, [0, 2, 2]);
    }
}
