//! Seccomp user notification: receive the calls that the filter reports, and respond to them.
//!
//! It hides the `ioctl`s of the listener. It never knows what a call means.

#![expect(
    unsafe_code,
    reason = "the kernel's interface to the listener is `ioctl`"
)]

use std::{
    io,
    os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
    time::Duration,
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
};

/// The kernel's `SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP`, since Linux 6.6: the caller and the observer wake each other
/// on the same processor, as each of the two sleeps while the other works.
const SYNC_WAKE_UP: u64 = 1;

/// A system call that waits for a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Notification {
    /// The kernel's number for this call; a response names it.
    pub(crate) id: u64,
    /// The calling thread, in this process's namespace of processes.
    pub(crate) tid: i32,
    /// The number of the system call.
    pub(crate) number: i32,
    /// The arguments of the system call.
    pub(crate) arguments: [u64; 6],
}

#[cfg(test)]
impl Notification {
    /// Some call of a thread.
    pub(crate) fn of(tid: i32) -> Self {
        Self {
            id: tid.unsigned_abs().into(),
            tid,
            number: 0,
            arguments: [0; 6],
        }
    }
}

/// What the kernel does with a call that waited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Response {
    /// The kernel carries the call out, as if it had not been reported.
    Continue,
    /// The call returns this value, and is not carried out.
    Value(i64),
    /// The call fails with this error number, and is not carried out.
    Error(i32),
}

/// What there is to do for the observer or for the supervisor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Readiness {
    /// A call can be received.
    Call,
    /// One of the outputs has something to read.
    Output,
    /// The timeout has passed, and nothing came.
    Timeout,
    /// No thread is left that could call.
    Closed,
    /// A signal interrupted the wait, so nothing is known.
    Interrupted,
}

/// The descriptor at which the calls of one program arrive.
#[derive(Debug)]
pub(crate) struct Listener {
    fd: OwnedFd,
    takes_turns: bool,
}

impl Listener {
    pub(crate) fn new(fd: OwnedFd) -> Self {
        let mut listener = Self {
            fd,
            takes_turns: false,
        };
        listener.take_turns(true);
        listener
    }

    /// Choose whether the program and the observer take turns on one processor, or run at once on two. The second
    /// is faster if the program has many threads that can run. The choice affects nothing but the speed.
    pub(crate) fn take_turns(&mut self, turns: bool) {
        if self.takes_turns == turns {
            return;
        }
        self.takes_turns = turns;
        let flags = if turns { SYNC_WAKE_UP } else { 0 };
        let fd = self.fd.as_raw_fd();
        // SAFETY: this ioctl takes its flags by value. A kernel that does not know it refuses it, and then
        // everything is a little slower.
        let _ = unsafe { libc::ioctl(fd, libc::SECCOMP_IOCTL_NOTIF_SET_FLAGS, flags) };
    }

    pub(crate) fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// Wait for a call, or for something to read at one of `outputs`.
    pub(crate) fn wait(
        &self,
        timeout: Duration,
        outputs: &[BorrowedFd<'_>],
    ) -> io::Result<Readiness> {
        let listener = PollFd::from_borrowed_fd(self.fd.as_fd(), PollFlags::IN);
        let (mut alone, mut several);
        let fds: &mut [PollFd<'_>] = if outputs.is_empty() {
            alone = [listener];
            &mut alone
        } else {
            let outputs = outputs.iter();
            let outputs = outputs.map(|fd| PollFd::from_borrowed_fd(*fd, PollFlags::IN));
            several = std::iter::once(listener).chain(outputs).collect::<Vec<_>>();
            &mut several
        };
        let timeout = Timespec::try_from(timeout).map_err(io::Error::other)?;
        match poll(fds, Some(&timeout)) {
            Ok(_) => {}
            Err(Errno::INTR) => return Ok(Readiness::Interrupted),
            Err(error) => return Err(error.into()),
        }
        let at_listener = fds[0].revents();
        let at_outputs = fds[1..].iter().any(|fd| !fd.revents().is_empty());
        Ok(if at_outputs {
            Readiness::Output
        } else if at_listener.contains(PollFlags::IN) {
            Readiness::Call
        } else if at_listener.is_empty() {
            Readiness::Timeout
        } else {
            Readiness::Closed
        })
    }

    /// Receive the next call. `None` if its thread was killed or interrupted in the meantime. This does not block
    /// after `wait` has found a call, since the kernel's count of waiting calls is never too low.
    pub(crate) fn receive(&self) -> io::Result<Option<Notification>> {
        let mut notification = std::mem::MaybeUninit::<libc::seccomp_notif>::zeroed();
        // SAFETY: the kernel wants a zeroed structure, and fills it; its size is part of the request.
        let result = unsafe {
            libc::ioctl(
                self.fd.as_raw_fd(),
                libc::SECCOMP_IOCTL_NOTIF_RECV,
                notification.as_mut_ptr(),
            )
        };
        if result != 0 {
            let error = io::Error::last_os_error();
            return match error.raw_os_error() {
                // The calling thread was killed or interrupted by a signal, or this process was interrupted.
                Some(libc::ENOENT | libc::EINTR) => Ok(None),
                _ => Err(error),
            };
        }
        // SAFETY: the structure has only integers, which zeros initialise.
        let notification = unsafe { notification.assume_init() };
        Ok(Some(Notification {
            id: notification.id,
            tid: notification.pid.cast_signed(),
            number: notification.data.nr,
            arguments: notification.data.args,
        }))
    }

    /// Whether a call still waits for a response: its thread was neither killed nor interrupted.
    pub(crate) fn waits(&self, mut id: u64) -> bool {
        // SAFETY: the pointer is to a number that lives through the call; its size is part of the request.
        let result = unsafe {
            libc::ioctl(
                self.fd.as_raw_fd(),
                libc::SECCOMP_IOCTL_NOTIF_ID_VALID,
                &raw mut id,
            )
        };
        result == 0
    }

    /// Put a descriptor into the process of a call that waits, in the place of the one with this number there. False if
    /// the thread waits no longer.
    pub(crate) fn replace(
        &self,
        id: u64,
        with: BorrowedFd<'_>,
        number: u32,
        close_on_exec: bool,
    ) -> io::Result<bool> {
        let flags = if close_on_exec { libc::O_CLOEXEC } else { 0 };
        let request = libc::seccomp_notif_addfd {
            id,
            #[expect(clippy::cast_possible_truncation, reason = "the flag is 1")]
            flags: libc::SECCOMP_ADDFD_FLAG_SETFD as u32,
            srcfd: with.as_raw_fd().cast_unsigned(),
            newfd: number,
            newfd_flags: flags.cast_unsigned(),
        };
        loop {
            // SAFETY: the pointer is to a request that lives through the call; its size is part of the request.
            let result = unsafe {
                libc::ioctl(
                    self.fd.as_raw_fd(),
                    libc::SECCOMP_IOCTL_NOTIF_ADDFD,
                    &raw const request,
                )
            };
            if result >= 0 {
                return Ok(true);
            }
            let error = io::Error::last_os_error();
            match error.raw_os_error() {
                Some(libc::EINTR) => {}
                Some(libc::ENOENT | libc::ESRCH | libc::EINPROGRESS) => return Ok(false),
                _ => return Err(error),
            }
        }
    }

    /// Respond to a call. False if its thread was killed or interrupted, and waits no longer.
    pub(crate) fn respond(&self, id: u64, response: Response) -> io::Result<bool> {
        let (val, error, flags) = match response {
            #[expect(clippy::cast_possible_truncation, reason = "the flag is 1")]
            Response::Continue => (0, 0, libc::SECCOMP_USER_NOTIF_FLAG_CONTINUE as u32),
            Response::Value(value) => (value, 0, 0),
            Response::Error(number) => (0, -number, 0),
        };
        let mut response = libc::seccomp_notif_resp {
            id,
            val,
            error,
            flags,
        };
        // SAFETY: the pointer is to a response that lives through the call; its size is part of the
        // request.
        let result = unsafe {
            libc::ioctl(
                self.fd.as_raw_fd(),
                libc::SECCOMP_IOCTL_NOTIF_SEND,
                &raw mut response,
            )
        };
        if result == 0 {
            return Ok(true);
        }
        let error = io::Error::last_os_error();
        match error.raw_os_error() {
            Some(libc::ENOENT) => Ok(false),
            _ => Err(error),
        }
    }
}
