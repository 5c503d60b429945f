//! Run a job observed.

use std::path::PathBuf;

use evidence::{Execution, Observed};
use sandbox::{Error, Job, Sandbox};

use crate::read_observer::{ObserverOptions, ReadObserver, ReadObserverConfig, missing};

/// Run `job` while its reads of the files in the folder `data` are observed. What was seen is in
/// [`Execution::observation`].
///
/// # Errors
/// As [`Sandbox::run`]; or the observer failed.
pub fn observe(
    sandbox: &Sandbox,
    job: &Job,
    data: impl Into<PathBuf>,
    options: ObserverOptions,
) -> Result<Execution, Error> {
    let data = data.into();
    let config = ReadObserverConfig { data, options };
    let (mut execution, seen) = sandbox.run_monitored::<ReadObserver>(job, &config)?;
    execution.observation = seen.map(|seen| Observed::Seen(Box::new(seen)));
    Ok(execution)
}

/// Whether jobs can be observed in this sandbox; if not, why. Found out by starting one.
///
/// # Errors
/// The supervisor could not be started, or something else failed.
pub fn can_observe(sandbox: &Sandbox) -> Result<Result<(), String>, Error> {
    if let Some(missing) = missing() {
        return Ok(Err(missing.to_owned()));
    }
    let trial = sandbox.try_monitor::<ReadObserver>(|folder| ReadObserverConfig {
        data: folder.to_path_buf(),
        options: ObserverOptions::default(),
    })?;
    Ok(trial.map_err(|error| error.with_source()))
}
