//! The zygote's side: for each socket that arrives, make a copy of this process, which is a supervisor at the
//! other end of that socket.

use std::{
    io::{self, Write as _},
    os::{
        fd::{AsFd as _, OwnedFd},
        unix::net::UnixStream,
    },
};

use rustix::{
    event::{PollFd, PollFlags, poll},
    io::Errno,
    process::{PidfdFlags, pidfd_open},
};

use super::{FAILED, READY};
use crate::{spawn::channel, sys};

/// Be the zygote. Returns `true` in each of its copies, which supervise one job each, and `false` when the
/// client is gone.
///
/// # Errors
/// The system refuses to wait or to receive.
pub(crate) fn serve() -> io::Result<bool> {
    // The client handles Ctrl-C at the terminal.
    let _ = rustix::process::setsid();
    // An error is ignored here. Each supervisor tries again, and does not go on without it.
    let _ = sys::set_not_dumpable();
    let requests = rustix::io::fcntl_dupfd_cloexec(io::stdin(), 3)?;
    let mut supervisors: Vec<OwnedFd> = Vec::new();
    loop {
        let mut fds: Vec<PollFd<'_>> = std::iter::once(&requests)
            .chain(&supervisors)
            .map(|fd| PollFd::new(fd, PollFlags::IN))
            .collect();
        match poll(&mut fds, None) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let asked = !fds[0].revents().is_empty();
        let ended: Vec<bool> = fds[1..].iter().map(|fd| !fd.revents().is_empty()).collect();
        let mut ended = ended.into_iter();
        supervisors.retain(|_| !ended.next().unwrap_or(false));
        while let Ok(Some(_)) = sys::wait_any(false) {}
        if !asked {
            continue;
        }
        let line = match channel::receive(requests.as_fd(), &mut [0])? {
            (0, _) => break,
            (_, Some(line)) => line,
            // This process has no descriptor free for it. The client sees its end closed, and asks again.
            (_, None) => continue,
        };
        match sys::copy_process(0, None) {
            Ok(None) => {
                drop((requests, supervisors));
                begin(&line)?;
                return Ok(true);
            }
            // A supervisor whose descriptor cannot be opened is reaped in the next round.
            Ok(Some(pid)) => supervisors.extend(pidfd_open(pid, PidfdFlags::empty())),
            Err(error) => {
                let mut line = UnixStream::from(line);
                let _ = line.write_all(&FAILED);
                let _ = line.write_all(error.to_string().as_bytes());
            }
        }
    }
    drop(requests);
    // No supervisor outlives this process, and what they used counts as used by it.
    while let Ok(Some(_)) = sys::wait_any(true) {}
    Ok(false)
}

/// Become a supervisor at the end of this socket.
fn begin(line: &OwnedFd) -> io::Result<()> {
    rustix::stdio::dup2_stdin(line)?;
    rustix::stdio::dup2_stdout(line)?;
    let own = pidfd_open(rustix::process::getpid(), PidfdFlags::empty())?;
    channel::send(line.as_fd(), &READY, Some(own.as_fd()))
}
