//! What goes wrong with us or with the machine, as one value that every room can return.
//!
//! A fault is never about the submission: a student's failure is evidence and a finding.
//! It hides nothing and decides nothing; `cli` maps its kind to an exit code, `grading` writes it
//! into the record as the reason for *not graded*.

use std::{error::Error, fmt, io, path::Path};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which part failed. Chooses the exit code, nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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

/// A path of ours as text, for an argument or an environment.
///
/// # Errors
/// It is not UTF-8.
pub fn text_of(path: &Path) -> Result<String, Fault> {
    path.to_str().map(str::to_owned).ok_or_else(|| {
        Fault::usage(format!("failed to use the path `{}`", path.display()))
            .because("it is not UTF-8")
            .hint("choose other folders with `--temp-dir DIR` and `--cache-dir DIR`")
    })
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

    /// A failed operation on a path, which is put in backticks: failed to DO PATH.
    #[must_use]
    pub fn io(kind: FaultKind, verb: &str, path: &Path, error: &io::Error) -> Self {
        Self::new(kind, format!("failed to {verb} `{}`", path.display())).because(error)
    }

    /// The same fault with the system's own words.
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
        f.write_str(&self.message)?;
        if let Some(cause) = &self.cause {
            write!(f, ": {cause}")?;
        }
        Ok(())
    }
}

impl Error for Fault {}

/// What every error of a crate below has in common: its text, and the texts of its causes.
fn from_error(kind: FaultKind, error: &dyn Error) -> Fault {
    let mut fault = Fault::new(kind, error.to_string());
    let mut causes: Vec<String> = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        // A text may already end with that of its own cause.
        if !causes.iter().any(|before| before.ends_with(&text)) {
            causes.push(text);
        }
        next = cause.source();
    }
    if !causes.is_empty() {
        fault.cause = Some(causes.join(": "));
    }
    fault
}

impl From<sandbox::Error> for Fault {
    /// A failure of the sandbox, with what a user of this program can do about it.
    fn from(error: sandbox::Error) -> Self {
        use sandbox::{Error, Stage};
        let kind = match error {
            Error::Interrupted { .. } => FaultKind::Interrupted,
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
                fault.hint("choose another place with `--temp-dir DIR`")
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
            _ => fault,
        }
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

impl From<observer::SelfTestError> for Fault {
    fn from(error: observer::SelfTestError) -> Self {
        match error {
            observer::SelfTestError::Sandbox(error) => error.into(),
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
                let reasons: Vec<String> = refusals.iter().map(ToString::to_string).collect();
                fault.because(reasons.join("\n             ")).hint(
                    "free some space, or choose another place with `--temp-dir DIR`, best on tmpfs",
                )
            }
            fs_scratch::Error::Io { source, .. } => fault.because(source),
            // A key is ours, never a user's.
            _ => Self {
                kind: FaultKind::Internal,
                ..fault
            },
        }
    }
}
