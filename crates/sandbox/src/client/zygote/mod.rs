//! The process that supervisors are forked from.
//!
//! # Theory of operation
//!
//! To start the program anew for each job would cost more than most layers of isolation, because the program
//! is large and has to be mapped, linked and unmapped each time. So the first job starts it as a *zygote*,
//! which waits at a socket. When a descriptor arrives there, the zygote makes a copy of itself. The copy is
//! the supervisor of one job, and has the descriptor as standard input and output. The first message of a
//! supervisor is one byte, with a descriptor of its process.
//!
//! The zygote has one thread, never looks at a request, and holds nothing of one job that the supervisor of the
//! next could inherit. It exits when the client closes its side or exits.

#[cfg(test)]
pub(crate) mod fakes;
mod serve;

use std::{
    io::{self, Read},
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::net::UnixStream,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    process::{PidfdFlags, Signal, pidfd_open, pidfd_send_signal},
};

pub(crate) use self::serve::serve;
use crate::{
    cancel::Cancellation, client::protocol::SUPERVISOR_ARGUMENT, error::Error, spawn::channel,
    supervisor::kill,
};

/// The first byte of a supervisor that is ready.
const READY: [u8; 1] = *b"+";

/// The first byte if no supervisor could be made. The reason follows as text.
const FAILED: [u8; 1] = *b"-";

/// Real time that a supervisor may take to be ready. A zygote that was stopped by a signal never makes one.
const START_TIMEOUT: Duration = Duration::from_secs(5);

/// Real time that a supervisor has to kill its job and exit when it is asked to. The zygote has the same time
/// to exit after the last of its supervisors. It is longer than the time that `kill` allows for killing.
pub(crate) const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(15);

/// Real time between two looks whether a signal asked this process to stop.
pub(crate) const POLL_INTERVAL: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 50_000_000,
};

/// The client's side. It starts the zygote when the first supervisor is asked for.
#[derive(Debug)]
pub(crate) struct Zygote {
    program: PathBuf,
    keeps_environment: bool,
    running: Mutex<Option<Running>>,
}

#[derive(Debug)]
struct Running {
    /// Closed by [`Running::drop`], which asks the zygote to exit.
    requests: Option<OwnedFd>,
    process: Child,
}

/// One supervisor that waits for its request.
#[derive(Debug)]
pub(crate) struct Supervisor {
    /// Carries the request and the response. When it closes, or is shut down for writing, the
    /// supervisor kills its job and exits.
    pub(crate) socket: UnixStream,
    process: OwnedFd,
}

/// Why the zygote made no supervisor.
enum StartError {
    /// The zygote is gone. Maybe the kernel killed it because memory was exhausted.
    Gone,
    /// The zygote with this process number does not answer.
    NoAnswer(u32),
}

impl Zygote {
    /// A zygote of `program`. It starts when it is first needed.
    pub(crate) fn new(program: &Path, keeps_environment: bool) -> Self {
        Self {
            program: program.to_path_buf(),
            keeps_environment,
            running: Mutex::new(None),
        }
    }

    /// The program that supervises.
    pub(crate) fn program(&self) -> &Path {
        &self.program
    }

    /// A new supervisor.
    ///
    /// # Errors
    /// None could be started, or we were asked to stop.
    pub(crate) fn supervisor(&self, cancellation: &Cancellation) -> Result<Supervisor, Error> {
        self.ask(cancellation).map_err(|source| {
            let program = self.program.clone();
            let error = Error::StartSupervisor { program, source };
            cancellation.check().err().unwrap_or(error)
        })
    }

    fn ask(&self, cancellation: &Cancellation) -> io::Result<Supervisor> {
        for _ in 0..2 {
            match self.ask_once(cancellation)? {
                Ok(supervisor) => return Ok(supervisor),
                // The next attempt starts a new zygote.
                Err(StartError::Gone) => {}
                Err(StartError::NoAnswer(process)) => self.kill(process),
            }
        }
        Err(io::Error::other("it ended before it was ready"))
    }

    fn ask_once(&self, cancellation: &Cancellation) -> io::Result<Result<Supervisor, StartError>> {
        let (ours, its) = UnixStream::pair()?;
        let zygote = self.send(its.as_fd())?;
        drop(its);
        if !is_ready(&ours, cancellation)? {
            return Ok(Err(StartError::NoAnswer(zygote)));
        }
        let mut first = [0];
        match channel::receive(ours.as_fd(), &mut first)? {
            (1.., Some(process)) if first == READY => Ok(Ok(Supervisor {
                socket: ours,
                process,
            })),
            (1.., _) if first == FAILED => {
                let mut why = String::new();
                (&ours).read_to_string(&mut why)?;
                Err(io::Error::other(why))
            }
            _ => Ok(Err(StartError::Gone)),
        }
    }

    /// Send one end of a socket to the zygote; start a new one if there is none. Returns the number of its
    /// process.
    fn send(&self, socket: BorrowedFd<'_>) -> io::Result<u32> {
        let mut dead = None;
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = &*running {
            match known.send(socket) {
                Err(error) if is_gone(&error) => dead = running.take(),
                sent => return sent.map(|()| known.process.id()),
            }
        }
        let new = Running::start(&self.program, self.keeps_environment)?;
        let sent = new.send(socket).map(|()| new.process.id());
        *running = Some(new);
        drop(running);
        drop(dead);
        sent
    }

    /// Kill the zygote that has this process number, unless another one has replaced it. Its supervisors go on.
    fn kill(&self, process: u32) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it = |running: &Running| running.process.id() == process;
        let unanswering = running.take_if(|running| is_it(running));
        drop(running);
        if let Some(mut unanswering) = unanswering {
            let _ = unanswering.process.kill();
        }
    }
}

/// Whether the error means that the other end is closed.
fn is_gone(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset | io::ErrorKind::NotConnected
    )
}

/// Wait until a supervisor sends its first byte or closes the socket. False if neither happens in time.
fn is_ready(socket: &UnixStream, cancellation: &Cancellation) -> io::Result<bool> {
    let start = Instant::now();
    while start.elapsed() < START_TIMEOUT {
        if cancellation.is_set() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        match poll(
            &mut [PollFd::new(socket, PollFlags::IN)],
            Some(&POLL_INTERVAL),
        ) {
            Ok(0) | Err(Errno::INTR) => {}
            Ok(_) => return Ok(true),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(false)
}

impl Running {
    fn start(program: &Path, keeps_environment: bool) -> io::Result<Self> {
        let (ours, its) = channel::pair()?;
        let mut command = Command::new(program);
        if !keeps_environment {
            command.env_clear();
        }
        let process = command
            .arg(SUPERVISOR_ARGUMENT)
            .stdin(its)
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()?;
        Ok(Self {
            requests: Some(ours),
            process,
        })
    }

    fn send(&self, socket: BorrowedFd<'_>) -> io::Result<()> {
        match &self.requests {
            Some(requests) => channel::send(requests.as_fd(), &READY, Some(socket)),
            None => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.requests.take());
        // The zygote exits after the last of its supervisors. When it is reaped, what they used counts as used
        // by this process.
        let pid = rustix::process::Pid::from_child(&self.process);
        let ended = pidfd_open(pid, PidfdFlags::empty())
            .map_err(io::Error::from)
            .and_then(|process| kill::ends_within(&process, SHUTDOWN_TIMEOUT));
        if !ended.unwrap_or(false) {
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
    }
}

impl Supervisor {
    /// Whether it exits by itself within `timeout` of real time.
    pub(crate) fn ends_within(&self, timeout: Duration) -> bool {
        kill::ends_within(&self.process, timeout).unwrap_or(false)
    }

    /// Kill it. No process kills its job then.
    pub(crate) fn kill(&self) {
        let _ = pidfd_send_signal(&self.process, Signal::KILL);
    }

    /// Wait until it has ended.
    pub(crate) fn wait(&self) {
        let mut ended = [PollFd::new(&self.process, PollFlags::IN)];
        while poll(&mut ended, None) == Err(Errno::INTR) {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_no_zygote_is_named() {
        for program in ["/nonexistent", "/bin/true"] {
            let zygote = Zygote::new(Path::new(program), false);
            let error = zygote.supervisor(&Cancellation::default()).unwrap_err();
            let text = error.to_string();
            assert!(text.contains(program), "{text}");
        }
    }

    #[test]
    fn a_wait_for_a_supervisor_ends_when_this_process_is_asked_to_stop() {
        let (ours, its) = channel::pair().unwrap();
        let zygote = Zygote::new(Path::new("/nonexistent"), false);
        let process = Command::new("/bin/true").spawn().unwrap();
        *zygote.running.lock().unwrap() = Some(Running {
            requests: Some(ours),
            process,
        });
        let stopped = Cancellation::after(15);
        let error = zygote.supervisor(&stopped).unwrap_err();
        assert!(
            matches!(error, Error::Interrupted { signal: 15 }),
            "{error}"
        );
        drop(its);
    }

    #[test]
    fn a_supervisor_that_is_asked_to_exit_has_time_for_it_and_no_more() {
        for (script, timeout) in [("cat > /dev/null; sleep 0.2", 60), ("sleep 60", 0)] {
            fakes::with(script, false, |zygote| {
                let supervisor = zygote.supervisor(&Cancellation::default()).unwrap();
                supervisor
                    .socket
                    .shutdown(std::net::Shutdown::Both)
                    .unwrap();
                let ended = supervisor.ends_within(Duration::from_secs(timeout));
                assert_eq!(ended, timeout > 0);
                supervisor.kill();
                supervisor.wait();
                assert!(supervisor.ends_within(Duration::ZERO));
            });
        }
    }
}
