//! What callers use: a sandbox of one tier, which runs jobs.

use std::{path::Path, sync::Arc};

use evidence::{Execution, Termination};

use super::{
    connection::{Connection, Trial, trial_folder, trial_job},
    protocol::{Ran, Request, SELF_TEST_ARGUMENT, SupervisorResponse},
    zygote::Zygote,
};
use crate::{
    cancel::Cancellation,
    error::{Error, JobError, Missing},
    host::{mode::Mode, probe::HostSupport},
    job::Job,
    monitor::{Monitor, NoMonitor},
    rule::{Rule, Setup},
    tier::Tier,
};

/// Runs jobs at one tier. Cheap to clone and to share among threads.
#[derive(Debug, Clone)]
pub struct Sandbox {
    connection: Connection,
}

impl Sandbox {
    /// A sandbox at this tier. Its supervisors come from the program that `host` was probed with.
    ///
    /// # Errors
    /// This machine does not support the tier.
    pub fn new(host: &HostSupport, tier: Tier, cancellation: Cancellation) -> Result<Self, Error> {
        if !host.supports(tier) {
            return Err(Error::TierUnsupported {
                tier,
                best: host.tier,
                missing: Missing(host.missing()),
            });
        }
        Ok(Self {
            connection: Connection {
                zygote: Arc::clone(&host.zygote),
                cancellation,
                mode: Mode::new(tier, &host.facts),
            },
        })
    }

    /// The same sandbox, whose supervisors are copies of another program. It must call [`entry`](crate::entry)
    /// first in its `main`. A test needs this, because it cannot call `entry` first in the `main` of its
    /// harness.
    ///
    /// What [`probe`](crate::probe) has found out stays true: it depends on the machine, not on the program.
    #[must_use]
    pub fn supervised_by(mut self, program: &Path) -> Self {
        if program != self.program() {
            self.connection.zygote = Arc::new(Zygote::new(program, false));
        }
        self
    }

    /// The same sandbox, for so many jobs at a time. The kernel counts processes and threads by user, so where jobs
    /// have no users of their own, each must be allowed what the others have.
    #[must_use]
    pub fn at_once(mut self, jobs: usize) -> Self {
        self.connection.mode.at_once = jobs.try_into().unwrap_or(u64::MAX);
        self
    }

    /// How well jobs are isolated.
    #[must_use]
    pub fn tier(&self) -> Tier {
        self.connection.mode.tier
    }

    /// The program whose copies supervise jobs.
    #[must_use]
    pub fn program(&self) -> &Path {
        self.connection.zygote.program()
    }

    /// The same sandbox without some of its rules. For tests, which see that an attack notices it.
    #[doc(hidden)]
    #[must_use]
    pub fn without(mut self, rules: &[Rule]) -> Self {
        let mode = &mut self.connection.mode;
        mode.without = rules.iter().copied().collect();
        let keeps_environment = !mode.keeps(Setup::Environment);
        self.connection.zygote = Arc::new(Zygote::new(self.program(), keeps_environment));
        self
    }

    /// The cancellation that ends every job of this sandbox.
    #[must_use]
    pub fn cancellation(&self) -> &Cancellation {
        &self.connection.cancellation
    }

    /// Find out whether this machine can monitor jobs with `M`. A job is started as for [`run`](Self::run),
    /// with the filter of `M`, up to the point where its program would start. `config` makes the configuration
    /// of the monitor, given the empty folder in which that job starts.
    ///
    /// The inner error says which step is not supported, for example because the kernel has no seccomp
    /// notifications or because another filter already has a listener. So callers can go on without a monitor.
    ///
    /// # Errors
    /// The supervisor could not be started, or something else failed.
    pub fn try_monitor<M: Monitor>(
        &self,
        config: impl FnOnce(&Path) -> M::Config,
    ) -> Result<Trial, Error> {
        let folder = trial_folder()?;
        let job = trial_job(folder.path());
        let config = config(folder.path());
        self.connection.try_layers::<M>(&job, Some(&config))
    }

    /// Run `job` until it has ended and no process of it is left.
    ///
    /// # Errors
    /// A layer of isolation failed, the supervisor could not be started, lost the job, or vanished; or we
    /// were asked to stop.
    pub fn run(&self, job: &Job) -> Result<Execution, Error> {
        Ok(self.run_with::<NoMonitor>(job, None)?.execution)
    }

    /// Run `job` with a monitor, and return the monitor's report with the execution. The report is `None` if
    /// nothing ran.
    ///
    /// # Errors
    /// As [`run`](Self::run); or the monitor failed.
    pub fn run_monitored<M: Monitor>(
        &self,
        job: &Job,
        config: &M::Config,
    ) -> Result<(Execution, Option<M::Report>), Error> {
        let ran = self.run_with::<M>(job, Some(config))?;
        Ok((ran.execution, ran.monitored))
    }

    fn run_with<M: Monitor>(
        &self,
        job: &Job,
        config: Option<&M::Config>,
    ) -> Result<Ran<M::Report>, Error> {
        let ran = self.run_once::<M>(job, config)?;
        let ended = ran.execution.termination;
        if !matches!(ended, Termination::NotStarted { .. }) {
            return Ok(ran);
        }
        self.prove_that_programs_start(job, ended)?;
        // Our program did start. So maybe the machine was short of something when the job's did not: try again.
        self.run_once::<M>(job, config)
    }

    fn run_once<M: Monitor>(
        &self,
        job: &Job,
        config: Option<&M::Config>,
    ) -> Result<Ran<M::Report>, Error> {
        match self.connection.request::<M>(Request::Run, job, config)? {
            SupervisorResponse::Ran(ran) => Ok(*ran),
            SupervisorResponse::Failed(sent) => {
                Err(Error::job(&job.program, JobError::Step(sent.into())))
            }
            SupervisorResponse::Held | SupervisorResponse::Facts(_) => {
                Err(Error::job(&job.program, JobError::Unexpected))
            }
        }
    }

    /// Start a program of our own in the same folder, with the same isolation. If the system refuses to start
    /// that as well, the machine is the reason and not the job's program.
    fn prove_that_programs_start(&self, job: &Job, refused: Termination) -> Result<(), Error> {
        let folder = job.program.parent().unwrap_or(Path::new("/"));
        let no_copy = |source| Error::TemporaryFile {
            path: folder.to_path_buf(),
            source,
        };
        let copy = tempfile::Builder::new()
            .prefix("sandbox-start-")
            .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755))
            .tempfile_in(folder)
            .map_err(no_copy)?
            // Closes the file: a program that is open for writing does not start.
            .into_temp_path();
        std::fs::copy(self.program(), &copy).map_err(no_copy)?;
        let mut ours = trial_job(&job.folder);
        ours.program = copy.to_path_buf();
        ours.arguments = vec![SELF_TEST_ARGUMENT.into()];
        let ours = self.run_once::<NoMonitor>(&ours, None)?;
        match ours.execution.termination {
            Termination::NotStarted { .. } => Err(Error::job(
                &job.program,
                JobError::NothingStarts { refused },
            )),
            _ => Ok(()),
        }
    }
}
