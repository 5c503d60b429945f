//! One request to one supervisor, and its response.
//!
//! Whatever happens here, the supervisor is asked to end in the end, and gets the time to kill its job
//! first: nobody else can do that as well.

use std::{
    io::{self, Read, Write},
    net::Shutdown,
    os::unix::net::UnixStream,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use rustix::event::{PollFd, PollFlags, poll};

use super::{
    protocol::{Request, SupervisorRequest, SupervisorResponse},
    zygote::{POLL_INTERVAL, SHUTDOWN_TIMEOUT, Supervisor, Zygote},
};
use crate::{
    cancel::Cancellation,
    error::{Error, JobError, StepError},
    host::{facts::Facts, mode::Mode},
    job::Job,
    limits::Limits,
    monitor::{Monitor, NoMonitor},
    tier::Tier,
};

/// Real time that a supervisor may take beyond its job's limit, to kill what is left and to respond.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(15);

/// Asks supervisors. Cheap to share among threads.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    pub(crate) zygote: Arc<Zygote>,
    pub(crate) cancellation: Cancellation,
    pub(crate) mode: Mode,
}

/// The answer of a trial: everything held, or a layer is not supported here.
pub(crate) type Trial = Result<(), StepError>;

impl Connection {
    pub(crate) fn new(zygote: &Arc<Zygote>, mode: Mode) -> Self {
        Self {
            zygote: Arc::clone(zygote),
            cancellation: Cancellation::default(),
            mode,
        }
    }

    /// Ask a supervisor what this machine has.
    pub(crate) fn ask_facts(zygote: &Arc<Zygote>) -> Result<Facts, Error> {
        let connection = Self::new(zygote, Mode::new(Tier::None, &Facts::none()));
        let job = trial_job(Path::new("/"));
        match connection.request::<NoMonitor>(Request::Facts, &job, None)? {
            SupervisorResponse::Facts(facts) => Ok(facts),
            SupervisorResponse::Failed(sent) => Err(Error::Trial(sent.into())),
            _ => Err(Error::Protocol),
        }
    }

    /// Do everything but start the program. Only a layer that is not supported is an answer; that something
    /// else failed tells nothing of what this machine supports.
    pub(crate) fn try_layers<M: Monitor>(
        &self,
        job: &Job,
        monitor: Option<&M::Config>,
    ) -> Result<Trial, Error> {
        match self.request::<M>(Request::Trial, job, monitor)? {
            SupervisorResponse::Held => Ok(Ok(())),
            SupervisorResponse::Failed(sent) => {
                let error = StepError::from(sent);
                if error.unsupported {
                    Ok(Err(error))
                } else {
                    Err(Error::Trial(error))
                }
            }
            _ => Err(Error::Protocol),
        }
    }

    /// Have a supervisor carry out a request.
    pub(crate) fn request<M: Monitor>(
        &self,
        request: Request,
        job: &Job,
        monitor: Option<&M::Config>,
    ) -> Result<SupervisorResponse<M::Report>, Error> {
        self.cancellation.check()?;
        let supervisor = self.zygote.supervisor(&self.cancellation)?;
        let result = self.converse::<M>(&supervisor, request, job, monitor);
        // Whatever happened, it is time for the supervisor to kill the job and exit.
        let _ = supervisor.line.shutdown(Shutdown::Both);
        // It gets the time that this takes, but not without end. A supervisor that has responded has nothing
        // left to do.
        if result.is_err() {
            if !supervisor.ends_within(SHUTDOWN_TIMEOUT) {
                supervisor.kill();
            }
            supervisor.wait();
        }
        result
    }

    fn converse<M: Monitor>(
        &self,
        supervisor: &Supervisor,
        request: Request,
        job: &Job,
        monitor: Option<&M::Config>,
    ) -> Result<SupervisorResponse<M::Report>, Error> {
        let failed = |error: JobError| Error::job(&job.program, error);
        let mut line = &supervisor.line;
        let paused = monitor.map_or(Duration::ZERO, M::longest_pause);
        let request = SupervisorRequest {
            client: rustix::process::getpid().as_raw_nonzero().get(),
            request,
            mode: self.mode.clone(),
            job: job.clone(),
            monitor: monitor.cloned(),
        };
        let mut request =
            serde_json::to_vec(&request).map_err(|error| failed(JobError::Request(error)))?;
        request.push(b'\n');
        line.write_all(&request)
            .map_err(|error| failed(JobError::Gone(error)))?;
        let response = self.wait_for_response(line, job.limits.wall + paused + RESPONSE_TIMEOUT);
        self.cancellation.check()?;
        match response.map_err(|error| failed(JobError::Gone(error)))? {
            None => Err(failed(JobError::Late)),
            Some(bytes) => serde_json::from_slice(&bytes).map_err(|_| failed(JobError::Vanished)),
        }
    }

    /// Read until the supervisor closes its end. `None` if that takes too long. When we are asked to
    /// stop, `line` is shut down for writing, by which the supervisor knows that it must kill its job and
    /// exit.
    fn wait_for_response(
        &self,
        mut line: &UnixStream,
        timeout: Duration,
    ) -> io::Result<Option<Vec<u8>>> {
        let start = Instant::now();
        let mut response = Vec::new();
        let mut chunk = [0; 16 << 10];
        while start.elapsed() < timeout {
            if self.cancellation.signal().is_some() {
                line.shutdown(Shutdown::Write)?;
            }
            match poll(
                &mut [PollFd::new(&line, PollFlags::IN)],
                Some(&POLL_INTERVAL),
            ) {
                Ok(0) | Err(rustix::io::Errno::INTR) => continue,
                Ok(_) => {}
                Err(error) => return Err(error.into()),
            }
            match line.read(&mut chunk)? {
                0 => return Ok(Some(response)),
                n => response.extend_from_slice(&chunk[..n]),
            }
        }
        Ok(None)
    }
}

/// A job that stands for any other in a trial.
pub(crate) fn trial_job(folder: &Path) -> Job {
    Job::new(
        "/dev/null",
        folder,
        &Limits {
            wall: Duration::from_secs(10),
            cpu: Duration::from_secs(10),
            memory_bytes: 256 << 20,
            tasks: 64,
            open_files: 64,
            file_bytes: 1 << 20,
            disk_bytes: 1 << 20,
            disk_files: 16,
            output_bytes: 1 << 10,
        },
    )
}

/// An empty folder for a trial.
pub(crate) fn trial_folder() -> Result<tempfile::TempDir, Error> {
    tempfile::tempdir().map_err(|source| Error::TemporaryFile {
        path: tempfile::env::temp_dir(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::zygote::fakes;

    #[test]
    fn a_supervisor_that_is_late_has_time_to_end_its_job() {
        let folder = tempfile::tempdir().unwrap();
        let mark = folder.path().join("mark");
        // It is asked to exit, and takes a moment for it.
        let script = format!(
            "read order; cat > /dev/null; sleep 0.3; echo > '{}'",
            mark.display()
        );
        let error = fakes::with(&script, true, |zygote| {
            let mode = Mode::new(Tier::None, &Facts::none());
            let connection = Connection::new(&zygote, mode);
            let job = trial_job(folder.path());
            connection
                .request::<NoMonitor>(Request::Run, &job, None)
                .unwrap_err()
        });
        let vanished = matches!(
            error,
            Error::Job {
                source: JobError::Vanished,
                ..
            }
        );
        assert!(vanished, "{error:?}");
        assert!(mark.exists(), "it was killed before it had ended the job");
    }
}
