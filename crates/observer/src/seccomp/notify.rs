//! The kernel's side of a listener: receive a call, answer it.

#![expect(unsafe_code, reason = "the listener speaks in ioctls")]

use std::{
    io,
    os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
};

/// Since Linux 6.6: one of us two wakes the other on the same processor, as it is about to sleep.
const SYNC_WAKE_UP: u64 = 1;

/// A call that waits for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Notice {
    /// By which it is answered.
    pub(crate) id: u64,
    /// The calling thread, in our own process namespace.
    pub(crate) tid: i32,
    /// The call's number.
    pub(crate) number: i32,
    /// Its arguments.
    pub(crate) arguments: [u64; 6],
}

#[cfg(test)]
impl Notice {
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

/// What the caller is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Go on, as if nobody had asked.
    Continue,
    /// The call was made; this is its result.
    Done(i64),
    /// The call failed with this number.
    Failed(i32),
}

/// The descriptor at which calls arrive.
#[derive(Debug)]
pub(crate) struct Listener {
    fd: OwnedFd,
    taking_turns: bool,
}

impl Listener {
    pub(crate) fn new(fd: OwnedFd) -> Self {
        let mut listener = Self {
            fd,
            taking_turns: false,
        };
        listener.take_turns(true);
        listener
    }

    /// Whether the program and we run in turns, on one processor; or at once, on two, because it has
    /// more threads that can run. Affects nothing but time.
    pub(crate) fn take_turns(&mut self, turns: bool) {
        if self.taking_turns == turns {
            return;
        }
        self.taking_turns = turns;
        let flags = if turns { SYNC_WAKE_UP } else { 0 };
        let fd = self.fd.as_raw_fd();
        // SAFETY: this ioctl takes its flags by value. A kernel that does not know it refuses, and all
        // works as well, a little slower.
        let _ = unsafe { libc::ioctl(fd, libc::SECCOMP_IOCTL_NOTIF_SET_FLAGS, flags) };
    }

    pub(crate) fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// The next call. `None` if the one that was there is gone. Does not block after `poll` said that
    /// there is something: the kernel's counter of arrivals never falls below what is there.
    pub(crate) fn receive(&self) -> io::Result<Option<Notice>> {
        let mut notice = std::mem::MaybeUninit::<libc::seccomp_notif>::zeroed();
        // SAFETY: the kernel wants a zeroed structure, and fills it; its size is part of the request.
        let result = unsafe {
            libc::ioctl(
                self.fd.as_raw_fd(),
                libc::SECCOMP_IOCTL_NOTIF_RECV,
                notice.as_mut_ptr(),
            )
        };
        if result != 0 {
            let error = io::Error::last_os_error();
            return match error.raw_os_error() {
                // Killed, or interrupted by a signal, before we came; or we were.
                Some(libc::ENOENT | libc::EINTR) => Ok(None),
                _ => Err(error),
            };
        }
        // SAFETY: all integers, which zeros initialise.
        let notice = unsafe { notice.assume_init() };
        Ok(Some(Notice {
            id: notice.id,
            tid: notice.pid.cast_signed(),
            number: notice.data.nr,
            arguments: notice.data.args,
        }))
    }

    /// Answer a call. False if nobody waits for it any more.
    pub(crate) fn answer(&self, id: u64, answer: Answer) -> io::Result<bool> {
        let (val, error, flags) = match answer {
            #[expect(clippy::cast_possible_truncation, reason = "the flag is 1")]
            Answer::Continue => (0, 0, libc::SECCOMP_USER_NOTIF_FLAG_CONTINUE as u32),
            Answer::Done(value) => (value, 0, 0),
            Answer::Failed(number) => (0, -number, 0),
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
