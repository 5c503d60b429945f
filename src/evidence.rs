//! What was seen while one submission was built and run. Plain data, without judgement.
//!
//! The rooms that look (`build`, `sandbox`) fill it in; `check` reads it and nothing else.
//! It never holds a point, a verdict or a word for the student.

mod observation;

use std::time::Duration;

pub use observation::{
    Access, Attempts, Cap, Concurrency, Observation, Observed, ProcessSeen, ThreadSeen,
};
use serde::{Deserialize, Serialize};

use crate::ids::Seed;

/// Everything seen of one submission.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// How the build went.
    pub build: BuildEvidence,
    /// One entry a run, in the order of the seeds. Empty if there was nothing to run.
    pub runs: Vec<RunEvidence>,
}

/// How the build went.
#[derive(Debug, Clone, PartialEq)]
pub enum BuildEvidence {
    /// A program came out.
    Built {
        /// Warnings that the compiler gave about the submission.
        warnings: usize,
    },
    /// The course does not accept the crate; nothing was compiled.
    Refused(Vec<Refusal>),
    /// The compiler did not make a program of it.
    Failed(CompileFailure),
}

/// One reason why the course does not accept a crate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// File, and line where there is one, relative to the submission: `Cargo.toml:7`.
    pub place: String,
    /// What is there, as a sentence without full stop.
    pub problem: String,
    /// What to do instead, as a sentence without full stop.
    pub remedy: String,
}

/// What the compiler said when it made no program.
#[derive(Debug, Clone, PartialEq)]
pub struct CompileFailure {
    /// How the compiler ended: a limit is a reason of its own.
    pub termination: Termination,
    /// Its diagnostics, in its order, errors and warnings.
    pub diagnostics: Vec<Diagnostic>,
    /// What it wrote that is no diagnostic (a linker's words, a crash), cut to a few lines.
    pub other_output: String,
}

/// One diagnostic of rustc.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Whether it stopped the build.
    pub is_error: bool,
    /// rustc's code, `E0308`, where it has one.
    pub code: Option<String>,
    /// The headline.
    pub message: String,
    /// Where its primary span starts.
    pub place: Option<Place>,
    /// The whole of it as rustc draws it, without colour.
    pub rendered: String,
}

/// A place in a submission's source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Path relative to the submission.
    pub file: String,
    /// Counted from one.
    pub line: u32,
    /// Counted from one, in characters.
    pub column: u32,
}

/// One execution of a built submission on one dataset, with what the reference did there.
#[derive(Debug, Clone, PartialEq)]
pub struct RunEvidence {
    /// Which dataset.
    pub seed: Seed,
    /// The reference's answer on the same dataset.
    pub expected: String,
    /// How concurrent the reference's reads were on the same dataset.
    pub reference_concurrency: Option<Concurrency>,
    /// What the process did.
    pub execution: Execution,
    /// What the data files tell.
    pub files: FilesWitness,
}

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
    /// What happened, for a person: a predicate without full stop, such as *was stopped after 10 s*.
    #[must_use]
    pub fn words(&self) -> String {
        let size = |bytes: &u64| bytesize::ByteSize(*bytes).display().iec().to_string();
        let time = |ms: &u64| humantime::format_duration(Duration::from_millis(*ms)).to_string();
        match self {
            Self::Exited { code } => format!("ended by itself with exit status {code}"),
            Self::Signaled { signal } => format!("was ended by signal {signal}"),
            Self::NotStarted { error } => {
                format!("could not be started: {}", why_not_started(*error))
            }
            Self::WallLimit { limit_ms } => {
                format!("was stopped: it ran for longer than {}", time(limit_ms))
            }
            Self::OutputLimit { limit_bytes } => format!(
                "was stopped: it wrote more than {} of output",
                size(limit_bytes)
            ),
            Self::CpuLimit { limit_ms } => format!(
                "was stopped: it used more than {} of processor time",
                time(limit_ms)
            ),
            Self::MemoryLimit { limit_bytes } => {
                format!(
                    "was stopped: it used more than {} of memory",
                    size(limit_bytes)
                )
            }
            Self::TaskLimit { limit } => {
                format!("was stopped: it had more than {limit} processes and threads at once")
            }
            Self::FileSizeLimit { limit_bytes } => {
                format!(
                    "was stopped: it made a file larger than {}",
                    size(limit_bytes)
                )
            }
            Self::DiskLimit {
                limit_bytes,
                limit_files,
            } => format!(
                "was stopped: it wrote more than {} or more than {limit_files} files to disk",
                size(limit_bytes)
            ),
        }
    }

    /// Whether it ended by itself with 0.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        matches!(self, Self::Exited { code: 0 })
    }
}

/// Why the system starts no such program, by the error's number on Linux.
fn why_not_started(error: i32) -> String {
    match error {
        2 => "it names a loader that does not exist".into(),
        8 | 22 | 80 => "the system does not take it for a program".into(),
        1 | 13 | 40 => "it names a loader that may not be run".into(),
        7 | 12 | 27 => "it asks for more memory than there is".into(),
        _ => format!("the system's error {error}"),
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
