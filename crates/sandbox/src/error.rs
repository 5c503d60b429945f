//! What can go wrong with the sandbox or with the machine that it runs on.
//!
//! An error is never about the job: how a job ends is a [`Termination`]. Every error keeps the
//! [`io::Error`] that the system gave, and with it the error's number. The text of an error never contains the
//! text of its source: whoever shows an error shows the chain of its sources.

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
    /// The work was asked to stop, and the process goes on.
    #[error("stopped before it was done")]
    Stopped,
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
    /// The system refuses to start the job's program, and also refuses to start a program of ours in its
    /// folder.
    #[error(
        "the system did not start it ({refused:?}), and does not start a program of ours there either"
    )]
    NothingStarts {
        /// What became of the job.
        refused: Termination,
    },
    /// The connection to the supervisor broke.
    #[error("lost the connection to its supervisor")]
    Gone(#[source] io::Error),
    /// The request cannot be written.
    #[error("failed to write its request")]
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
    /// The targets of the attacks could not be set up.
    #[error("failed to set up the targets")]
    SetUp(#[source] io::Error),
    /// The attacker did not end well.
    #[error("the attacker did not exit with 0 ({ended:?}): {stderr}")]
    Ended {
        /// How it ended.
        ended: Termination,
        /// What it wrote to standard error.
        stderr: String,
    },
    /// What the attacker is given, or what it reports, is not the JSON that it should be.
    #[error("failed to read or write what an attacker reports")]
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
    /// Build a root file system and make it the root.
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
    /// Give the job all processes and threads that its limits grant: a limit that it shares with others refused
    /// one.
    GrantTasks,
    /// Give the job all memory that its limits grant: it ran out, and the kernel killed a process of the job.
    GrantMemory,
    /// Give the job a processor: it could run, and other programs had all of them.
    GrantProcessor,
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
            Self::HideSupervisor => "hide the supervisor",
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
            Self::GrantTasks => "give the job its processes and threads",
            Self::GrantMemory => "give the job its memory",
            Self::GrantProcessor => "give the job a processor",
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
#[error("failed to {step}{}", part.as_ref().map(|part| format!(": failed to {part}")).unwrap_or_default())]
#[non_exhaustive]
pub struct StepError {
    /// Which step.
    pub step: Step,
    /// The part of the step that failed, as a verb and its object: *failed to* PART. `None` for a step that has
    /// no parts.
    pub part: Option<String>,
    /// Whether this shows that the machine does not support a layer of isolation. Of all failures, this is
    /// the only one that speaks for a lower tier.
    pub unsupported: bool,
    /// The system's error.
    pub source: io::Error,
}

/// Why a step failed: the system's error, and the part of the step that it comes from.
#[derive(Debug)]
pub(crate) struct Failure {
    part: Option<String>,
    source: io::Error,
}

impl Failure {
    /// The part of a step that is called `part`, a verb and its object, failed.
    pub(crate) fn of<E: Into<io::Error>>(part: &str) -> impl Fn(E) -> Self {
        move |error| Self {
            part: Some(part.to_owned()),
            source: error.into(),
        }
    }

    /// The part of a step failed that is to do what `verb` says with `path`.
    pub(crate) fn at<E: Into<io::Error>>(verb: &str, path: &Path) -> impl Fn(E) -> Self {
        move |error| Self {
            part: Some(format!("{verb} `{}`", path.display())),
            source: error.into(),
        }
    }
}

/// The whole text on one line: a failure is no error of its own, and has no source to show beside it.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(part) = &self.part {
            write!(f, "failed to {part}: ")?;
        }
        self.source.fmt(f)
    }
}

impl From<io::Error> for Failure {
    fn from(source: io::Error) -> Self {
        Self { part: None, source }
    }
}

impl From<rustix::io::Errno> for Failure {
    fn from(errno: rustix::io::Errno) -> Self {
        io::Error::from(errno).into()
    }
}

impl From<std::ffi::NulError> for Failure {
    fn from(error: std::ffi::NulError) -> Self {
        io::Error::from(error).into()
    }
}

/// What a step returns.
pub(crate) type StepResult<T> = Result<T, StepError>;

impl StepError {
    /// A step failed. This tells nothing about what the machine supports.
    pub(crate) fn failed<E: Into<Failure>>(step: Step) -> impl Fn(E) -> Self {
        move |error| Self::made(step, false, error.into())
    }

    /// A step failed on which a layer of isolation rests. Only this function decides that a layer is not
    /// supported: an error by which the machine says that it is short of something for a moment does not
    /// show that.
    pub(crate) fn unsupported<E: Into<Failure>>(step: Step) -> impl Fn(E) -> Self {
        move |error| {
            let failure = error.into();
            let source = &failure.source;
            let short_of_descriptors =
                matches!(source.raw_os_error(), Some(libc::EMFILE | libc::ENFILE));
            let short_of_memory = matches!(
                source.kind(),
                io::ErrorKind::OutOfMemory | io::ErrorKind::WouldBlock
            );
            Self::made(step, !short_of_descriptors && !short_of_memory, failure)
        }
    }

    /// A step failed, and this tells nothing about what the machine supports.
    #[must_use]
    pub fn new(step: Step, source: io::Error) -> Self {
        Self::failed(step)(source)
    }

    fn made(step: Step, unsupported: bool, failure: Failure) -> Self {
        Self {
            step,
            part: failure.part,
            unsupported,
            source: failure.source,
        }
    }

    /// The text of this error and of its source, on one line.
    #[must_use]
    pub fn with_source(&self) -> String {
        format!("{self}: {}", self.source)
    }
}

/// A [`StepError`] between processes: an [`io::Error`] cannot be sent, its number and its text can.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SentStepError {
    step: Step,
    part: Option<String>,
    unsupported: bool,
    number: Option<i32>,
    text: String,
}

impl SentStepError {
    /// The same error, with each of its two texts cut after `most` characters.
    pub(crate) fn shortened(mut self, most: usize) -> Self {
        for text in [Some(&mut self.text), self.part.as_mut()]
            .into_iter()
            .flatten()
        {
            if let Some((end, _)) = text.char_indices().nth(most) {
                text.truncate(end);
            }
        }
        self
    }
}

impl From<&StepError> for SentStepError {
    fn from(error: &StepError) -> Self {
        Self {
            step: error.step,
            part: error.part.clone(),
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
            part: sent.part,
            unsupported: sent.unsupported,
            source,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_failed_is_the_same_after_it_was_sent() {
        let by_number = || io::Error::from_raw_os_error(libc::EPERM);
        let in_words = io::Error::other("a reason");
        let in_a_part = Failure::at("show", Path::new("/x"))(by_number());
        for failure in [by_number().into(), in_words.into(), in_a_part] {
            let error = StepError::unsupported(Step::MakeNamespaces)(failure);
            let text = serde_json::to_string(&SentStepError::from(&error)).unwrap();
            let sent: SentStepError = serde_json::from_str(&text).unwrap();
            let back = StepError::from(sent);
            assert_eq!(back.with_source(), error.with_source());
            assert_eq!(back.source.raw_os_error(), error.source.raw_os_error());
            assert!(back.unsupported);
        }
    }

    #[test]
    fn the_part_of_a_step_keeps_the_number_of_its_error_and_a_text_never_has_that_of_its_source() {
        let denied = io::Error::from_raw_os_error(libc::EACCES);
        let failure = Failure::at("show", Path::new("/x"))(denied);
        let step = StepError::unsupported(Step::BuildRoot)(failure);
        assert_eq!(step.source.raw_os_error(), Some(libc::EACCES));
        let expected = "failed to build the root file system: failed to show `/x`";
        assert_eq!(step.to_string(), expected);
        let gone = || io::Error::from_raw_os_error(libc::EPIPE);
        let no_json = || serde_json::from_str::<u8>("x").unwrap_err();
        let errors: [Box<dyn std::error::Error>; 5] = [
            Box::new(Error::job(Path::new("/p"), step)),
            Box::new(Error::job(Path::new("/p"), JobError::Gone(gone()))),
            Box::new(Error::job(Path::new("/p"), JobError::Request(no_json()))),
            Box::new(Error::SelfTest(SelfTestError::SetUp(gone()))),
            Box::new(Error::SelfTest(SelfTestError::Report(no_json()))),
        ];
        for error in &errors {
            let mut next = Some(&**error);
            while let Some(error) = next {
                next = error.source();
                let source = next.map(ToString::to_string);
                let doubled = source.is_some_and(|source| error.to_string().contains(&source));
                assert!(!doubled, "{error}");
            }
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
