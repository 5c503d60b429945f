//! What a client and a supervisor send each other: one request and one response, both as JSON.

use evidence::Execution;
use serde::{Deserialize, Serialize};

use crate::{error::SentStepError, host::facts::Facts, host::mode::Mode, job::Job};

/// The hidden first argument with which a program is to supervise jobs.
pub(crate) const SUPERVISOR_ARGUMENT: &str = "__supervise";

/// The hidden first argument with which a program is to make the attacks of a self-test, or to be their victim.
pub(crate) const SELF_TEST_ARGUMENT: &str = "__self-test";

/// The one request to a supervisor. `C` is the configuration of its monitor.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SupervisorRequest<C> {
    /// The number of the process that asks.
    pub(crate) client: i32,
    pub(crate) request: Request,
    pub(crate) mode: Mode,
    pub(crate) job: Job,
    /// The configuration of the job's monitor, if it has one.
    pub(crate) monitor: Option<C>,
}

/// What a supervisor is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Request {
    /// Run the job.
    Run,
    /// Do everything but start its program.
    Trial,
    /// Find the facts about this machine.
    Facts,
}

/// The one response of a supervisor. `R` is the report of its monitor.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum SupervisorResponse<R> {
    /// The job ran; nothing of it is left.
    Ran(Box<Ran<R>>),
    /// Every layer of the trial held.
    Held,
    /// The facts about this machine.
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
