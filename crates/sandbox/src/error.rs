//! What can go wrong with the sandbox or with the machine that it runs on.
//!
//! An error is never about the job: how a job ends is a [`Termination`]. Every error keeps the
//! [`io::Error`] that the system gave, and with it the error's number.

use std::{
    fmt, io,
    path::{Path, PathBuf},
};

use evidence::Termination;
use serde::{Deserialize, Serialize};

use crate::{job::Stage, tier::Tier};

/// Why no job could be run, or why nothing is known of one that was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A signal asked this process to stop.
    #[error("stopped by a signal")]
    Interrupted {
        /// The signal's number.
        signal: i32,
    },
    /// This machine does not support the tier that was asked for.
    #[error("failed to isolate at tier `{tier}`")]
    TierUnsupported {
        /// The tier that was asked for.
        tier: Tier,
        /// The best tier that this machine supports.
        best: Tier,
        /// Each missing layer with its reason.
        #[source]
        missing: Missing,
    },
    /// The program that supervises jobs could not be started, or did not answer.
    #[error("failed to start the supervisor `{}`", program.display())]
    StartSupervisor {
        /// The program.
        program: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The supervisor of a job failed, or vanished.
    #[error("failed to run `{}`", program.display())]
    Job {
        /// The job's program.
        program: PathBuf,
        /// What failed.
        #[source]
        source: JobError,
    },
    /// A trial that should tell what this machine supports failed for another reason.
    #[error("failed to try out the sandbox")]
    Trial(#[source] StepError),
    /// A supervisor answered something that was not asked.
    #[error("failed to understand a supervisor")]
    Protocol,
    /// A temporary folder or file for the sandbox's own use could not be made.
    #[error("failed to write into `{}`", path.display())]
    TemporaryFile {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// This process has less of a resource than a job is to be given.
    #[error("failed to grant a job at least {need} {what}")]
    ShortOfResource {
        /// What kind of job it is for.
        stage: Stage,
        /// How much is needed, in the unit of `what`.
        need: u64,
        /// The resource and its unit, such as *MiB in one file*.
        what: &'static str,
        /// The field of [`Limits`](crate::Limits) that asks for it, if one does.
        limit: Option<&'static str>,
        /// How much there is.
        #[source]
        source: Granted,
    },
    /// The attacks that prove the sandbox could not be run to their end.
    #[error("failed to attack the sandbox")]
    SelfTest(#[source] SelfTestError),
}

/// The layers that a machine lacks, each with its reason.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Missing(pub String);

/// How much of a resource there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no more than {most} are allowed here (`ulimit -H{option}`)")]
pub struct Granted {
    /// The hard limit of this process.
    pub most: u64,
    /// The option by which a shell shows it.
    pub option: char,
}

/// Why a job's end is not known.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JobError {
    /// A step of its start or its end failed, which the supervisor reported.
    #[error(transparent)]
    Step(#[from] StepError),
    /// The system refuses to start it, and refuses to start a program of ours at the same place too.
    #[error(
        "the system did not start it ({refused:?}), and does not start a program of ours there either"
    )]
    NothingStarts {
        /// What became of the job.
        refused: Termination,
    },
    /// The connection to the supervisor broke.
    #[error("its supervisor is gone: {0}")]
    Gone(#[source] io::Error),
    /// The request cannot be written.
    #[error("its request cannot be written: {0}")]
    Request(#[source] serde_json::Error),
    /// The supervisor ended without an answer.
    #[error("its supervisor vanished")]
    Vanished,
    /// The supervisor did not answer in time.
    #[error("its supervisor did not report in time")]
    Late,
    /// The supervisor answered something that was not asked.
    #[error("its supervisor did something else")]
    Unexpected,
}

/// Why the attacks did not run to their end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SelfTestError {
    /// What is to be attacked could not be set up.
    #[error("failed to set up what is attacked: {0}")]
    SetUp(#[source] io::Error),
    /// The attacker did not end well.
    #[error("the attacker did not exit with 0 ({ended:?}): {stderr}")]
    Ended {
        /// How it ended.
        ended: Termination,
        /// What it wrote to standard error.
        stderr: String,
    },
    /// The attacker's report cannot be read.
    #[error("the attacker's report cannot be read: {0}")]
    Report(#[source] serde_json::Error),
    /// The attacker did not report every attack.
    #[error("some attacks were not reported")]
    Unfinished,
}

impl Error {
    pub(crate) fn job(program: &Path, source: impl Into<JobError>) -> Self {
        Self::Job {
            program: program.to_path_buf(),
            source: source.into(),
        }
    }
}

/// A step of starting, watching or ending a job, as a verb and its object: *failed to* STEP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Step {
    /// Make the supervisor's memory unreadable to others.
    HideSupervisor,
    /// Confine the supervisor's signals to its own job.
    ConfineSignals,
    /// Make new namespaces.
    MakeNamespaces,
    /// Make a process.
    MakeProcess,
    /// Write the user and group maps of a user namespace.
    WriteIdMaps,
    /// Enter a control group.
    EnterCgroup,
    /// Build a root file system and make it the root; the path, if any, is what could not be shown.
    BuildRoot,
    /// Leave the session of the caller.
    LeaveSession,
    /// Set resource limits.
    SetLimits,
    /// Give up users, groups and capabilities.
    DropPrivileges,
    /// Forbid new privileges.
    ForbidPrivileges,
    /// Be killed when the parent ends.
    TieToParent,
    /// Restrict paths, network and signals with Landlock.
    RestrictByLandlock,
    /// Enter the job's folder.
    EnterFolder,
    /// Close the descriptors that were inherited.
    CloseDescriptors,
    /// Install the monitor's filter.
    InstallMonitor,
    /// Install the filter that refuses system calls.
    InstallFilter,
    /// Start the program.
    StartProgram,
    /// Follow the new process until its program runs.
    Handshake,
    /// Start the monitor.
    AttachMonitor,
    /// Watch the job while it runs.
    Watch,
    /// Measure what the job used.
    Measure,
    /// Kill what is left of the job.
    Kill,
    /// Prepare the supervisor: the job's user, its folders and its control groups.
    Prepare,
    /// Read the request.
    ReadRequest,
}

impl Step {
    /// The verb and its object.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HideSupervisor => "hide this process",
            Self::ConfineSignals => "confine signals",
            Self::MakeNamespaces => "make namespaces",
            Self::MakeProcess => "make a process",
            Self::WriteIdMaps => "write the maps of a user namespace",
            Self::EnterCgroup => "enter a control group",
            Self::BuildRoot => "build the root file system",
            Self::LeaveSession => "leave the session",
            Self::SetLimits => "set limits",
            Self::DropPrivileges => "give up privileges",
            Self::ForbidPrivileges => "forbid new privileges",
            Self::TieToParent => "be tied to the parent",
            Self::RestrictByLandlock => "restrict by Landlock",
            Self::EnterFolder => "enter the folder",
            Self::CloseDescriptors => "close descriptors",
            Self::InstallMonitor => "install the monitor",
            Self::InstallFilter => "install the filter",
            Self::StartProgram => "start the program",
            Self::Handshake => "follow the start of the program",
            Self::AttachMonitor => "attach the monitor",
            Self::Watch => "watch the job",
            Self::Measure => "measure the job",
            Self::Kill => "kill the job",
            Self::Prepare => "prepare the job",
            Self::ReadRequest => "read the request",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A step that failed.
#[derive(Debug, thiserror::Error)]
#[error("failed to {step}: {source}")]
pub struct StepError {
    /// Which.
    pub step: Step,
    /// Whether this shows that the machine does not support a layer of isolation. Of all failures, this is
    /// the only one that speaks for a lower tier.
    pub unsupported: bool,
    /// The system's error.
    pub source: io::Error,
}

/// What a step comes to.
pub(crate) type StepResult<T> = Result<T, StepError>;

impl StepError {
    /// A step failed, which tells nothing of what the machine supports.
    pub(crate) fn failed<E: Into<io::Error>>(step: Step) -> impl Fn(E) -> Self {
        move |error| Self {
            step,
            unsupported: false,
            source: error.into(),
        }
    }

    /// A layer of isolation failed. What the machine was only short of for a moment says nothing about it.
    pub(crate) fn unsupported<E: Into<io::Error>>(step: Step) -> impl Fn(E) -> Self {
        move |error| {
            let source = error.into();
            let short_of_descriptors =
                matches!(source.raw_os_error(), Some(libc::EMFILE | libc::ENFILE));
            let short_of_memory = matches!(
                source.kind(),
                io::ErrorKind::OutOfMemory | io::ErrorKind::WouldBlock
            );
            Self {
                step,
                unsupported: !short_of_descriptors && !short_of_memory,
                source,
            }
        }
    }
}

/// A [`StepError`] between processes: an [`io::Error`] cannot be sent, its number and its text can.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SentStepError {
    step: Step,
    unsupported: bool,
    number: Option<i32>,
    text: String,
}

impl SentStepError {
    /// The same with no more than so many characters of text.
    pub(crate) fn shortened(mut self, most: usize) -> Self {
        if let Some((end, _)) = self.text.char_indices().nth(most) {
            self.text.truncate(end);
        }
        self
    }
}

impl From<&StepError> for SentStepError {
    fn from(error: &StepError) -> Self {
        Self {
            step: error.step,
            unsupported: error.unsupported,
            number: error.source.raw_os_error(),
            text: error.source.to_string(),
        }
    }
}

impl From<SentStepError> for StepError {
    fn from(sent: SentStepError) -> Self {
        let source = match sent.number {
            Some(number) => io::Error::from_raw_os_error(number),
            None => io::Error::other(sent.text),
        };
        Self {
            step: sent.step,
            unsupported: sent.unsupported,
            source,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_failed_is_the_same_behind_the_line() {
        let by_number = io::Error::from_raw_os_error(libc::EPERM);
        let in_words = io::Error::other("a reason");
        for source in [by_number, in_words] {
            let error = StepError::unsupported(Step::MakeNamespaces)(source);
            let text = serde_json::to_string(&SentStepError::from(&error)).unwrap();
            let sent: SentStepError = serde_json::from_str(&text).unwrap();
            let back = StepError::from(sent);
            assert_eq!(back.to_string(), error.to_string());
            assert_eq!(back.source.raw_os_error(), error.source.raw_os_error());
            assert!(back.unsupported);
        }
    }

    #[test]
    fn what_is_short_for_a_moment_is_not_unsupported() {
        for number in [libc::EMFILE, libc::ENFILE, libc::ENOMEM, libc::EAGAIN] {
            let source = io::Error::from_raw_os_error(number);
            assert!(!StepError::unsupported(Step::MakeNamespaces)(source).unsupported);
        }
        let refused = io::Error::from_raw_os_error(libc::EPERM);
        assert!(StepError::unsupported(Step::MakeNamespaces)(refused).unsupported);
    }
}
