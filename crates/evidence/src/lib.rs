//! What was seen when one program ran, as plain data.
//!
//! A sandbox and an observer fill in these types, and other programs judge them. The crate never judges what was seen,
//! and has no texts for the author of the program.
//!
//! All fields are public, and the enums can be matched exhaustively: a program that judges runs should decide about
//! each kind of end when a new one is added.
//!
//! # Example
//!
//! ```
//! use evidence::{Captured, Execution, Termination, Usage};
//!
//! /// The answer of a program: its last line, if it exited with 0.
//! fn answer(execution: &Execution) -> Option<&str> {
//!     if execution.termination.is_success() {
//!         execution.stdout.last_line()
//!     } else {
//!         None
//!     }
//! }
//!
//! let mut execution = Execution {
//!     termination: Termination::Exited { code: 0 },
//!     stdout: Captured::complete("reading files\n42\n"),
//!     stderr: Captured::default(),
//!     usage: Usage::default(),
//!     left_behind: 0,
//!     standing: Vec::new(),
//!     observation: None,
//! };
//! assert_eq!(answer(&execution), Some("42"));
//!
//! execution.termination = Termination::Signaled { signal: 11 };
//! assert_eq!(answer(&execution), None);
//! ```

mod observation;
mod standing;

/// The example in the README, kept true.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

use std::time::Duration;

pub use observation::{
    Access, Attempts, BLOCKS, Concurrency, MAX_TIMELINE, Observation, ObservationLimit, Observed,
    Printed, ProcessSeen, ThreadSeen, TimeUnit,
};
use serde::{Deserialize, Serialize};
pub use standing::ThreadStanding;

/// What one process and all its descendants did, from the start until nothing of them was left.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Execution {
    /// How the first process ended.
    pub termination: Termination,
    /// What they wrote to standard output.
    pub stdout: Captured,
    /// What they wrote to standard error.
    pub stderr: Captured,
    /// What they used.
    pub usage: Usage,
    /// The number of processes that were still alive when the first one had ended. They were killed.
    pub left_behind: u32,
    /// Where its threads stood, if it was stopped because it did not end by itself. At most 64 places.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub standing: Vec<ThreadStanding>,
    /// What the observer saw, if the run was to be observed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observation: Option<Observed>,
}

impl Execution {
    /// How concurrent the reads were, if they were observed.
    #[must_use]
    pub fn concurrency(&self) -> Option<Concurrency> {
        match &self.observation {
            Some(Observed::Seen(seen)) => Some(seen.concurrency),
            _ => None,
        }
    }
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Termination {
    /// It exited.
    Exited {
        /// The exit status, from 0 to 255.
        code: i32,
    },
    /// A signal ended it that the sandbox did not send.
    Signaled {
        /// The signal's number.
        signal: i32,
    },
    /// The kernel refused to start this program, although it starts others.
    NotStarted {
        /// The error number of the kernel.
        error: i32,
    },
    /// The sandbox ended it: it ran for longer than allowed.
    WallLimit {
        /// The limit in milliseconds.
        limit_ms: u64,
    },
    /// The sandbox ended it: each of its threads waited, without a limit on time, for what only another of them could
    /// do.
    Deadlock,
    /// The sandbox ended it: it wrote more than allowed to standard output or to standard error.
    OutputLimit {
        /// The limit in bytes.
        limit_bytes: u64,
    },
    /// The sandbox ended it: all its processes together used more processor time than allowed.
    CpuLimit {
        /// The limit in milliseconds.
        limit_ms: u64,
    },
    /// It was ended because all its processes together held more memory than allowed.
    MemoryLimit {
        /// The limit in bytes.
        limit_bytes: u64,
    },
    /// The sandbox ended it: it had more processes and threads at once than allowed.
    TaskLimit {
        /// The limit, processes and threads together.
        limit: u64,
    },
    /// It was ended because it made a file larger than allowed.
    FileSizeLimit {
        /// The limit in bytes.
        limit_bytes: u64,
    },
    /// The sandbox ended it: it wrote more bytes to disk, or made more files, than allowed.
    DiskLimit {
        /// The limit in bytes.
        limit_bytes: u64,
        /// The limit on the number of files and folders.
        limit_files: u64,
    },
}

impl Termination {
    /// Whether it exited with 0.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        matches!(self, Self::Exited { code: 0 })
    }
}

/// The head and the tail of what was written to one stream.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Captured {
    /// The first bytes; all of them unless `omitted` is above 0. Bytes that are not UTF-8 became U+FFFD.
    pub head: String,
    /// The last bytes, if some were left out between the head and the tail.
    pub tail: String,
    /// The number of bytes that were left out between the head and the tail.
    pub omitted: u64,
    /// Whether all bytes that were kept were valid UTF-8.
    pub is_utf8: bool,
}

impl Captured {
    /// A short text that was kept as a whole.
    #[must_use]
    pub fn complete(text: &str) -> Self {
        Self {
            head: text.to_owned(),
            tail: String::new(),
            omitted: 0,
            is_utf8: true,
        }
    }

    /// The last line that is not blank, without the white space around it.
    ///
    /// `None` if there is no such line, or if it is longer than the tail that was kept.
    #[must_use]
    pub fn last_line(&self) -> Option<&str> {
        let (end, cut) = if self.omitted > 0 {
            (&self.tail, true)
        } else {
            (&self.head, false)
        };
        let trimmed = end.trim_end();
        let line = match trimmed.rfind('\n') {
            Some(newline) => &trimmed[newline + 1..],
            None if cut => return None,
            None => trimmed,
        };
        let line = line.trim();
        (!line.is_empty()).then_some(line)
    }
}

/// What a process and all its descendants used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Real time from the start to the end of the first process.
    pub wall: Duration,
    /// Real time from the end of the first process until nothing of it and its descendants was left.
    #[serde(default)]
    pub ending: Duration,
    /// Real time, of `wall`, in which the supervisor did not run: most likely the whole machine stood still. It counts
    /// against no limit on real time.
    #[serde(default)]
    pub stood_still: Duration,
    /// Processor time of all processes in user mode.
    pub user: Duration,
    /// Processor time of all processes in the kernel.
    pub system: Duration,
    /// The largest amount of memory, in bytes, that all processes together held at once; see `memory_by`.
    pub peak_memory_bytes: u64,
    /// How memory was measured and limited.
    #[serde(default)]
    pub memory_by: MemoryBy,
    /// How often a thread gave up its processor voluntarily, in all processes whose parent waited for them.
    #[serde(default)]
    pub voluntary_switches: u64,
    /// How often the kernel took the processor from a thread, in all processes whose parent waited for them.
    #[serde(default)]
    pub involuntary_switches: u64,
    /// The largest number of processes and threads that existed at once. A lower bound if it was sampled, and `None` if
    /// the run was too short for a sample. Only an observer can count how many were created.
    #[serde(default)]
    pub most_tasks: Option<u64>,
}

/// How the memory of a whole tree of processes is measured and limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MemoryBy {
    /// By a control group of version 2: exactly, with the kernel's memory and files in memory.
    CgroupV2,
    /// By a control group of version 1: equally exactly.
    CgroupV1,
    /// By the sum of resident sizes every few milliseconds. A quick rise is noticed late, and memory that two processes
    /// share counts twice as long as the sum is below the limit.
    #[default]
    Polling,
}

impl MemoryBy {
    /// The name of this variant in the serialised form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CgroupV2 => "cgroup-v2",
            Self::CgroupV1 => "cgroup-v1",
            Self::Polling => "polling",
        }
    }
}

/// What the times of the data files show after a run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FilesWitness {
    /// The number of data files.
    pub expected: usize,
    /// The number of files that were read: their access time has changed.
    pub read: usize,
    /// The files that were not read, in byte order of their names: their access time has not changed.
    pub unread: Vec<String>,
    /// The files that were changed or replaced, or whose times were set, in byte order of their names.
    pub tampered: Vec<Tampering>,
}

/// One data file to which something else happened than a read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tampering {
    /// The file's name.
    pub file: String,
    /// What happened to it.
    pub trace: Trace,
}

/// What happened to a data file, as far as its metadata show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trace {
    /// It does not exist any more.
    Removed,
    /// Another file has its name: the inode or the time of creation differs.
    Replaced,
    /// Its contents were written: the size or the modification time differs.
    Written,
    /// Only its status changed: its times, mode or owner were set, or it was linked or renamed.
    StatusChanged,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_is_the_last_that_is_not_blank() {
        let last = |text: &str| Captured::complete(text).last_line().map(str::to_owned);
        assert_eq!(last("1\n2\n\n \r\n"), Some("2".into()));
        assert_eq!(last("  7  "), Some("7".into()));
        assert_eq!(last(" \n\n"), None);
        assert_eq!(last(""), None);
    }

    #[test]
    fn a_last_line_that_was_cut_is_not_returned() {
        let cut = Captured {
            head: "x".into(),
            tail: "23".into(),
            omitted: 5,
            is_utf8: true,
        };
        assert_eq!(cut.last_line(), None);
        let whole = Captured {
            tail: "yy\n23\n".into(),
            ..cut
        };
        assert_eq!(whole.last_line(), Some("23"));
    }
}
