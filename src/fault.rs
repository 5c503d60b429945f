//! What goes wrong with us or with the machine, as one value that every room can return.
//!
//! A fault is never about the submission: a student's failure is evidence and a finding.
//! Decides nothing: `cli` maps its kind to an exit code, and `grading` writes it into the record as the reason
//! for *not graded*.

use std::{error::Error, fmt, io, iter, path::Path};

use crate::course;
use judge::record;
pub use judge::record::FaultKind;

/// Something wrong with us or the machine, with what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Which part failed.
    pub kind: FaultKind,
    /// What failed, lower case, verb first, the thing in backticks.
    pub message: String,
    /// The text of the system's or a library's error, if there is one.
    pub cause: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

/// A path of ours as text, for an argument or an environment.
///
/// # Errors
/// It is not UTF-8.
pub fn path_to_str(path: &Path) -> Result<String, Fault> {
    path.to_str().map(str::to_owned).ok_or_else(|| {
        Fault::usage(format!("failed to use the path `{}`", path.display()))
            .because("it is not UTF-8")
            .hint("choose other folders with `--temp-dir DIR` and `--cache-dir DIR`")
    })
}

/// What to do about a temporary folder that fails.
const ANOTHER_TEMPORARY_FOLDER: &str =
    "free some space, or choose another folder with `--temp-dir DIR`";

/// What to do about a cache folder that fails.
const ANOTHER_CACHE: &str = "free some space, or choose another cache with `--cache-dir DIR`";

/// What to do about a cache folder that this user cannot change.
const NOT_OUR_CACHE: &str =
    "run as the user who owns the cache, or choose another one with `--cache-dir DIR`";

fn another_cache(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => NOT_OUR_CACHE,
        _ => ANOTHER_CACHE,
    }
}

impl Fault {
    /// A fault without cause or hint.
    pub fn new(kind: FaultKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            cause: None,
            hint: None,
        }
    }

    /// The user's mistake, on the command line or in the course.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(FaultKind::Usage, message)
    }

    /// A failed operation on a path: failed to VERB `PATH`.
    #[must_use]
    pub fn io(kind: FaultKind, verb: &str, path: &Path, error: &io::Error) -> Self {
        Self::new(kind, format!("failed to {verb} `{}`", path.display())).because(error)
    }

    /// A file of the user's, or of an earlier batch, that cannot be read.
    #[must_use]
    pub fn unreadable(path: &Path, cause: impl fmt::Display) -> Self {
        Self::usage(format!("failed to read `{}`", path.display())).because(cause)
    }

    /// A file that is not the record that it should be.
    #[must_use]
    pub fn bad_record(path: &Path, cause: impl fmt::Display) -> Self {
        Self::usage(format!("failed to read the record `{}`", path.display())).because(cause)
    }

    /// A step of our own that does not fail unless this program has a mistake.
    #[must_use]
    pub fn internal(step: &str, cause: impl fmt::Display) -> Self {
        Self::new(FaultKind::Internal, format!("failed to {step}")).because(cause)
    }

    /// A failed operation on a path in the folder for temporary files.
    #[must_use]
    pub fn temporary(verb: &str, path: &Path, error: &io::Error) -> Self {
        Self::io(FaultKind::Disk, verb, path, error).hint(ANOTHER_TEMPORARY_FOLDER)
    }

    /// A failed operation on a path in the cache folder.
    #[must_use]
    pub fn cache(verb: &str, path: &Path, error: &io::Error) -> Self {
        Self::io(FaultKind::Disk, verb, path, error).hint(another_cache(error))
    }

    /// An error of `fs-scratch` in the cache folder.
    #[must_use]
    pub fn in_cache(error: fs_scratch::Error) -> Self {
        let hint = match &error {
            fs_scratch::Error::Io { source, .. } => another_cache(source),
            _ => ANOTHER_CACHE,
        };
        Self::from(error).hint(hint)
    }

    /// An error of `fs-scratch` in the temporary folder.
    #[must_use]
    pub fn in_temporary(error: fs_scratch::Error) -> Self {
        Self::from(error).hint(ANOTHER_TEMPORARY_FOLDER)
    }

    /// The same fault with its cause.
    #[must_use]
    pub fn because(mut self, cause: impl fmt::Display) -> Self {
        self.cause = Some(cause.to_string());
        self
    }

    /// The same fault with what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        record::Fault::from(self.clone()).fmt(f)
    }
}

impl Error for Fault {}

/// A mistake in the course, or in the path that names it.
impl From<course::Error> for Fault {
    fn from(error: course::Error) -> Self {
        Self {
            kind: FaultKind::Usage,
            message: error.to_string(),
            cause: error.cause(),
            hint: error.hint(),
        }
    }
}

impl From<Fault> for record::Fault {
    fn from(fault: Fault) -> Self {
        Self {
            kind: fault.kind,
            message: fault.message,
            cause: fault.cause,
            hint: fault.hint,
        }
    }
}

/// The fault of a record that is not shown: the fault ends the command instead.
impl From<record::Fault> for Fault {
    fn from(published: record::Fault) -> Self {
        Self {
            kind: published.kind,
            message: published.message,
            cause: published.cause,
            hint: published.hint,
        }
    }
}

/// The fault of any error of a crate: its text, and the texts of its causes.
fn from_error(kind: FaultKind, error: &dyn Error) -> Fault {
    let fault = Fault::new(kind, error.to_string());
    let causes = iter::successors(error.source(), |&cause| cause.source());
    let causes: Vec<String> = causes.map(ToString::to_string).collect();
    if causes.is_empty() {
        return fault;
    }
    fault.because(causes.join(": "))
}

impl From<sandbox::Error> for Fault {
    /// A failure of the sandbox, with what a user of this program can do about it.
    fn from(error: sandbox::Error) -> Self {
        use sandbox::{Error, JobError, Stage};
        let kind = match error {
            Error::Interrupted { .. } | Error::Stopped => FaultKind::Interrupted,
            Error::TemporaryFile { .. } => FaultKind::Disk,
            Error::Protocol => FaultKind::Internal,
            _ => FaultKind::Sandbox,
        };
        let fault = from_error(kind, &error);
        match error {
            Error::TierUnsupported { best, .. } => fault.hint(format!(
                "`--isolation {best}` is the best there is here; `grade doctor` says what is missing"
            )),
            Error::TemporaryFile { .. } => {
                fault.hint("choose another folder with `--temp-dir DIR`")
            }
            Error::SelfTest(sandbox::SelfTestError::SetUp(source)) => {
                fault.hint(for_temporary_folder(&source))
            }
            Error::ShortOfResource { stage, limit, .. } => {
                let section = match stage {
                    Stage::Build => "build",
                    Stage::Run => "run",
                };
                let raise = "raise that limit before you start grade";
                fault.hint(match limit.and_then(course_key) {
                    Some(key) => {
                        format!("{raise}, or lower `limits.{section}.{key}` in grader.toml")
                    }
                    None => raise.to_owned(),
                })
            }
            Error::Job {
                source: JobError::Step(step),
                ..
            }
            | Error::Trial(step) => match short_of(&step) {
                Some(hint) => fault.hint(hint),
                None => fault,
            },
            Error::StartSupervisor { source, .. } if source.kind() == io::ErrorKind::WouldBlock => {
                fault.hint(MORE_TASKS)
            }
            Error::Job {
                source: JobError::NothingStarts { .. },
                ..
            } => fault.hint(
                "programs must be startable in the temporary folder, so it may not be mounted `noexec`; choose \
                 another with `--temp-dir DIR`",
            ),
            _ => fault,
        }
    }
}

/// What to do where a limit around this program leaves too few processes and threads.
const MORE_TASKS: &str = "raise that limit (of a container: `--pids-limit`; of a service or a user's slice: \
                          `TasksMax=`; of a user: `ulimit -u`), or grade fewer at a time with `--jobs 1`";

/// What to do where a limit around this program leaves too little memory.
const MORE_MEMORY: &str = "raise that limit (of a container: `--memory`; of a service or a user's slice: \
                           `MemoryMax=`), or grade fewer at a time with `--jobs 1`";

/// What to do about a step that failed because the machine was short of something.
fn short_of(step: &sandbox::StepError) -> Option<&'static str> {
    use sandbox::Step;
    match step.step {
        Step::GrantTasks => Some(MORE_TASKS),
        Step::GrantMemory => Some(MORE_MEMORY),
        Step::GrantProcessor => {
            Some("end what else uses the processors, or grade fewer at a time with `--jobs 1`")
        }
        _ if step.source.kind() == io::ErrorKind::WouldBlock => Some(MORE_TASKS),
        _ if step.source.kind() == io::ErrorKind::OutOfMemory => Some(MORE_MEMORY),
        _ if step.source.kind() == io::ErrorKind::StorageFull => Some(ANOTHER_TEMPORARY_FOLDER),
        _ => None,
    }
}

/// The key of `grader.toml` for a field of [`sandbox::Limits`].
fn course_key(field: &str) -> Option<&'static str> {
    match field {
        "cpu" => Some("cpu"),
        "file_bytes" => Some("file-size"),
        "open_files" => Some("open-files"),
        "tasks" => Some("tasks"),
        "memory_bytes" => Some("memory"),
        _ => None,
    }
}

impl From<intake::Error> for Fault {
    fn from(error: intake::Error) -> Self {
        use intake::Error as E;
        let kind = match &error {
            E::Machine { .. } | E::Copy { .. } => FaultKind::Disk,
            _ => FaultKind::Usage,
        };
        let hint = match &error {
            E::NotFound { .. } | E::NotAFolder { .. } => {
                Some("name the folder that holds Cargo.toml and src/")
            }
            E::Closed { .. } => Some("make it readable: `chmod u+rx` by its owner"),
            E::Submission { source, .. } => Some(match source.kind() {
                io::ErrorKind::NotADirectory => {
                    "name the folder itself; if it is an archive, unpack it first"
                }
                io::ErrorKind::PermissionDenied => "make it readable: `chmod u+rx` by its owner",
                _ => "name the folder that holds `Cargo.toml` and `src/`",
            }),
            E::Locked { .. } => Some(
                "make all of it readable for the user who grades: `chmod -R a+rX`, by its owner",
            ),
            E::Machine { .. } => {
                Some("check its disk, free memory, and the limit of open files (`ulimit -n`)")
            }
            E::ClassFolder { .. } => Some(
                "name a folder that can be read, with one folder or archive for each student in it",
            ),
            E::ClassIsFile {
                source: intake::IsAFile::Archive,
                ..
            } => Some("unpack it into a folder, and name that folder"),
            E::ClassIsFile { .. } | E::ClassIsCrate { .. } => {
                Some("name the folder that holds one folder or archive for each student")
            }
            E::NoName { .. } => Some("change the pattern of `--names`"),
            E::Copy { source, .. } if is_out_of_files(source) => {
                Some("raise the limit of open files (`ulimit -n`)")
            }
            E::Copy { .. } => Some(
                "free some space there, or choose another temporary folder with `--temp-dir DIR`",
            ),
            E::CopyInside { .. } => Some("choose another temporary folder with `--temp-dir DIR`"),
            _ => None,
        };
        Self {
            kind,
            message: error.to_string(),
            cause: error.source().map(ToString::to_string),
            hint: hint.map(str::to_owned),
        }
    }
}

/// What to do where files in the temporary folder could not be made.
fn for_temporary_folder(error: &io::Error) -> &'static str {
    if is_out_of_files(error) {
        "raise the limit of open files (`ulimit -n`)"
    } else {
        ANOTHER_TEMPORARY_FOLDER
    }
}

/// Whether this process or this machine has too many files open.
fn is_out_of_files(error: &io::Error) -> bool {
    use rustix::io::Errno;
    matches!(
        Errno::from_io_error(error),
        Some(Errno::MFILE | Errno::NFILE)
    )
}

impl From<observer::SelfTestError> for Fault {
    fn from(error: observer::SelfTestError) -> Self {
        match error {
            observer::SelfTestError::Sandbox(error) => error.into(),
            observer::SelfTestError::SetUp(ref source) => {
                let hint = for_temporary_folder(source);
                from_error(FaultKind::Sandbox, &error).hint(hint)
            }
            error => from_error(FaultKind::Sandbox, &error),
        }
    }
}

impl From<observer::AccessTimesError> for Fault {
    fn from(error: observer::AccessTimesError) -> Self {
        from_error(FaultKind::Evidence, &error)
    }
}

impl From<fs_scratch::Error> for Fault {
    /// A failure of the temporary folder or of the cache folder. Only the caller knows which of the two a
    /// path is in, and adds the hint.
    fn from(error: fs_scratch::Error) -> Self {
        let fault = Self::new(FaultKind::Disk, error.to_string());
        match error {
            fs_scratch::Error::NoPlace { refusals } => {
                let is_noexec = |refusal: &fs_scratch::Refusal| {
                    matches!(refusal.reason, fs_scratch::RefusalReason::NoExec)
                };
                let hint = if refusals.iter().any(is_noexec) {
                    "name a folder from which programs can be started with `--temp-dir DIR`, best on tmpfs (in a \
                     container: `--tmpfs /tmp:rw,exec`)"
                } else {
                    "free some space, or choose another folder with `--temp-dir DIR`, best on tmpfs"
                };
                let reasons: Vec<String> = refusals.iter().map(ToString::to_string).collect();
                fault.because(reasons.join("\n             ")).hint(hint)
            }
            fs_scratch::Error::Io { source, .. } => fault.because(source),
            // This program makes the keys, so a bad one is its own mistake.
            _ => Self {
                kind: FaultKind::Internal,
                ..fault
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copy_error(errno: rustix::io::Errno) -> Fault {
        let path = "/tmp/x".into();
        let (verb, source) = ("write", errno.into());
        intake::Error::Copy { verb, path, source }.into()
    }

    #[test]
    fn a_copy_that_fails_is_the_disks_and_the_hint_fits_what_is_short() {
        use rustix::io::Errno;
        for (errno, hint) in [(Errno::NOSPC, "--temp-dir"), (Errno::MFILE, "ulimit")] {
            let fault = copy_error(errno);
            assert_eq!(fault.kind, FaultKind::Disk);
            assert_eq!(fault.message, "failed to write `/tmp/x`");
            assert!(fault.cause.is_some_and(|cause| cause.contains("os error")));
            assert!(fault.hint.is_some_and(|found| found.contains(hint)));
        }
    }

    #[test]
    fn a_full_temporary_folder_has_a_hint_in_every_trial_of_this_machine() {
        use rustix::io::Errno;
        for (errno, hint) in [(Errno::NOSPC, "--temp-dir"), (Errno::MFILE, "ulimit")] {
            let attacks = sandbox::SelfTestError::SetUp(errno.into());
            let reads = observer::SelfTestError::SetUp(errno.into());
            for fault in [
                Fault::from(sandbox::Error::SelfTest(attacks)),
                Fault::from(reads),
            ] {
                let found = fault.hint.clone().unwrap_or_default();
                assert!(found.contains(hint), "{fault:?}");
            }
        }
    }

    #[test]
    fn the_cause_of_a_fault_is_the_whole_chain_of_sources_and_each_only_once() {
        let program = "/tmp/x".into();
        let source = sandbox::JobError::Gone(rustix::io::Errno::PIPE.into());
        let fault = Fault::from(sandbox::Error::Job { program, source });
        assert_eq!(fault.message, "failed to run `/tmp/x`");
        let cause = "lost the connection to its supervisor: Broken pipe (os error 32)";
        assert_eq!(fault.cause.as_deref(), Some(cause));
    }

    fn step_error(step: sandbox::Step, errno: rustix::io::Errno) -> Fault {
        let source = io::Error::from(errno);
        Fault::from(sandbox::Error::Trial(sandbox::StepError::new(step, source)))
    }

    #[test]
    fn what_the_machine_was_short_of_is_the_machines_and_the_hint_says_which_limit() {
        use rustix::io::Errno;
        use sandbox::Step;
        for (step, errno, hint) in [
            (Step::GrantTasks, Errno::IO, Some("--pids-limit")),
            (Step::MakeProcess, Errno::AGAIN, Some("ulimit -u")),
            (Step::GrantMemory, Errno::IO, Some("--memory")),
            (Step::GrantProcessor, Errno::IO, Some("--jobs 1")),
            (Step::Prepare, Errno::NOMEM, Some("MemoryMax=")),
            (Step::Handshake, Errno::IO, None),
        ] {
            let fault = step_error(step, errno);
            assert_eq!(fault.kind, FaultKind::Sandbox);
            let found = fault.hint.as_deref();
            assert_eq!(found.is_some(), hint.is_some(), "{step}: {found:?}");
            if let (Some(found), Some(hint)) = (found, hint) {
                assert!(found.contains(hint), "{step}: {found}");
            }
        }
    }

    #[test]
    fn a_folder_that_starts_no_programs_is_no_full_one() {
        let hint = |reason| {
            let place = "/dev/shm".into();
            let refusals = vec![fs_scratch::Refusal { place, reason }];
            Fault::from(fs_scratch::Error::NoPlace { refusals }).hint
        };
        let noexec = hint(fs_scratch::RefusalReason::NoExec).unwrap();
        assert!(
            noexec.contains("exec") && !noexec.contains("free some space"),
            "{noexec}"
        );
        let full = io::Error::from(rustix::io::Errno::NOSPC);
        let full = hint(fs_scratch::RefusalReason::Io(full)).unwrap();
        assert!(full.contains("free some space"), "{full}");
    }

    #[test]
    fn a_cache_of_somebody_else_is_no_full_disk() {
        let hint = |kind| {
            let (verb, path, source) = ("create", "/cache/x".into(), io::Error::from(kind));
            let error = fs_scratch::Error::Io { verb, path, source };
            Fault::in_cache(error).hint.unwrap()
        };
        assert!(hint(io::ErrorKind::StorageFull).contains("free some space"));
        for kind in [
            io::ErrorKind::PermissionDenied,
            io::ErrorKind::ReadOnlyFilesystem,
        ] {
            let hint = hint(kind);
            assert!(!hint.contains("free some space"), "{hint}");
            assert!(hint.contains("`--cache-dir DIR`"), "{hint}");
        }
    }

    #[test]
    fn every_error_about_a_path_of_the_users_says_what_to_do() {
        let source = || io::Error::from(io::ErrorKind::PermissionDenied);
        let path = || "x".into();
        for (error, hint) in [
            (
                intake::Error::NotFound {
                    path: path(),
                    source: source(),
                },
                "name the folder",
            ),
            (
                intake::Error::NotAFolder { path: path() },
                "name the folder",
            ),
            (
                intake::Error::Closed {
                    path: path(),
                    source: source(),
                },
                "chmod",
            ),
            (
                intake::Error::Submission {
                    path: path(),
                    source: source(),
                },
                "chmod",
            ),
            (
                intake::Error::Locked {
                    path: path(),
                    place: String::new(),
                    source: source(),
                },
                "chmod -R",
            ),
            (
                intake::Error::ClassFolder {
                    path: path(),
                    source: source(),
                },
                "for each student",
            ),
            (intake::Error::CopyInside { folder: path() }, "--temp-dir"),
        ] {
            let fault = Fault::from(error);
            assert_eq!(fault.kind, FaultKind::Usage);
            assert!(
                fault
                    .hint
                    .as_ref()
                    .is_some_and(|found| found.contains(hint)),
                "{fault:?}"
            );
        }
    }
}
