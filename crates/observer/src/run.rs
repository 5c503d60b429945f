//! Run a job observed.

use std::path::PathBuf;

use evidence::{Execution, Observed};
use sandbox::{Error, Job, Sandbox, Tier, slices_are_counted};

use crate::{
    options::{ObserverOptions, ReadObserverConfig},
    read_observer::ReadObserver,
};

/// Run `job` while its reads of the files in the folder `data` are observed. What was seen is in
/// [`Execution::observation`].
///
/// # Errors
/// Fails if [`Sandbox::run`] fails, or if the observer fails.
pub fn observe(
    sandbox: &Sandbox,
    job: &Job,
    data: impl Into<PathBuf>,
    options: ObserverOptions,
) -> Result<Execution, Error> {
    let config = ReadObserverConfig::of_reads(data, options, has_kernel_files(sandbox));
    let (mut execution, seen) = sandbox.run_monitored::<ReadObserver>(job, &config)?;
    execution.observation = seen.map(|seen| Observed::Seen(Box::new(seen)));
    Ok(execution)
}

/// Run `job` without observing its reads. It sees the same number of processors as an observed job, and the same
/// calls are refused, so a program sees no difference but in time. [`Execution::observation`] is `None`.
///
/// # Errors
/// Fails if [`Sandbox::run`] fails, or if the observer fails.
pub fn run_unobserved(
    sandbox: &Sandbox,
    job: &Job,
    options: ObserverOptions,
) -> Result<Execution, Error> {
    let config = ReadObserverConfig::of_surroundings(options, has_kernel_files(sandbox));
    let (execution, _) = sandbox.run_monitored::<ReadObserver>(job, &config)?;
    Ok(execution)
}

/// Whether a job can open files of `/proc` and `/sys`. It has none only in a view of its own.
fn has_kernel_files(sandbox: &Sandbox) -> bool {
    sandbox.tier() < Tier::Full
}

/// Start a job in this sandbox to find out whether jobs can be observed. `Ok(Err(_))` says why not.
///
/// # Errors
/// Fails if the sandbox fails, so that it is not known whether jobs can be observed.
pub fn can_observe(sandbox: &Sandbox) -> Result<Result<(), String>, Error> {
    if !slices_are_counted() {
        let missing = "this kernel does not count how often a thread runs (`/proc/PID/schedstat`, CONFIG_SCHED_INFO)";
        return Ok(Err(missing.to_owned()));
    }
    let trial = sandbox.try_monitor::<ReadObserver>(|folder| {
        let options = ObserverOptions::default();
        ReadObserverConfig::of_reads(folder, options, has_kernel_files(sandbox))
    })?;
    Ok(trial.map_err(|error| error.with_source()))
}
