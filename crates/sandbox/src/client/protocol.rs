//! What a client and a supervisor say to each other: one request, one response, both JSON.

use evidence::Execution;
use serde::{Deserialize, Serialize};

use crate::{error::SentStepError, host::facts::Facts, host::mode::Mode, job::Job};

/// The hidden first argument by which a program knows that it is to supervise jobs.
pub(crate) const SUPERVISOR_ARGUMENT: &str = "__supervise";

/// The hidden first argument by which a program knows that it is to attack, or to be attacked.
pub(crate) const SELF_TEST_ARGUMENT: &str = "__self-test";

/// What a supervisor is asked, once. `C` configures its monitor.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SupervisorRequest<C> {
    /// The process that asks.
    pub(crate) client: i32,
    pub(crate) request: Request,
    pub(crate) mode: Mode,
    pub(crate) job: Job,
    /// Whether and how the job is monitored.
    pub(crate) monitor: Option<C>,
}

/// What a supervisor is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Request {
    /// Run the job.
    Run,
    /// Do everything but start its program.
    Trial,
    /// Say what this machine has.
    Facts,
}

/// What a supervisor answers, once. `R` is what its monitor saw.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum SupervisorResponse<R> {
    /// The job ran; nothing of it is left.
    Ran(Box<Ran<R>>),
    /// Every layer of the trial held.
    Held,
    /// What this machine has.
    Facts(Facts),
    /// A step failed.
    Failed(SentStepError),
}

/// A job that ran.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Ran<R> {
    pub(crate) execution: Execution,
    pub(crate) monitored: Option<R>,
}
