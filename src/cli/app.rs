//! What every command needs: where text goes, a sandbox, and whether we were asked to stop.

use std::{env, path::PathBuf};

use super::{output::Output, phases::Phase, progress::GradeProgress};
use sandbox::{Cancellation, Sandbox};

use crate::{
    config::{Isolation, IsolationDemand, require},
    fault::{Fault, FaultKind},
};

/// What every command needs.
pub(super) struct App {
    pub(super) output: Output,
    pub(super) cancellation: Cancellation,
}

impl App {
    /// Do something for which a person may have to wait, and say so while it lasts.
    pub(super) fn waiting<T>(&self, what: &str, work: impl FnOnce() -> T) -> T {
        let _progress = GradeProgress::of(&self.output, Phase::new(what));
        work()
    }

    /// A sandbox with the isolation that the command demands.
    pub(super) fn sandbox(&self, isolation: IsolationDemand) -> Result<Sandbox, Fault> {
        let this = this_program()?;
        let support = match isolation.asked {
            Isolation::Auto => sandbox::probe_best(&this)?,
            Isolation::Exactly(_) => sandbox::probe(&this)?,
        };
        let tier = isolation.asked.tier(&support);
        require(&support, tier, isolation.least)?;
        Ok(Sandbox::new(&support, tier, self.cancellation.clone())?)
    }
}

/// The file of this program, which is its own supervisor.
pub(super) fn this_program() -> Result<PathBuf, Fault> {
    env::current_exe().map_err(|error| {
        Fault::new(FaultKind::Sandbox, "failed to find this program's own file").because(error)
    })
}
