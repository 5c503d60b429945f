//! What an observation says about a program's concurrency, and if it is not parallel, why.
//!
//! Computes the kind of program and the numbers that show it. Never words anything for the student.
//!
//! # How the kinds are told apart
//!
//! | effective | held at most | threads that read | |
//! | --- | --- | --- | --- |
//! | ≥ 1.9 | | ≥ 2 of one process that reaches 1.9 by itself | parallel |
//! | ≥ 1.9 | | the same, but one asks for nearly all bytes | touched only |
//! | ≥ 1.9 | | the same, of fewer than half of the files | too few |
//! | ≥ 1.9 | | one in each process | processes |
//! | < 1.9 | ≥ 2 | most of what is read is read twice | read again |
//! | < 1.9 | ≥ 2 | most files partly at once, and partly one at a time | touched only |
//! | < 1.9 | | 1, none created | no threads |
//! | < 1.9 | | 1, others created | one reader, or idle threads |
//! | < 1.9 | 1 | many, of which one lives at a time | spawn and join in a loop |
//! | < 1.9 | 1 | many | serialised, as by a lock |
//! | < 1.9 | ≥ 2 | one needs nearly all rounds for its own files | uneven |
//! | < 1.9 | ≥ 2 | many | hardly parallel |
//!
//! A program whose reads could not be counted to the end is undecided, unless it was serial so far and caused
//! the delay itself: its threads slept or computed while reads waited.
//!
//! Threads that parse what one thread reads, and threads that do nothing, read alike: not at all. They
//! differ in how many steps of the virtual clock they ran in. The program rests between two steps, so what one
//! thread has read is worked on before it reads on: it shows for every file, under any load.

use std::time::Duration;

use evidence::{BLOCKS, Observation, ObservationLimit};

/// The smallest mean number of useful reads in flight that passes: twice as fast as serial on an ideally slow
/// disk, less 5 %.
///
/// Two threads reach 2 only if they share the files exactly, and `chunks(len / 2 + 1)`, as people write it,
/// gives 1000 / 501.
pub(super) const MIN_MEAN_IN_FLIGHT: f64 = 0.95 * 2.0;

/// The smallest number of threads, weighted by the bytes they asked for. Below it, one thread asked for more
/// than four fifths.
const LEAST_SHARED: f64 = 1.5;

/// Whether a program reads in parallel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Diagnosis {
    /// Reads overlapped, by threads of one process.
    Parallel {
        /// Mean number of useful reads in flight.
        effective: f64,
        /// Threads that read.
        threads: u32,
    },
    /// It does not.
    Not(Cause),
    /// Not enough was seen to say anything.
    Undecided(UndecidedReason),
}

/// Why a program is not parallel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cause {
    /// No data file was read.
    NothingRead {
        /// Data files that were opened all the same.
        opened: u32,
        /// Reads that the program's end cut off.
        cut_off: u32,
    },
    /// Reads overlapped, of fewer than half of the files.
    TooFew {
        /// Files read.
        read: u32,
        /// All files.
        of: u32,
    },
    /// One thread did everything, and there was no other.
    NoThreads,
    /// One thread read, and others worked: on what it had read, as far as can be seen.
    OneReader {
        /// The others.
        others: u32,
    },
    /// One thread read, and others did nothing.
    IdleThreads {
        /// The others.
        others: u32,
    },
    /// Each thread was started when the one before had ended.
    SpawnJoinLoop {
        /// Threads that read.
        threads: u32,
    },
    /// Many threads read, and never two at once: a lock, or a token that goes round.
    Serialised {
        /// Threads that read.
        threads: u32,
    },
    /// Reads overlapped, but one thread had nearly all the work.
    Uneven {
        /// Files that the busiest thread read.
        busiest: u32,
        /// Files read in all.
        files: u32,
        /// Threads that read.
        threads: u32,
    },
    /// Reads overlapped now and then, not enough.
    HardlyParallel {
        /// Mean number of useful reads in flight.
        effective: f64,
        /// The most in flight at once.
        held_max: u32,
    },
    /// Many accesses were in flight, but they read what had been or would be read again.
    ReadAgain {
        /// Reads of files, of which reads of parts make up whole ones.
        charges: u32,
        /// Files read in all.
        files: u32,
    },
    /// Many threads read a part of each file at once, and one the rest of all, or one after the other.
    TouchedOnly {
        /// Threads that read.
        threads: u32,
    },
    /// Reads were done by processes of one thread each.
    Processes {
        /// Processes that read.
        processes: u32,
    },
    /// Counting was given up, as the program's own threads slept and computed.
    HeldUp {
        /// How long they did in all.
        own: Duration,
        /// Why it was given up.
        cap: ObservationLimit,
    },
}

impl From<Cause> for Diagnosis {
    fn from(cause: Cause) -> Self {
        Self::Not(cause)
    }
}

/// Why nothing can be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UndecidedReason {
    /// Watching ended early, while the program could still have turned out parallel.
    Capped(ObservationLimit),
    /// Some reads could not be attributed.
    Unseen {
        /// How many.
        accesses: u32,
    },
}

/// Say what kind of program was seen. `expected` is the number of data files that the exercise has, and
/// `processor` the time on processors that the program used.
#[must_use]
pub fn diagnose(seen: &Observation, expected: u32, processor: Duration) -> Diagnosis {
    let c = &seen.concurrency;
    if seen.attempts.unseen > 0 {
        return Diagnosis::Undecided(UndecidedReason::Unseen {
            accesses: seen.attempts.unseen,
        });
    }
    // After an observation limit, the program would have read each block that was left by itself at worst, and
    // all of them at once at best.
    let all = expected.saturating_mul(BLOCKS);
    let left = seen
        .capped
        .map_or(0, |_| all.saturating_sub(seen.blocks_read));
    let worst = |blocks: u32| f64::from(blocks) / f64::from(seen.time.saturating_add(left).max(1));
    if let Some(cap) = seen.capped {
        let lost = f64::from(all) < MIN_MEAN_IN_FLIGHT * f64::from(seen.time);
        if !lost && worst(all) < MIN_MEAN_IN_FLIGHT {
            let own = processor + Duration::from_millis(seen.slept_ms);
            return match time_of(cap) {
                Some(all) if own >= all / 2 && was_serial(seen) => {
                    Cause::HeldUp { own, cap }.into()
                }
                _ => Diagnosis::Undecided(UndecidedReason::Capped(cap)),
            };
        }
    }
    if seen.files_read == 0 {
        let (opened, cut_off) = (seen.files_opened_only, seen.cut_off);
        return Cause::NothingRead { opened, cut_off }.into();
    }
    if c.effective >= MIN_MEAN_IN_FLIGHT {
        let threaded = seen
            .processes
            .iter()
            .any(|process| process.threads >= 2 && worst(process.blocks) >= MIN_MEAN_IN_FLIGHT);
        let cause = if !threaded {
            Cause::Processes {
                processes: c.processes,
            }
        } else if participation_in_bytes(seen) < LEAST_SHARED {
            Cause::TouchedOnly { threads: c.threads }
        } else if seen.files_read < expected / 2 {
            Cause::TooFew {
                read: seen.files_read,
                of: expected,
            }
        } else {
            return Diagnosis::Parallel {
                effective: c.effective,
                threads: c.threads,
            };
        };
        return cause.into();
    }
    not_parallel(seen).into()
}

/// Whether reads came one at a time until the observation ended, counting the reads that still waited.
fn was_serial(seen: &Observation) -> bool {
    let held = seen.held_at_cap.saturating_mul(BLOCKS);
    let blocks = seen.blocks_read.saturating_add(held);
    let time = f64::from(seen.time) + f64::from(BLOCKS);
    seen.time > 0 && f64::from(blocks) < MIN_MEAN_IN_FLIGHT * time
}

/// The real time of an observation limit, if it limits real time.
fn time_of(cap: ObservationLimit) -> Option<Duration> {
    match cap {
        ObservationLimit::NotQuiescent { limit_ms }
        | ObservationLimit::BusyThreads { limit_ms }
        | ObservationLimit::HeldTooLong { limit_ms } => Some(Duration::from_millis(limit_ms)),
        ObservationLimit::TooManyRounds { .. } => None,
    }
}

/// The threads that read, weighted by bytes: 1 if one thread asked for nearly all.
fn participation_in_bytes(seen: &Observation) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a ratio")]
    let bytes = || seen.threads.iter().map(|thread| thread.bytes as f64);
    let (sum, squares) = (bytes().sum::<f64>(), bytes().map(|n| n * n).sum::<f64>());
    if squares > 0.0 {
        sum * sum / squares
    } else {
        0.0
    }
}

fn not_parallel(seen: &Observation) -> Cause {
    let c = &seen.concurrency;
    let files = seen.files_read;
    let in_flight = f64::from(seen.blocks_brought) / f64::from(seen.time.max(1));
    let again = c.held_max > 1 && seen.blocks_brought >= seen.blocks_read.saturating_mul(2);
    let touched = c.held_max > 1 && seen.files_partly_alone >= files.div_ceil(2);
    if again || (in_flight >= MIN_MEAN_IN_FLIGHT && !touched) {
        return Cause::ReadAgain {
            charges: seen.blocks_brought.div_ceil(BLOCKS),
            files,
        };
    }
    if touched {
        return Cause::TouchedOnly { threads: c.threads };
    }
    if c.processes > 1 && seen.processes.iter().all(|process| process.threads == 1) {
        return Cause::Processes {
            processes: c.processes,
        };
    }
    if c.threads == 1 {
        return one_reader(seen);
    }
    let readers = || seen.threads.iter().filter(|thread| thread.files > 0);
    let busiest = readers().map(|thread| thread.files).max().unwrap_or(0);
    if c.held_max == 1 {
        // The first thread, which waits, and one other; and not always the same.
        return if seen.threads_at_once <= 2 && seen.threads_created >= 2 {
            Cause::SpawnJoinLoop { threads: c.threads }
        } else {
            Cause::Serialised { threads: c.threads }
        };
    }
    // Nearly as many rounds as one thread needs for its files alone: the others had finished before.
    if c.participation < MIN_MEAN_IN_FLIGHT || 10 * u64::from(busiest) >= 9 * u64::from(c.rounds) {
        return Cause::Uneven {
            busiest,
            files,
            threads: c.threads,
        };
    }
    Cause::HardlyParallel {
        effective: c.effective,
        held_max: c.held_max,
    }
}

fn one_reader(seen: &Observation) -> Cause {
    let others = seen.threads_created;
    if others == 0 {
        return Cause::NoThreads;
    }
    // The reader itself may be one of the created threads, and the first thread one of the others.
    let ran: u64 = seen
        .threads
        .iter()
        .filter(|thread| thread.files == 0)
        .map(|thread| u64::from(thread.ran))
        .sum();
    if ran >= u64::from(seen.files_read) / 4 {
        Cause::OneReader { others }
    } else {
        Cause::IdleThreads { others }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use evidence::{Attempts, Concurrency, ProcessSeen, ThreadSeen};

    /// 1000 files, read by threads of one process as listed, in so many rounds.
    fn seen(files_by_thread: &[u32], held_max: u32, rounds: u32) -> Observation {
        let files = files_by_thread.iter().sum::<u32>().min(1000);
        let squares: f64 = files_by_thread.iter().map(|&n| f64::from(n).powi(2)).sum();
        let sum = f64::from(files_by_thread.iter().sum::<u32>());
        let readers = u32::try_from(files_by_thread.iter().filter(|&&n| n > 0).count()).unwrap();
        Observation {
            concurrency: Concurrency {
                effective: f64::from(files) / f64::from(rounds),
                held_max,
                threads: readers,
                participation: sum * sum / squares,
                processes: 1,
                rounds,
            },
            time: BLOCKS * rounds,
            files_read: files,
            blocks_read: BLOCKS * files,
            blocks_brought: BLOCKS * files_by_thread.iter().sum::<u32>(),
            threads_created: u32::try_from(files_by_thread.len()).unwrap() - 1,
            threads_at_once: u32::try_from(files_by_thread.len()).unwrap() + 1,
            processes: vec![ProcessSeen {
                blocks: BLOCKS * files,
                threads: readers,
            }],
            threads: files_by_thread
                .iter()
                .map(|&files| ThreadSeen {
                    files,
                    bytes: 57 * u64::from(files),
                    ..ThreadSeen::default()
                })
                .collect(),
            ..Observation::default()
        }
    }

    fn told(seen: &Observation) -> Diagnosis {
        diagnose(seen, 1000, Duration::ZERO)
    }

    fn check(seen: &Observation, expected: impl Into<Diagnosis>) {
        assert_eq!(told(seen), expected.into());
    }

    #[test]
    fn two_threads_that_overlap_are_parallel() {
        let parallel = Diagnosis::Parallel {
            effective: 2.0,
            threads: 2,
        };
        check(&seen(&[500, 500], 2, 500), parallel);
    }

    #[test]
    fn two_threads_with_a_rest_are_parallel_and_with_a_large_one_uneven() {
        assert!(matches!(
            told(&seen(&[526, 474], 2, 526)),
            Diagnosis::Parallel { threads: 2, .. }
        ));
        let uneven = Cause::Uneven {
            busiest: 700,
            files: 1000,
            threads: 2,
        };
        check(&seen(&[700, 300], 2, 700), uneven);
        let hardly = |diagnosis| matches!(diagnosis, Diagnosis::Not(Cause::HardlyParallel { .. }));
        assert!(hardly(told(&seen(&[510, 490], 2, 800))));
        assert!(!hardly(told(&seen(&[530, 470], 2, 530))));
    }

    #[test]
    fn one_thread_is_told_by_what_the_others_do() {
        check(&seen(&[1000], 1, 1000), Cause::NoThreads);
        let mut with_others = seen(&[1000, 0, 0], 1, 1000);
        check(&with_others, Cause::IdleThreads { others: 2 });
        // Threads that start late or are asked to end run once.
        (with_others.threads[1].ran, with_others.threads[2].ran) = (1, 1);
        check(&with_others, Cause::IdleThreads { others: 2 });
        (with_others.threads[1].ran, with_others.threads[2].ran) = (400, 500);
        check(&with_others, Cause::OneReader { others: 2 });
    }

    #[test]
    fn threads_that_take_turns_are_serialised_or_spawned_in_a_loop() {
        let serialised = Cause::Serialised { threads: 4 };
        check(&seen(&[250; 4], 1, 1000), serialised);
        // However many files each of them reads: it is the threads that wait for each other.
        for files in [&[1; 1000][..], &[125; 8]] {
            let mut one_by_one = seen(files, 1, 1000);
            one_by_one.threads_at_once = 2;
            let threads = one_by_one.concurrency.threads;
            check(&one_by_one, Cause::SpawnJoinLoop { threads });
        }
        // Half of the work is the first thread's, and both hold one lock.
        let mut halves = seen(&[500, 500], 1, 1000);
        halves.threads_at_once = 2;
        assert!(matches!(
            told(&halves),
            Diagnosis::Not(Cause::Serialised { .. })
        ));
        let locked = Cause::Serialised { threads: 1000 };
        check(&seen(&[1; 1000], 1, 1000), locked);
    }

    #[test]
    fn few_files_at_once_are_too_few() {
        check(&seen(&[1; 2], 2, 1), Cause::TooFew { read: 2, of: 1000 });
        let half = Diagnosis::Parallel {
            effective: 4.0,
            threads: 4,
        };
        check(&seen(&[125; 4], 4, 125), half);
    }

    #[test]
    fn a_touch_by_many_and_the_rest_one_by_one_is_no_reading_at_once() {
        // A quarter of each by eight at once, and three quarters by themselves.
        let mut touched = seen(&[125; 8], 8, 782);
        (touched.time, touched.files_partly_alone) = (3125, 1000);
        check(&touched, Cause::TouchedOnly { threads: 8 });
        // Not most of them.
        touched.files_partly_alone = 499;
        let hardly = |diagnosis| matches!(diagnosis, Diagnosis::Not(Cause::HardlyParallel { .. }));
        assert!(hardly(told(&touched)));
    }

    #[test]
    fn one_thread_with_nearly_all_the_work_is_uneven() {
        let uneven = Cause::Uneven {
            busiest: 990,
            files: 1000,
            threads: 11,
        };
        let mut files = vec![990];
        files.extend([1; 10]);
        check(&seen(&files, 11, 990), uneven);
    }

    #[test]
    fn reading_again_in_many_threads_is_not_parallel() {
        let mut decoys = seen(&[1000, 500, 500], 2, 1500);
        decoys.blocks_brought = BLOCKS * 2000;
        assert!(matches!(
            told(&decoys),
            Diagnosis::Not(Cause::ReadAgain { charges: 2000, .. })
        ));
    }

    #[test]
    fn threads_that_leave_the_reading_to_one_are_not_parallel() {
        let mut touched = seen(&[125; 8], 8, 125);
        for thread in &mut touched.threads {
            thread.bytes = 125;
        }
        touched.threads.push(ThreadSeen {
            bytes: 56_000,
            ..ThreadSeen::default()
        });
        check(&touched, Cause::TouchedOnly { threads: 8 });
        // Pieces of each file by other threads, as a runtime may have it.
        touched.threads[8].bytes = 500;
        let parallel = Diagnosis::Parallel {
            effective: 8.0,
            threads: 8,
        };
        check(&touched, parallel);
    }

    #[test]
    fn processes_of_one_thread_each_are_not_threads() {
        let mut processes = seen(&[125; 8], 8, 125);
        processes.concurrency.processes = 8;
        let one = ProcessSeen {
            blocks: BLOCKS * 125,
            threads: 1,
        };
        processes.processes = vec![one; 8];
        // A second thread that reads a single file changes nothing.
        processes.processes[0].threads = 2;
        let expected = Cause::Processes { processes: 8 };
        check(&processes, expected);
    }

    #[test]
    fn a_cap_decides_nothing_unless_it_is_decided() {
        let cap = ObservationLimit::BusyThreads { limit_ms: 1 };
        let mut capped = seen(&[400], 1, 400);
        capped.capped = Some(cap);
        check(&capped, Diagnosis::Undecided(UndecidedReason::Capped(cap)));
        // Half of the time was its own.
        let cap = ObservationLimit::HeldTooLong { limit_ms: 30_000 };
        (capped.capped, capped.slept_ms) = (Some(cap), 12_000);
        let own = Duration::from_secs(15);
        let held_up = Cause::HeldUp { own, cap };
        let three = Duration::from_secs(3);
        assert_eq!(diagnose(&capped, 1000, three), held_up.into());
        check(&capped, Diagnosis::Undecided(UndecidedReason::Capped(cap)));
        // Nothing is known, or many reads were about to be served.
        let mut many = capped.clone();
        many.held_at_cap = 900;
        let mut nothing = seen(&[0], 900, 0);
        (nothing.capped, nothing.slept_ms) = (Some(cap), 15_000);
        for seen in [many, nothing] {
            let diagnosis = diagnose(&seen, 1000, three);
            assert_eq!(
                diagnosis,
                Diagnosis::Undecided(UndecidedReason::Capped(cap))
            );
        }
        let mut lost = seen(&[527], 1, 527);
        lost.capped = Some(cap);
        check(&lost, Cause::NoThreads);
        // 111 rounds of 8, and then 112 files of which nothing is known.
        let mut won = seen(&[111; 8], 8, 111);
        won.capped = Some(cap);
        assert!(matches!(told(&won), Diagnosis::Parallel { threads: 8, .. }));
        let mut open = seen(&[50; 8], 8, 50);
        open.capped = Some(cap);
        check(&open, Diagnosis::Undecided(UndecidedReason::Capped(cap)));
        // Whoever was parallel so far is not blamed for what made it slow.
        let all = Duration::from_mins(1);
        let undecided = Diagnosis::Undecided(UndecidedReason::Capped(cap));
        assert_eq!(diagnose(&open, 1000, all), undecided);
    }

    #[test]
    fn a_pair_of_threads_beside_many_processes_is_not_what_reads() {
        let mut pair = seen(&[125; 8], 8, 125);
        let alone = ProcessSeen {
            blocks: BLOCKS * 125,
            threads: 1,
        };
        pair.processes = vec![alone; 8];
        pair.processes.push(ProcessSeen {
            blocks: BLOCKS * 2,
            threads: 2,
        });
        assert!(matches!(
            told(&pair),
            Diagnosis::Not(Cause::Processes { .. })
        ));
    }

    #[test]
    fn what_cannot_be_seen_is_not_judged() {
        let mut hidden = seen(&[1000], 1, 1000);
        hidden.attempts = Attempts {
            unseen: 3,
            ..Attempts::default()
        };
        let expected = Diagnosis::Undecided(UndecidedReason::Unseen { accesses: 3 });
        check(&hidden, expected);
    }

    #[test]
    fn nothing_read_is_said_so() {
        let nothing = Observation {
            files_opened_only: 5,
            ..Observation::default()
        };
        let expected = Cause::NothingRead {
            opened: 5,
            cut_off: 0,
        };
        check(&nothing, expected);
    }
}
