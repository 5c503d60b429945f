//! The account of one graded submission, as written to disk and read by other programs.
//!
//! Every report is made from records. The types here are the published form and nothing else: they are
//! filled from findings, verdict and evidence, and compute nothing. `schema/grade-record-1.schema.json`
//! is their JSON Schema; a test holds the two together.
//!
//! What other programs read (`checks[].id`, `checks[].status`, `verdict`, `score`, `submission.id`,
//! `runs[].concurrency`) changes only together with the schema's number.

mod run;
mod submission;

use std::fmt;

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    check,
    evidence::RunEvidence,
    verdict::{self, CheckSpec},
};
pub use run::{PrintedLine, ReferenceRun, Run, Unit};
pub use submission::{Graded, LeftOut, Newest, Submission};

use ids::{CheckId, ExerciseId, Seed};

/// The schema's name and number.
pub const SCHEMA: &str = "grade-record/1";

/// One graded submission.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(title = "grade-record/1"))]
pub struct Record {
    /// Always `grade-record/1`.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"^grade-record/1$")))]
    pub schema: String,
    /// What graded it.
    pub grader: Grader,
    /// The exercise.
    pub exercise: ExerciseId,
    /// Whose work, and which state of it.
    pub submission: Submission,
    /// The outcome.
    pub verdict: Verdict,
    /// The points; absent (null) where nothing was graded, which is not zero.
    pub score: Option<Score>,
    /// One entry a check, in the order in which they are asked. Empty where nothing was graded.
    pub checks: Vec<Check>,
    /// One entry a run, in the order of the seeds.
    pub runs: Vec<Run>,
    /// What went wrong with us or the machine. Empty unless the verdict is `not-graded`.
    pub faults: Vec<Fault>,
    /// A word about the exercise that belongs under every report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
    /// The command that grades the same submission on the same data.
    pub replay: String,
}

/// Which part failed. Chooses the exit code, nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// The command line, `grader.toml`, an `exercise.toml`, or a path given by the user.
    Usage,
    /// cargo, rustc or the linker is missing or broken.
    Toolchain,
    /// The course's allowed crates could not be fetched or built.
    Crates,
    /// The temporary folder, the cache or the disk below them.
    Disk,
    /// The sandbox could not be set up, or lost a submission.
    Sandbox,
    /// This machine does not record what we look at.
    Evidence,
    /// The reference did not pass, so nothing was graded.
    Reference,
    /// A signal asked us to stop.
    Interrupted,
    /// A mistake in this program.
    Internal,
}

/// Something wrong with us or the machine, with what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
pub struct Fault {
    /// Which part failed.
    pub kind: FaultKind,
    /// What failed, lower case, verb first, the thing in backticks.
    pub message: String,
    /// The system's or a library's own words, where there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.cause {
            Some(cause) => write!(f, ": {cause}"),
            None => Ok(()),
        }
    }
}

/// What graded a submission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
pub struct Grader {
    /// This program's version.
    pub version: String,
    /// How well the submission was isolated: `full`, `confined`, `weak` or `none`.
    pub tier: String,
    /// How its reads were seen: `seccomp-notify`, or `file-times` where that cannot be had.
    pub observer: String,
}

/// The outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Every check passed.
    Pass,
    /// Some check failed.
    Fail,
    /// The machine left a question open.
    NotGraded,
}

/// Points, in whole numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
pub struct Score {
    /// Of the checks that passed.
    pub earned: u32,
    /// Of all checks.
    pub possible: u32,
}

/// A check's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
pub struct Check {
    /// Which check.
    pub id: CheckId,
    /// The answer.
    pub status: Status,
    /// What it earned.
    pub earned: u32,
    /// What it could have earned.
    pub possible: u32,
    /// The answer in a sentence.
    pub message: String,
    /// Which mistake it is, where that is known: a name such as `lines-from-zero` or `serialised`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diagnosis: Option<String>,
    /// What to try next; null where nothing needs trying.
    pub hint: Option<String>,
    /// What the answer rests on.
    pub details: Details,
}

/// The four answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Yes.
    Pass,
    /// No.
    Fail,
    /// Not asked: an earlier answer makes it meaningless.
    Skipped,
    /// The evidence does not tell.
    Inconclusive,
}

/// What an answer rests on. Absent fields have nothing to say.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
pub struct Details {
    /// The first run that differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<Seed>,
    /// What was expected there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What was seen there. May hold text of the submission: escape it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<String>,
    /// Where in the submission.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// An excerpt of what the compiler or the program said. Text of the submission: escape it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// Further reasons of the same kind.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub more: Vec<String>,
}

/// What a program tried by which reads are faked or hidden, each counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
pub struct Attempts {
    /// To set a data file's times.
    pub set_times: u32,
    /// To read without leaving a trace in the access time. Refused.
    pub no_atime: u32,
    /// To be unreadable for the observer. Refused.
    pub undumpable: u32,
    /// To read by asynchronous calls, which nobody would see. Refused.
    pub async_io: u32,
    /// To change, remove or rename a data file, or to open it for writing.
    pub changes: u32,
}

/// How concurrent the reads of a run were.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
pub struct Concurrency {
    /// Reads in flight on average: files divided by rounds.
    pub effective: f64,
    /// The most reads in flight at once.
    pub held_max: u32,
    /// Threads that read.
    pub threads: u32,
    /// The same, weighted by how many files each read.
    pub participation: f64,
    /// Processes that read.
    pub processes: u32,
    /// Units of virtual time that all reads together took.
    pub rounds: u32,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Termination {
    /// By itself.
    Exited {
        /// Its exit status.
        code: i32,
    },
    /// By a signal.
    Signaled {
        /// The signal's number.
        signal: i32,
    },
    /// Never ran: the system refused to start it.
    NotStarted {
        /// The number of the system's error.
        error: i32,
    },
    /// Stopped: the time limit.
    WallLimit {
        /// The limit in milliseconds.
        limit_ms: u64,
    },
    /// Stopped: each of its threads waited for another of them.
    Deadlock,
    /// Stopped: the limit on output.
    OutputLimit {
        /// The limit in bytes.
        limit_bytes: u64,
    },
    /// Stopped: the limit on processor time, all processes together.
    CpuLimit {
        /// The limit in milliseconds.
        limit_ms: u64,
    },
    /// Stopped: the limit on memory, all processes together.
    MemoryLimit {
        /// The limit in bytes.
        limit_bytes: u64,
    },
    /// Stopped: the limit on processes and threads.
    TaskLimit {
        /// The limit.
        limit: u64,
    },
    /// Stopped: the limit on the size of a file.
    FileSizeLimit {
        /// The limit in bytes.
        limit_bytes: u64,
    },
    /// Stopped: the limit on disk space or on files.
    DiskLimit {
        /// The limit in bytes.
        limit_bytes: u64,
        /// The limit on files and folders.
        limit_files: u64,
    },
}

/// What a run used, all its processes together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
pub struct Usage {
    /// Real time, in milliseconds.
    pub wall_ms: u64,
    /// Processor time, user and system, in milliseconds.
    pub cpu_ms: u64,
    /// The most memory held at once, in bytes.
    pub peak_memory_bytes: u64,
    /// How memory was measured and limited: `cgroup-v2`, `cgroup-v1` or `polling`.
    pub memory_by: String,
    /// Times a thread gave up the processor by itself.
    pub voluntary_switches: u64,
    /// Times a thread was made to give up the processor.
    pub involuntary_switches: u64,
    /// The most processes and threads seen at once; null where the run was too short to look.
    pub most_tasks: Option<u64>,
}

/// What the data files tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
pub struct Files {
    /// In the dataset.
    pub expected: usize,
    /// Read, and left as they were.
    pub read: usize,
    /// Changed, replaced, removed, or with times set.
    pub tampered: usize,
}

impl Check {
    /// A finding and what it is worth.
    #[must_use]
    pub fn new(finding: &check::Finding, spec: &CheckSpec) -> Self {
        let status = match finding.status {
            check::Status::Pass => Status::Pass,
            check::Status::Fail => Status::Fail,
            check::Status::Skipped => Status::Skipped,
            check::Status::Inconclusive => Status::Inconclusive,
        };
        let needs_hint = matches!(status, Status::Fail | Status::Inconclusive);
        Self {
            id: finding.id,
            status,
            earned: verdict::earned(finding.status, spec.points),
            possible: spec.points,
            message: finding.message.clone(),
            diagnosis: finding.diagnosis.clone(),
            hint: finding
                .hint
                .clone()
                .or_else(|| spec.hint.clone())
                .filter(|_| needs_hint),
            details: Details {
                seed: finding.details.seed,
                expected: finding.details.expected.clone(),
                seen: finding.details.seen.clone(),
                place: finding.details.place.clone(),
                output: finding.details.output.clone(),
                more: finding.details.more.clone(),
            },
        }
    }
}

impl From<verdict::Verdict> for Verdict {
    fn from(verdict: verdict::Verdict) -> Self {
        match verdict {
            verdict::Verdict::Pass => Self::Pass,
            verdict::Verdict::Fail => Self::Fail,
            verdict::Verdict::NotGraded => Self::NotGraded,
        }
    }
}

impl From<verdict::Score> for Score {
    fn from(score: verdict::Score) -> Self {
        Self {
            earned: score.earned,
            possible: score.possible,
        }
    }
}

impl From<evidence::Concurrency> for Concurrency {
    fn from(seen: evidence::Concurrency) -> Self {
        Self {
            effective: seen.effective,
            held_max: seen.held_max,
            threads: seen.threads,
            participation: seen.participation,
            processes: seen.processes,
            rounds: seen.rounds,
        }
    }
}

impl Attempts {
    /// Those of a run, if there were any.
    fn of(run: &RunEvidence) -> Option<Self> {
        let Some(evidence::Observed::Seen(seen)) = &run.execution.observation else {
            return None;
        };
        let evidence::Attempts {
            set_times,
            no_atime,
            undumpable,
            async_io,
            changes,
            unseen: _,
        } = seen.attempts;
        let any = [set_times, no_atime, undumpable, async_io, changes];
        any.iter().any(|&n| n > 0).then_some(Self {
            set_times,
            no_atime,
            undumpable,
            async_io,
            changes,
        })
    }
}

impl From<evidence::Termination> for Termination {
    fn from(seen: evidence::Termination) -> Self {
        use evidence::Termination as Seen;
        match seen {
            Seen::Exited { code } => Self::Exited { code },
            Seen::Signaled { signal } => Self::Signaled { signal },
            Seen::NotStarted { error } => Self::NotStarted { error },
            Seen::WallLimit { limit_ms } => Self::WallLimit { limit_ms },
            Seen::Deadlock => Self::Deadlock,
            Seen::OutputLimit { limit_bytes } => Self::OutputLimit { limit_bytes },
            Seen::CpuLimit { limit_ms } => Self::CpuLimit { limit_ms },
            Seen::MemoryLimit { limit_bytes } => Self::MemoryLimit { limit_bytes },
            Seen::TaskLimit { limit } => Self::TaskLimit { limit },
            Seen::FileSizeLimit { limit_bytes } => Self::FileSizeLimit { limit_bytes },
            Seen::DiskLimit {
                limit_bytes,
                limit_files,
            } => Self::DiskLimit {
                limit_bytes,
                limit_files,
            },
        }
    }
}

/// The published JSON Schema of [`Record`], as text.
///
/// # Panics
/// Never: the schema is plain JSON.
#[cfg(feature = "schema")]
#[must_use]
pub fn json_schema() -> String {
    let schema = schemars::schema_for!(Record);
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}
