//! What an observation shows about a program's concurrency; if the program is not parallel, why not.
//!
//! Computes the kind of program and the numbers that show it. Never words anything for the student.
//!
//! # How the kinds are distinguished
//!
//! | effective | held at most | threads that read | |
//! | --- | --- | --- | --- |
//! | ≥ 1.9 | | ≥ 2 of one process that reaches 1.9 by itself | parallel |
//! | ≥ 1.9 | | the same, but one asks for nearly all bytes | touched only |
//! | ≥ 1.9 | | the same, of fewer than half of the files | too few |
//! | ≥ 1.9 | | one in each process | processes |
//! | < 1.9 | ≥ 2 | most of what is read is read twice | read again |
//! | < 1.9 | ≥ 2 | most files partly at once, and partly one at a time | touched only, or beginning serialised |
//! | < 1.9 | | 1, none created | no threads |
//! | < 1.9 | | 1, others created | one worker, one reader, or idle threads |
//! | < 1.9 | 1 | many, of which one lives at a time | spawn and join in a loop |
//! | < 1.9 | 1 | many | serialised, as by a lock |
//! | < 1.9 | ≥ 2 | one needs nearly all rounds for its own files | uneven |
//! | < 1.9 | ≥ 2 | many | hardly parallel |
//!
//! A program whose reads could not be counted to the end is undecided, unless it was serial so far and caused
//! the delay itself: its threads slept or computed while reads waited.
//!
//! Threads that parse what one thread reads have no reads, and threads that do nothing have none either. They
//! differ in the number of steps of the virtual clock in which they ran. The program is quiescent between two
//! steps, so threads process what one thread has read before it reads more: this is visible for every file,
//! under any load.

use std::{collections::HashSet, time::Duration};

use evidence::{Access, BLOCKS, Observation, ObservationLimit};

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
    /// The observation does not suffice for an answer.
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
    /// The only thread that was created read everything, while the first one waited.
    OneWorker,
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
    /// Many threads read, and never two at once: a lock, or a token that is passed on.
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
    /// Many threads read a part of each file at once. The rest was read by one thread, or by one thread at a
    /// time.
    TouchedOnly {
        /// Threads that read.
        threads: u32,
    },
    /// The beginnings of files were read one at a time, and only what follows beside other reads.
    BeginningSerialised {
        /// Threads that read.
        threads: u32,
    },
    /// Reads were done by processes of one thread each.
    Processes {
        /// Processes that read.
        processes: u32,
    },
    /// Counting ended at a limit, because the program's own threads slept and computed.
    HeldUp {
        /// How long they slept and computed in all.
        own: Duration,
        /// The limit that ended it.
        cap: ObservationLimit,
    },
}

impl Cause {
    /// Its name in a record.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NothingRead { .. } => "nothing-read",
            Self::TooFew { .. } => "too-few",
            Self::NoThreads => "no-threads",
            Self::OneReader { .. } => "one-reader",
            Self::OneWorker => "one-worker",
            Self::IdleThreads { .. } => "idle-threads",
            Self::SpawnJoinLoop { .. } => "spawn-join-loop",
            Self::Serialised { .. } => "serialised",
            Self::Uneven { .. } => "uneven",
            Self::HardlyParallel { .. } => "hardly-parallel",
            Self::ReadAgain { .. } => "read-again",
            Self::TouchedOnly { .. } => "touched-only",
            Self::BeginningSerialised { .. } => "beginning-serialised",
            Self::Processes { .. } => "processes",
            Self::HeldUp { .. } => "held-up",
        }
    }
}

impl From<Cause> for Diagnosis {
    fn from(cause: Cause) -> Self {
        Self::Not(cause)
    }
}

/// Why there is no diagnosis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UndecidedReason {
    /// Observing ended early, while the program could still have been parallel.
    Capped(ObservationLimit),
    /// Some reads could not be attributed.
    Unseen {
        /// How many.
        accesses: u32,
    },
}

/// Diagnose an observation. `expected` is the number of data files that the exercise has, and `processor` the
/// time on processors that the program used.
#[must_use]
pub fn diagnose(observation: &Observation, expected: u32, processor: Duration) -> Diagnosis {
    let c = &observation.concurrency;
    if observation.attempts.unseen > 0 {
        return Diagnosis::Undecided(UndecidedReason::Unseen {
            accesses: observation.attempts.unseen,
        });
    }
    // After an observation limit, the program would have read each block that was left by itself at worst, and
    // all of them at once at best.
    let all = expected.saturating_mul(BLOCKS);
    let left = observation
        .capped
        .map_or(0, |_| all.saturating_sub(observation.blocks_read));
    let worst =
        |blocks: u32| f64::from(blocks) / f64::from(observation.time.saturating_add(left).max(1));
    if let Some(cap) = observation.capped {
        let lost = f64::from(all) < MIN_MEAN_IN_FLIGHT * f64::from(observation.time);
        if !lost && worst(all) < MIN_MEAN_IN_FLIGHT {
            let own = processor + Duration::from_millis(observation.slept_ms);
            return match time_of(cap) {
                Some(all) if own >= all / 2 && was_serial(observation) => {
                    Cause::HeldUp { own, cap }.into()
                }
                _ => Diagnosis::Undecided(UndecidedReason::Capped(cap)),
            };
        }
    }
    if observation.files_read == 0 {
        let (opened, cut_off) = (observation.files_opened_only, observation.cut_off);
        return Cause::NothingRead { opened, cut_off }.into();
    }
    if c.effective >= MIN_MEAN_IN_FLIGHT {
        let threaded = observation
            .processes
            .iter()
            .any(|process| process.threads >= 2 && worst(process.blocks) >= MIN_MEAN_IN_FLIGHT);
        let cause = if !threaded {
            Cause::Processes {
                processes: c.processes,
            }
        } else if participation_in_bytes(observation) < LEAST_SHARED {
            Cause::TouchedOnly { threads: c.threads }
        } else if observation.files_read < expected / 2 {
            Cause::TooFew {
                read: observation.files_read,
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
    not_parallel(observation).into()
}

/// Whether reads came one at a time until the observation ended, counting the reads that still waited.
fn was_serial(observation: &Observation) -> bool {
    let held = observation.held_at_cap.saturating_mul(BLOCKS);
    let blocks = observation.blocks_read.saturating_add(held);
    let time = f64::from(observation.time) + f64::from(BLOCKS);
    observation.time > 0 && f64::from(blocks) < MIN_MEAN_IN_FLIGHT * time
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
fn participation_in_bytes(observation: &Observation) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a ratio")]
    let bytes = || observation.threads.iter().map(|thread| thread.bytes as f64);
    let (sum, squares) = (bytes().sum::<f64>(), bytes().map(|n| n * n).sum::<f64>());
    if squares > 0.0 {
        sum * sum / squares
    } else {
        0.0
    }
}

fn not_parallel(observation: &Observation) -> Cause {
    let c = &observation.concurrency;
    let files = observation.files_read;
    let in_flight = f64::from(observation.blocks_brought) / f64::from(observation.time.max(1));
    let again =
        c.held_max > 1 && observation.blocks_brought >= observation.blocks_read.saturating_mul(2);
    let touched = c.held_max > 1 && observation.files_partly_alone >= files.div_ceil(2);
    if again || (in_flight >= MIN_MEAN_IN_FLIGHT && !touched) {
        return Cause::ReadAgain {
            charges: observation.blocks_brought.div_ceil(BLOCKS),
            files,
        };
    }
    if touched {
        let threads = c.threads;
        return if beginnings_are_serial(observation) {
            Cause::BeginningSerialised { threads }
        } else {
            Cause::TouchedOnly { threads }
        };
    }
    if c.processes > 1
        && observation
            .processes
            .iter()
            .all(|process| process.threads == 1)
    {
        return Cause::Processes {
            processes: c.processes,
        };
    }
    if c.threads == 1 {
        return one_reader(observation);
    }
    let readers = || observation.threads.iter().filter(|thread| thread.files > 0);
    let busiest = readers().map(|thread| thread.files).max().unwrap_or(0);
    if c.held_max == 1 {
        return taking_turns(observation);
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

/// Why a program never has two reads in flight.
pub(in crate::check) fn one_at_a_time(observation: &Observation) -> Cause {
    match observation.concurrency.threads {
        0 => Cause::NothingRead {
            opened: observation.files_opened_only,
            cut_off: observation.cut_off,
        },
        1 => one_reader(observation),
        _ => taking_turns(observation),
    }
}

/// Why several threads that read never do so at once.
const fn taking_turns(observation: &Observation) -> Cause {
    let threads = observation.concurrency.threads;
    // The first thread, which waits, and one other; and not always the same.
    if observation.threads_at_once <= 2 && observation.threads_created >= 2 {
        Cause::SpawnJoinLoop { threads }
    } else {
        Cause::Serialised { threads }
    }
}

/// Whether the first accesses of files were in flight one at a time, and took most of the time, as far as the timeline
/// goes. If the rest is what is read one at a time, it takes most of the time.
fn beginnings_are_serial(observation: &Observation) -> bool {
    let mut reads: Vec<_> = observation.timeline.iter().collect();
    reads.sort_by_key(|read| (read.start, read.end));
    let mut seen = HashSet::new();
    let (beginnings, rests): (Vec<&Access>, Vec<&Access>) =
        reads.into_iter().partition(|read| seen.insert(read.file));
    let time = |reads: &[&Access]| -> u64 {
        let times = reads
            .iter()
            .map(|read| u64::from(read.end.saturating_sub(read.start)));
        times.sum()
    };
    let overlapping = beginnings
        .windows(2)
        .filter(|two| two[1].start < two[0].end);
    // A few may do so by chance.
    overlapping.count() * 10 < beginnings.len() && time(&beginnings) > time(&rests)
}

fn one_reader(observation: &Observation) -> Cause {
    let others = observation.threads_created;
    if others == 0 {
        return Cause::NoThreads;
    }
    let is_reader_first = observation
        .threads
        .iter()
        .any(|thread| thread.files > 0 && thread.is_first);
    if others == 1 && !is_reader_first {
        return Cause::OneWorker;
    }
    // The reader itself may be one of the created threads, and the first thread one of the others.
    let ran: u64 = observation
        .threads
        .iter()
        .filter(|thread| thread.files == 0)
        .map(|thread| u64::from(thread.ran))
        .sum();
    if ran >= u64::from(observation.files_read) / 4 {
        Cause::OneReader { others }
    } else {
        Cause::IdleThreads { others }
    }
}

#[cfg(test)]
mod tests;
