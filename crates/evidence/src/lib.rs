//! What was seen while one program was built and run, as plain data.
//!
//! A sandbox and an observer fill it in. It never judges what was seen, and never holds a text for the
//! program's author.

mod observation;

use std::time::Duration;

pub use observation::{
    Access, Attempts, BLOCKS, Concurrency, Observation, ObservationLimit, Observed, ProcessSeen,
    ThreadSeen,
};
use serde::{Deserialize, Serialize};

/// What one process (and all it started) did, from start until nothing of it was left.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Execution {
    /// How it ended.
    pub termination: Termination,
    /// What it wrote to standard output.
    pub stdout: Captured,
    /// What it wrote to standard error.
    pub stderr: Captured,
    /// What it used.
    pub usage: Usage,
    /// Processes still alive when the first one had ended, and killed then.
    pub left_behind: u32,
    /// What the observer saw, where the job asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observation: Option<Observed>,
}

impl Execution {
    /// How concurrent its reads were, if that was observed.
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
    /// By itself.
    Exited {
        /// Its exit status, 0 to 255.
        code: i32,
    },
    /// By a signal that we did not send.
    Signaled {
        /// The signal's number.
        signal: i32,
    },
    /// It never ran: the system refused to start it, and started a program of ours.
    NotStarted {
        /// The number of the system's error.
        error: i32,
    },
    /// We ended it: it ran longer than allowed.
    WallLimit {
        /// The limit in milliseconds.
        limit_ms: u64,
    },
    /// We ended it: it wrote more than allowed to one of its two streams.
    OutputLimit {
        /// The limit in bytes.
        limit_bytes: u64,
    },
    /// We ended it: all its processes together computed for longer than allowed.
    CpuLimit {
        /// The limit in milliseconds.
        limit_ms: u64,
    },
    /// Ended because all its processes together held more memory than allowed.
    MemoryLimit {
        /// The limit in bytes.
        limit_bytes: u64,
    },
    /// We ended it: it had more processes and threads at once than allowed.
    TaskLimit {
        /// The limit, processes and threads together.
        limit: u64,
    },
    /// Ended because it made a file larger than allowed.
    FileSizeLimit {
        /// The limit in bytes.
        limit_bytes: u64,
    },
    /// We ended it: what it wrote to disk was more, or in more files, than allowed.
    DiskLimit {
        /// The limit in bytes.
        limit_bytes: u64,
        /// The limit on files and folders.
        limit_files: u64,
    },
}

impl Termination {
    /// Whether it ended by itself with 0.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        matches!(self, Self::Exited { code: 0 })
    }
}

/// The head and the tail of what a process wrote to one stream.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Captured {
    /// The first bytes; all of them unless `omitted` is above 0. What is not UTF-8 became U+FFFD.
    pub head: String,
    /// The last bytes, where something was left out between.
    pub tail: String,
    /// Bytes left out between head and tail.
    pub omitted: u64,
    /// Whether every byte kept was valid UTF-8.
    pub is_utf8: bool,
}

impl Captured {
    /// All of what was written, if it was short.
    #[must_use]
    pub fn complete(text: &str) -> Self {
        Self {
            head: text.to_owned(),
            tail: String::new(),
            omitted: 0,
            is_utf8: true,
        }
    }

    /// The last line that is not blank, without surrounding white space.
    ///
    /// `None` if there is none, or if it is longer than what was kept.
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
    /// From start to the end of the first process.
    pub wall: Duration,
    /// From the moment it had ended, by itself or by a limit, until nothing of it was left.
    #[serde(default)]
    pub ending: Duration,
    /// Processor time in user mode, all processes.
    pub user: Duration,
    /// Processor time in the kernel, all processes.
    pub system: Duration,
    /// The most memory held at once, in bytes, by all processes together; see `memory_by`.
    pub peak_memory_bytes: u64,
    /// How memory was measured and limited.
    #[serde(default)]
    pub memory_by: MemoryBy,
    /// Times a thread gave up the processor by itself, of all processes that were waited for.
    #[serde(default)]
    pub voluntary_switches: u64,
    /// Times a thread was made to give up the processor, of all processes that were waited for.
    #[serde(default)]
    pub involuntary_switches: u64,
    /// Processes and threads seen at once at most. A lower bound where it was sampled; `None` where the
    /// run was too short for a sample. How many were *created* only an observer can count.
    #[serde(default)]
    pub most_tasks: Option<u64>,
}

/// How the memory of a whole tree of processes is measured and limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MemoryBy {
    /// By a control group of version 2: exact, kernel memory and files in memory included.
    CgroupV2,
    /// By a control group of version 1: as exact.
    CgroupV1,
    /// By adding up resident sizes every few milliseconds: a quick rise is seen late, and below the
    /// limit, memory shared by two processes counts twice.
    #[default]
    Polling,
}

impl MemoryBy {
    /// As written in records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CgroupV2 => "cgroup-v2",
            Self::CgroupV1 => "cgroup-v1",
            Self::Polling => "polling",
        }
    }
}

/// What the data files tell after a run, compared with how they were set up.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FilesWitness {
    /// Files in the dataset.
    pub expected: usize,
    /// Files whose access time moved away from the past it was set to.
    pub read: usize,
    /// Files whose access time did not move, in byte order of their names.
    pub unread: Vec<String>,
    /// Files that were changed or replaced, or whose times were set, in byte order of their names.
    pub tampered: Vec<Tampering>,
}

/// One file that is not as a reader would have left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tampering {
    /// The file's name.
    pub file: String,
    /// What was done to it.
    pub trace: Trace,
}

/// What was done to a data file, as far as its metadata tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trace {
    /// It is gone.
    Removed,
    /// Another file stands at its name (inode or time of birth differ).
    Replaced,
    /// Its contents were written (size or modification time differ).
    Written,
    /// Only its status changed: times set, mode, owner, link or rename.
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
    fn a_last_line_that_was_cut_is_not_an_answer() {
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
