//! What the observer saw of one run: who read which data file when, in virtual time.
//!
//! Plain data. The numbers are defined here and computed in `sandbox::observer`; `check` judges them.

use serde::{Deserialize, Serialize};

/// The virtual disk brings a file in so many blocks of equal size, each of which takes a quarter of a round.
/// So this is also how many quarters a round has.
pub const BLOCKS: u32 = 4;

/// Whether a run was observed, and what was seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Observed {
    /// It was watched from its first instruction to its end.
    Seen(Box<Observation>),
    /// This machine, or what surrounds us on it, does not let us look.
    Unavailable {
        /// Why, as a sentence without full stop.
        reason: String,
    },
}

/// How concurrent the reads of one run were.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Concurrency {
    /// Distinct blocks read, divided by the virtual time in quarters: the mean number of useful reads in
    /// flight (Little's law). Where files are read whole, these are files divided by rounds. 1 for a serial
    /// program, 0 if nothing was read.
    pub effective: f64,
    /// The largest number of accesses in flight at once.
    pub held_max: u32,
    /// Threads that read a data file.
    pub threads: u32,
    /// Those threads weighted by the files each read, `(sum n)^2 / sum n^2`: 1 if one thread reads
    /// nearly all, the number of threads if all read the same.
    pub participation: f64,
    /// Processes that read a data file.
    pub processes: u32,
    /// Virtual time in rounds, of which each is as long as a read of a whole file. Rounded up.
    pub rounds: u32,
}

/// Everything that was seen of one run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Observation {
    /// The numbers that other programs read.
    pub concurrency: Concurrency,
    /// Virtual time in quarters of a round.
    pub time: u32,
    /// Distinct data files that were read.
    pub files_read: u32,
    /// Distinct blocks of data files that were read.
    pub blocks_read: u32,
    /// Blocks that the disk brought, those included that it had brought before.
    pub blocks_brought: u32,
    /// Data files that were read partly beside other reads, and partly while nothing else was in flight.
    pub files_partly_alone: u32,
    /// Data files of which fewer than half of the bytes were asked for.
    pub files_touched: u32,
    /// Data files that were opened and never read.
    pub files_opened_only: u32,
    /// Data files that were asked for no bytes, or for such as are not there, and never read.
    pub files_asked_for_nothing: u32,
    /// Accesses that waited when watching ended before the program did.
    pub held_at_cap: u32,
    /// Accesses that still waited when the program ended.
    pub cut_off: u32,
    /// Real time, in milliseconds, in which it was waited for threads that slept for a while.
    pub slept_ms: u64,
    /// The most threads that a process had at once, whenever the clock moved.
    pub threads_at_once: u32,
    /// Threads created, whether they read or not. The first thread of a process is none.
    pub threads_created: u32,
    /// Each thread that was seen, in the order of its first appearance.
    pub threads: Vec<ThreadSeen>,
    /// Each process that read, in the order of its first read.
    pub processes: Vec<ProcessSeen>,
    /// What a program does that wants to fake or to hide.
    pub attempts: Attempts,
    /// Why watching ended before the program did. The numbers above are of the time before.
    pub capped: Option<ObservationLimit>,
    /// Every access that waited, in the order in which they were served. The index of a thread is that in `threads`.
    pub timeline: Vec<Access>,
}

/// One access that waited for the virtual disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "[u32; 4]", into = "[u32; 4]")]
pub struct Access {
    /// Index into [`Observation::threads`].
    pub thread: u32,
    /// The file: its index in byte order of the names of the data files.
    pub file: u32,
    /// Virtual time at which it began to wait, in quarters of a round.
    pub start: u32,
    /// Virtual time at which it was served, in quarters of a round.
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

/// One thread.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ThreadSeen {
    /// Its process, counted from 0 in order of appearance.
    pub process: u32,
    /// Distinct data files for which it waited.
    pub files: u32,
    /// Bytes of data files that it asked for and that were there, less those that another got later.
    pub bytes: u64,
    /// Steps of the virtual clock in which it ran, but for the first, in which everybody starts. An idle
    /// thread has none. However many work on what one thread reads, one of them runs in at least one step
    /// for each file.
    pub ran: u32,
}

/// One process that read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ProcessSeen {
    /// Distinct blocks of data files that it read.
    pub blocks: u32,
    /// Its threads that read.
    pub threads: u32,
}

/// Things that a program does to fake or to hide its reads. None of them is needed to solve anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Attempts {
    /// Setting a data file's times.
    pub set_times: u32,
    /// Opening with `O_NOATIME`, or switching it on. Refused.
    pub no_atime: u32,
    /// Making itself unreadable for us. Refused.
    pub undumpable: u32,
    /// Asynchronous input and output by which reads would pass unseen. Refused.
    pub async_io: u32,
    /// Removing, renaming, truncating or otherwise changing a data file, or opening it to write.
    pub changes: u32,
    /// Accesses that could not be attributed, since the process could not be looked into.
    pub unseen: u32,
}

/// The limit at which an observation ended early.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ObservationLimit {
    /// The program did not come to rest within so much real time.
    #[serde(rename = "never-at-rest")]
    NotQuiescent {
        /// The bound in milliseconds.
        limit_ms: u64,
    },
    /// Threads that spin or wake up again and again took so much real time in all.
    #[serde(rename = "restless")]
    BusyThreads {
        /// The bound in milliseconds.
        limit_ms: u64,
    },
    /// The program was in our hands for so much real time in all.
    HeldTooLong {
        /// The bound in milliseconds.
        limit_ms: u64,
    },
    /// So many rounds were needed.
    TooManyRounds {
        /// The bound.
        limit: u32,
    },
}
