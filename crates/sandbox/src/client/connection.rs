//! One request to one supervisor, and its response.
//!
//! Whatever happens here, the supervisor is asked to exit afterwards, and gets the time to kill its job first,
//! because no other process can do that as well.

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
    accounting::progress,
    cancel::Cancellation,
    error::{Error, JobError, StepError},
    host::{facts::Facts, mode::Mode},
    job::Job,
    limits::Limits,
    monitor::{Monitor, NoMonitor},
    standstill::Standstill,
    tier::Tier,
};

/// Real time that a supervisor may take beyond its job's limit, to kill what is left and to respond.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(15);

/// Sends requests to supervisors. Cheap to clone and to share among threads.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    pub(crate) zygote: Arc<Zygote>,
    pub(crate) cancellation: Cancellation,
    pub(crate) mode: Mode,
}

/// The result of a trial: every layer held, or this machine does not support one.
pub(crate) type Trial = Result<(), StepError>;

impl Connection {
    pub(crate) fn new(zygote: &Arc<Zygote>, mode: Mode) -> Self {
        Self {
            zygote: Arc::clone(zygote),
            cancellation: Cancellation::default(),
            mode,
        }
    }

    /// Ask a supervisor for the facts about this machine.
    pub(crate) fn ask_facts(zygote: &Arc<Zygote>) -> Result<Facts, Error> {
        let connection = Self::new(zygote, Mode::new(Tier::None, &Facts::none()));
        let job = trial_job(Path::new("/"));
        match connection.request::<NoMonitor>(Request::Facts, &job, None)? {
            SupervisorResponse::Facts(facts) => Ok(facts),
            SupervisorResponse::Failed(sent) => Err(Error::Trial(sent.into())),
            _ => Err(Error::Protocol),
        }
    }

    /// Do everything but start the program. That a layer is not supported is a result. Any other failure is an
    /// error, because it tells nothing about what this machine supports.
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
        // In every case, the supervisor is to kill the job now and exit.
        let _ = supervisor.socket.shutdown(Shutdown::Both);
        // It gets the time that this takes, but no more than that. A supervisor that has responded has nothing
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
        let mut socket = &supervisor.socket;
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
        socket
            .write_all(&request)
            .map_err(|error| failed(JobError::Gone(error)))?;
        let timeout = job.limits.wall + paused + progress::LONGEST + RESPONSE_TIMEOUT;
        let response = self.wait_for_response(socket, timeout);
        self.cancellation.check()?;
        match response.map_err(|error| failed(JobError::Gone(error)))? {
            None => Err(failed(JobError::Late)),
            Some(bytes) => serde_json::from_slice(&bytes).map_err(|_| failed(JobError::Vanished)),
        }
    }

    /// Read until the supervisor closes its end. `None` if that takes too long. When we are asked to stop,
    /// `socket` is shut down for writing, so that the supervisor kills its job and exits.
    fn wait_for_response(
        &self,
        mut socket: &UnixStream,
        timeout: Duration,
    ) -> io::Result<Option<Vec<u8>>> {
        let start = Instant::now();
        let mut standstill = Standstill::new(start);
        let mut response = Vec::new();
        let mut chunk = [0; 16 << 10];
        while start.elapsed() < timeout + standstill.total() {
            // The wait itself is far shorter than a standstill.
            standstill.wait(Instant::now(), Duration::ZERO);
            if self.cancellation.is_set() {
                socket.shutdown(Shutdown::Write)?;
            }
            match poll(
                &mut [PollFd::new(&socket, PollFlags::IN)],
                Some(&POLL_INTERVAL),
            ) {
                Ok(0) | Err(rustix::io::Errno::INTR) => {
                    standstill.resume(Instant::now());
                    continue;
                }
                Ok(_) => {}
                Err(error) => return Err(error.into()),
            }
            standstill.resume(Instant::now());
            match socket.read(&mut chunk)? {
                0 => return Ok(Some(response)),
                n => response.extend_from_slice(&chunk[..n]),
            }
        }
        Ok(None)
    }
}

/// The job of a trial, in place of a caller's.
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
        // The supervisor is asked to exit, and takes a moment for it.
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
