//! Where supervisors come from: a process that was started once and forks them.
//!
//! Starting this program anew for each job would cost more than most of the fences do: it is large, and
//! has to be mapped, linked and unmapped again. So the first job has it started as a *nursery*, which
//! waits at a socket. Each time a descriptor arrives there it makes a copy of itself, and the copy is the
//! supervisor of one job, with that descriptor for standard input and output. Its first word is a byte,
//! and with it a handle to its process.
//!
//! The nursery has one thread, never looks at an order, and holds nothing that a supervisor could inherit
//! from a job before. It ends when the grader closes its side, or ends.

#[cfg(test)]
pub(super) mod fakes;
mod tend;

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

pub(super) use self::tend::tend;
use super::{Cancellation, channel, kill, supervisor::SUPERVISOR_ARGUMENT};
use crate::fault::{Fault, FaultKind};

/// A supervisor's first byte: it is there.
const BORN: [u8; 1] = *b"+";

/// The first byte instead of a supervisor's; why there is none follows.
const STILLBORN: [u8; 1] = *b"-";

/// Real time that a supervisor may take to be there: a nursery that somebody stopped never gives one.
const BIRTH: Duration = Duration::from_secs(5);

/// Real time that a nursery may take to end, with the last of its supervisors.
const LAST_PATIENCE: Duration = Duration::from_secs(15);

/// The grader's side: the nursery, once a supervisor was asked for.
#[derive(Debug)]
pub(super) struct Nursery {
    program: PathBuf,
    keeps_environment: bool,
    running: Mutex<Option<Running>>,
}

#[derive(Debug)]
struct Running {
    /// Closed by [`Running::drop`], which is the word to end.
    requests: Option<OwnedFd>,
    process: Child,
}

/// One supervisor, which waits for its order.
#[derive(Debug)]
pub(super) struct Supervisor {
    /// Takes the order and gives the report. When it closes, or is shut down for writing, the supervisor
    /// kills its job and goes.
    pub(super) line: UnixStream,
    process: OwnedFd,
}

/// Why there is no supervisor.
enum Unborn {
    /// There is no nursery any more: somebody ended it, maybe the kernel for want of memory.
    Gone,
    /// This one does not answer.
    Mute(u32),
}

impl Nursery {
    /// A nursery of `program`, a `grade`. It is started when it is first needed.
    pub(super) fn new(program: &Path, keeps_environment: bool) -> Self {
        Self {
            program: program.to_path_buf(),
            keeps_environment,
            running: Mutex::new(None),
        }
    }

    /// The program that supervises.
    pub(super) fn program(&self) -> &Path {
        &self.program
    }

    /// A new supervisor.
    ///
    /// # Errors
    /// There is none, because of the machine; or we were asked to stop.
    pub(super) fn supervisor(&self, cancellation: &Cancellation) -> Result<Supervisor, Fault> {
        self.ask(cancellation).map_err(|error| {
            let what = "start the supervisor";
            let fault = Fault::io(FaultKind::Sandbox, what, &self.program, &error);
            cancellation.check().err().unwrap_or(fault)
        })
    }

    fn ask(&self, cancellation: &Cancellation) -> io::Result<Supervisor> {
        for _ in 0..2 {
            match self.ask_once(cancellation)? {
                Ok(supervisor) => return Ok(supervisor),
                // The next one is new.
                Err(Unborn::Gone) => {}
                Err(Unborn::Mute(process)) => self.end(process),
            }
        }
        Err(io::Error::other("it ended before it began"))
    }

    fn ask_once(&self, cancellation: &Cancellation) -> io::Result<Result<Supervisor, Unborn>> {
        let (ours, its) = UnixStream::pair()?;
        let nursery = self.give(its.as_fd())?;
        drop(its);
        if !comes(&ours, cancellation)? {
            return Ok(Err(Unborn::Mute(nursery)));
        }
        let mut word = [0];
        match channel::receive(ours.as_fd(), &mut word)? {
            (1.., Some(process)) if word == BORN => Ok(Ok(Supervisor {
                line: ours,
                process,
            })),
            (1.., _) if word == STILLBORN => {
                let mut why = String::new();
                (&ours).read_to_string(&mut why)?;
                Err(io::Error::other(why))
            }
            _ => Ok(Err(Unborn::Gone)),
        }
    }

    /// Give the nursery, a new one if need be, its end of a line. Answers the number of its process.
    fn give(&self, line: BorrowedFd<'_>) -> io::Result<u32> {
        let mut dead = None;
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = &*running {
            match known.give(line) {
                Err(error) if is_gone(&error) => dead = running.take(),
                given => return given.map(|()| known.process.id()),
            }
        }
        let new = Running::start(&self.program, self.keeps_environment)?;
        let given = new.give(line).map(|()| new.process.id());
        *running = Some(new);
        drop(running);
        drop(dead);
        given
    }

    /// End the nursery of this process, unless it is replaced already. Its supervisors go on.
    fn end(&self, process: u32) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it = |running: &Running| running.process.id() == process;
        let mute = running.take_if(|running| is_it(running));
        drop(running);
        if let Some(mut mute) = mute {
            let _ = mute.process.kill();
        }
    }
}

/// Whether nobody is at the other end any more.
fn is_gone(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset | io::ErrorKind::NotConnected
    )
}

/// Wait for the first word, or the end, of a supervisor. False if neither comes in time.
fn comes(line: &UnixStream, cancellation: &Cancellation) -> io::Result<bool> {
    const GLANCE: Timespec = Timespec {
        tv_sec: 0,
        tv_nsec: 50_000_000,
    };
    #[expect(clippy::disallowed_methods, reason = "this is the sandbox")]
    let start = Instant::now();
    while start.elapsed() < BIRTH {
        if cancellation.signal().is_some() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        match poll(&mut [PollFd::new(line, PollFlags::IN)], Some(&GLANCE)) {
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
        #[expect(clippy::disallowed_methods, reason = "this is the sandbox")]
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

    fn give(&self, line: BorrowedFd<'_>) -> io::Result<()> {
        match &self.requests {
            Some(requests) => channel::send(requests.as_fd(), &BORN, Some(line)),
            None => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.requests.take());
        // It ends with the last of its supervisors; what they used is then counted with what we used.
        let pid = rustix::process::Pid::from_child(&self.process);
        let ended = pidfd_open(pid, PidfdFlags::empty())
            .map_err(io::Error::from)
            .and_then(|process| kill::ends_within(&process, LAST_PATIENCE));
        if !ended.unwrap_or(false) {
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
    }
}

impl Supervisor {
    /// Whether it ends by itself before long.
    pub(super) fn ends_within(&self, patience: Duration) -> bool {
        kill::ends_within(&self.process, patience).unwrap_or(false)
    }

    /// End it. Its job is killed by nobody then.
    pub(super) fn kill(&self) {
        let _ = pidfd_send_signal(&self.process, Signal::KILL);
    }

    /// Wait until it has ended.
    pub(super) fn wait(&self) {
        let mut ended = [PollFd::new(&self.process, PollFlags::IN)];
        while poll(&mut ended, None) == Err(Errno::INTR) {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_no_nursery_is_named() {
        for program in ["/nonexistent", "/bin/true"] {
            let nursery = Nursery::new(Path::new(program), false);
            let fault = nursery.supervisor(&Cancellation::default()).unwrap_err();
            let text = fault.to_string();
            assert!(text.contains(program), "{text}");
        }
    }

    #[test]
    fn whoever_waits_for_a_supervisor_may_be_asked_to_stop() {
        let (ours, its) = channel::pair().unwrap();
        let nursery = Nursery::new(Path::new("/nonexistent"), false);
        #[expect(clippy::disallowed_methods, reason = "the program does nothing")]
        let process = Command::new("/bin/true").spawn().unwrap();
        *nursery.running.lock().unwrap() = Some(Running {
            requests: Some(ours),
            process,
        });
        let stopped = Cancellation::after(15);
        let fault = nursery.supervisor(&stopped).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Interrupted, "{fault}");
        drop(its);
    }

    #[test]
    fn a_supervisor_that_is_told_to_go_may_take_its_time_and_no_longer() {
        for (script, patience) in [("cat > /dev/null; sleep 0.2", 60), ("sleep 60", 0)] {
            fakes::with(script, false, |nursery| {
                let supervisor = nursery.supervisor(&Cancellation::default()).unwrap();
                supervisor.line.shutdown(std::net::Shutdown::Both).unwrap();
                let ended = supervisor.ends_within(Duration::from_secs(patience));
                assert_eq!(ended, patience > 0);
                supervisor.kill();
                supervisor.wait();
                assert!(supervisor.ends_within(Duration::ZERO));
            });
        }
    }
}
