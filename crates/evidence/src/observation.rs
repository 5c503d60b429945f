//! What an observer saw of one run: which thread read which data file, and when in virtual time.
//!
//! This module defines the numbers. It never computes or judges them.
//!
//! Virtual time is the time of a *virtual disk* from which the program reads. Its unit is the *round*: what it costs to
//! read a whole file. Where each file has a latency of its own, the unit is the millisecond. It moves only when no thread
//! of the program can run.

use serde::{Deserialize, Serialize};

/// The number of blocks of equal size in which the virtual disk brings a file. Each block takes a quarter of a round,
/// so this is also the number of quarters of a round.
pub const BLOCKS: u32 = 4;

/// The number of accesses that [`Observation::timeline`] keeps. It bounds the size of a report; a program with a thousand
/// data files that waits more often reads each of them a hundred times.
pub const MAX_TIMELINE: usize = 100_000;

/// Whether a run was observed, and what was seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Observed {
    /// The run was observed from its first instruction to its end, or to a limit.
    Seen(Box<Observation>),
    /// This machine, or the environment on it, does not let runs be observed.
    Unavailable {
        /// The reason, as a sentence without a full stop.
        reason: String,
    },
}

/// How concurrent the reads of one run were.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Concurrency {
    /// The number of distinct blocks that were read, divided by the virtual time in quarters of a round. By Little's
    /// law this is the mean number of useful reads in flight. If files are read as a whole, it is the number of files
    /// divided by rounds. 1 for a serial program, 0 if nothing was read. Where each file has a latency of its own, it is
    /// the sum of the latencies of what was read, divided by the virtual time.
    pub effective: f64,
    /// The largest number of reads in flight at once.
    pub held_max: u32,
    /// The number of threads that read a data file.
    pub threads: u32,
    /// The effective number of these threads, `(sum n)^2 / sum n^2`, where `n` is the number of files that one of them
    /// read: 1 if one thread reads nearly all files, the number of threads if each reads the same number.
    pub participation: f64,
    /// The number of processes that read a data file.
    pub processes: u32,
    /// The virtual time in rounds, rounded up; in milliseconds where that is the unit.
    pub rounds: u32,
}

/// What a unit of virtual time is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TimeUnit {
    /// A quarter of a round. All files are equally slow, and a wait with a limit in real time has no place in this time.
    #[default]
    QuarterRound,
    /// A millisecond. Each file has a latency of its own, and a wait with a limit takes as much virtual time as its limit.
    Millisecond,
}

/// How much of the standard output had been written at some virtual time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "[u64; 2]", into = "[u64; 2]")]
pub struct Printed {
    /// The virtual time, in the units of the observation.
    pub time: u32,
    /// The number of bytes that the program had written to standard output before the clock left this time.
    pub bytes: u64,
}

impl From<[u64; 2]> for Printed {
    fn from([time, bytes]: [u64; 2]) -> Self {
        Self {
            time: u32::try_from(time).unwrap_or(u32::MAX),
            bytes,
        }
    }
}

impl From<Printed> for [u64; 2] {
    fn from(printed: Printed) -> Self {
        [printed.time.into(), printed.bytes]
    }
}

/// Everything that was seen of one run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Observation {
    /// The main numbers.
    pub concurrency: Concurrency,
    /// What a unit of virtual time is: of `time`, `timeline` and `printed`, and of the rounds in `concurrency`.
    #[serde(default)]
    pub unit: TimeUnit,
    /// The virtual time in quarters of a round, or in milliseconds.
    pub time: u32,
    /// When standard output was written: an entry for each virtual time at which it grew, in the order of time. What was
    /// written after the last entry was written after the clock had moved for the last time. Empty if the unit is the
    /// quarter of a round.
    #[serde(default)]
    pub printed: Vec<Printed>,
    /// The number of threads that used up their budget of processor time, so that the clock moved while they ran. Such a
    /// thread waits by spinning, or computes for long.
    #[serde(default)]
    pub spinning: u32,
    /// The number of connections that the program made with the server of the observer.
    #[serde(default)]
    pub connections: u32,
    /// The number of distinct data files that were read.
    pub files_read: u32,
    /// The number of distinct blocks of data files that were read.
    pub blocks_read: u32,
    /// The number of blocks that the virtual disk brought. A block that it brought twice counts twice.
    pub blocks_brought: u32,
    /// The number of data files that were read partly beside other reads, and partly while no other was in flight.
    pub files_partly_alone: u32,
    /// The number of data files of which the program requested fewer than half of the bytes.
    pub files_touched: u32,
    /// The number of data files that were opened and never read.
    pub files_opened_only: u32,
    /// The number of data files that were never read, but from which the program requested no bytes, or bytes behind
    /// the end.
    pub files_asked_for_nothing: u32,
    /// The number of reads in flight when a limit ended the observation.
    pub held_at_cap: u32,
    /// The number of reads whose thread ended while they were in flight.
    pub cut_off: u32,
    /// Real time, in milliseconds, in which the observer waited for threads that slept.
    pub slept_ms: u64,
    /// The largest number of threads of one process, at the times at which the virtual clock moved.
    pub threads_at_once: u32,
    /// The number of threads that were created, whether they read or not. The first thread of a process does not count.
    pub threads_created: u32,
    /// The threads that were seen, in the order of their first appearance.
    pub threads: Vec<ThreadSeen>,
    /// The processes that read, in the order of their first appearance.
    pub processes: Vec<ProcessSeen>,
    /// Attempts to forge or to hide reads.
    pub attempts: Attempts,
    /// The limit at which the observation ended before the program did. All numbers are of the time before.
    pub capped: Option<ObservationLimit>,
    /// The reads that waited for the virtual disk, in the order in which it served them. A very long list is cut.
    pub timeline: Vec<Access>,
}

/// One read that waited for the virtual disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "[u32; 4]", into = "[u32; 4]")]
pub struct Access {
    /// Index into [`Observation::threads`].
    pub thread: u32,
    /// The index of the file, in byte order of the names of the data files.
    pub file: u32,
    /// The virtual time at which it began to wait, in the units of the observation.
    pub start: u32,
    /// The virtual time at which it was served, in the units of the observation.
    pub end: u32,
}

impl From<[u32; 4]> for Access {
    fn from([thread, file, start, end]: [u32; 4]) -> Self {
        Self {
            thread,
            file,
            start,
            end,
        }
    }
}

impl From<Access> for [u32; 4] {
    fn from(access: Access) -> Self {
        [access.thread, access.file, access.start, access.end]
    }
}

/// What one thread did.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ThreadSeen {
    /// The number of its process, counted from 0 in the order of appearance.
    pub process: u32,
    /// Whether it is the first thread of its process, in which `main` runs.
    #[serde(default)]
    pub is_first: bool,
    /// The number of distinct data files that it read.
    pub files: u32,
    /// The number of bytes of data files that it requested and that exist, without those that it did not get.
    pub bytes: u64,
    /// The number of steps of the virtual clock in which it ran, without the first, in which all threads start. An idle
    /// thread has none. If several threads work on the files that one thread reads, then for each file at least one of
    /// them runs in some step.
    pub ran: u32,
}

/// What one process read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ProcessSeen {
    /// The number of distinct blocks of data files that it read.
    pub blocks: u32,
    /// The number of its threads that read.
    pub threads: u32,
}

/// How often a program tried to forge or to hide reads. No program that only reads its data needs any of this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Attempts {
    /// It set the times of a data file.
    pub set_times: u32,
    /// It opened a file with `O_NOATIME`, or switched that on. This is refused.
    pub no_atime: u32,
    /// It tried to make its memory unreadable. This is refused.
    pub undumpable: u32,
    /// It used asynchronous input and output of the kernel, by which reads are not seen. This is refused.
    pub async_io: u32,
    /// It removed, renamed, truncated or otherwise changed a data file, or opened it to write.
    pub changes: u32,
    /// It made an access that may be one to a data file, but the observer could not look up the descriptor.
    pub unseen: u32,
}

/// The limit at which an observation ended early.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ObservationLimit {
    /// The program did not come to rest within this real time.
    #[serde(rename = "never-at-rest")]
    NotQuiescent {
        /// The limit in milliseconds.
        limit_ms: u64,
    },
    /// Threads that spin, or wake up again and again, took more than this real time in the whole run.
    #[serde(rename = "restless")]
    BusyThreads {
        /// The limit in milliseconds.
        limit_ms: u64,
    },
    /// Reads were held for more than this real time in the whole run.
    HeldTooLong {
        /// The limit in milliseconds.
        limit_ms: u64,
    },
    /// The program needed this number of rounds.
    TooManyRounds {
        /// The limit on the number of rounds.
        limit: u32,
    },
}
