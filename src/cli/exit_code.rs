//! The exit codes. README.md has the same table; a test holds the two together.

use std::process;

use crate::fault::FaultKind;
use judge::record::{Record, Verdict};
use report::Summary;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ExitCode {
    /// Every submission passed.
    Passed = 0,
    /// Some submission did not pass.
    NotPassed = 1,
    /// The command line or the course is wrong.
    Usage = 2,
    /// Something was not graded.
    NotGraded = 3,
    /// The reference failed, so nothing was graded.
    Reference = 4,
    /// A mistake in this program.
    Internal = 70,
    /// A signal stopped us.
    Interrupted = 130,
}

impl ExitCode {
    /// For a fault that prevented grading.
    pub(super) fn of_fault(kind: FaultKind) -> Self {
        match kind {
            FaultKind::Usage => Self::Usage,
            FaultKind::Reference => Self::Reference,
            FaultKind::Interrupted => Self::Interrupted,
            FaultKind::Internal => Self::Internal,
            FaultKind::Toolchain
            | FaultKind::Crates
            | FaultKind::Disk
            | FaultKind::Sandbox
            | FaultKind::Evidence => Self::NotGraded,
        }
    }

    /// For a graded class.
    pub(super) fn of_summary(summary: &Summary) -> Self {
        if summary.count(Verdict::NotGraded) > 0 {
            Self::NotGraded
        } else if summary.count(Verdict::Fail) > 0 {
            Self::NotPassed
        } else {
            Self::Passed
        }
    }

    /// The worse of two, where some parts of a class ended in one way and others in another.
    pub(super) fn or_worse(self, other: Self) -> Self {
        let rank = |code: Self| match code {
            Self::Passed => 0,
            Self::NotPassed => 1,
            Self::NotGraded => 2,
            Self::Reference => 3,
            Self::Usage | Self::Internal | Self::Interrupted => 4,
        };
        if rank(other) > rank(self) {
            other
        } else {
            self
        }
    }

    /// The same, if what students do wrong is no failure of this program.
    pub(super) fn unless_student(self, exit_zero: bool) -> Self {
        match self {
            Self::NotPassed if exit_zero => Self::Passed,
            code => code,
        }
    }

    /// For a graded submission.
    pub(super) fn of_record(record: &Record) -> Self {
        match record.verdict {
            Verdict::Pass => Self::Passed,
            Verdict::Fail => Self::NotPassed,
            Verdict::NotGraded => record
                .faults
                .first()
                .map_or(Self::NotGraded, |fault| Self::of_fault(fault.kind)),
        }
    }
}

impl From<ExitCode> for process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code as u8)
    }
}
