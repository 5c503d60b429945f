//! Messages, and descriptors with them, between the supervisor and the process it is starting.
//!
//! A socket pair that keeps messages apart. It closes by itself when the process becomes the job's
//! program, which is how the supervisor learns that the start succeeded; so a job never holds it.

use std::{
    io::{self, IoSlice, IoSliceMut},
    mem::MaybeUninit,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
};

use rustix::{
    io::Errno,
    net::{
        AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
        SendAncillaryMessage, SendFlags, SocketFlags, SocketType,
    },
};
use serde::{Deserialize, Serialize};

use crate::error::{SentStepError, StepError};

/// What is sent while a job is started, and when it ends in a namespace of its own.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Message {
    /// To us: started, waiting to be given its names and its control group.
    Waiting,
    /// From us: go on.
    Go,
    /// To us, with a descriptor: the root of a file system whose room is the job's disk limit.
    Disk,
    /// To us, with a descriptor: where notifications for the monitor arrive.
    Listener,
    /// To us: the program starts now, at this time of the monotonic clock, in nanoseconds.
    Starting(u64),
    /// To us: a step failed. The sender ends.
    Failed(SentStepError),
    /// To us: the system refused to start the program, by this error's number. The sender ends.
    NotStarted(i32),
    /// To us, from the first process of a process namespace: the job's first process has ended.
    Ended {
        /// As `waitpid` tells it.
        status: i32,
        /// Whether other processes were alive then.
        others: bool,
    },
}

/// One end.
#[derive(Debug)]
pub(crate) struct Channel(OwnedFd);

/// Longer than any message, in bytes; an error's text is shortened to fit.
const LONGEST: usize = 4096;

impl Channel {
    /// Both ends. Neither survives `exec`.
    pub(crate) fn pair() -> io::Result<(Self, Self)> {
        let (a, b) = pair()?;
        Ok((Self(a), Self(b)))
    }

    pub(crate) fn send(&self, message: &Message) -> io::Result<()> {
        send(self.0.as_fd(), &serde_json::to_vec(message)?, None)
    }

    /// Send a message and a descriptor with it.
    pub(crate) fn send_with_fd(&self, message: &Message, fd: BorrowedFd<'_>) -> io::Result<()> {
        send(self.0.as_fd(), &serde_json::to_vec(message)?, Some(fd))
    }

    /// The next message and its descriptor; `None` when the other end has closed.
    pub(crate) fn recv(&self) -> io::Result<Option<(Message, Option<OwnedFd>)>> {
        let mut bytes = [0; 2 * LONGEST];
        let (length, given) = receive(self.0.as_fd(), &mut bytes)?;
        if length == 0 {
            return Ok(None);
        }
        Ok(Some((serde_json::from_slice(&bytes[..length])?, given)))
    }

    /// Send which step failed, with its text as far as it fits.
    pub(crate) fn send_failure(&self, error: &StepError) {
        let sent = SentStepError::from(error).shortened(LONGEST / 8);
        // If the supervisor is gone, nobody needs to know.
        let _ = self.send(&Message::Failed(sent));
    }
}

impl AsFd for Channel {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Both ends of a line that keeps messages apart. Neither survives `exec`.
pub(crate) fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let (unix, packets) = (AddressFamily::UNIX, SocketType::SEQPACKET);
    Ok(rustix::net::socketpair(
        unix,
        packets,
        SocketFlags::CLOEXEC,
        None,
    )?)
}

/// Send bytes, and a descriptor with them.
pub(crate) fn send(
    to: BorrowedFd<'_>,
    bytes: &[u8],
    given: Option<BorrowedFd<'_>>,
) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if let Some(given) = &given {
        control.push(SendAncillaryMessage::ScmRights(std::slice::from_ref(given)));
    }
    rustix::net::sendmsg(
        to,
        &[IoSlice::new(bytes)],
        &mut control,
        SendFlags::NOSIGNAL,
    )?;
    Ok(())
}

/// How many bytes came, none when the other end has closed, and the descriptor that came with them.
pub(crate) fn receive(
    from: BorrowedFd<'_>,
    bytes: &mut [u8],
) -> io::Result<(usize, Option<OwnedFd>)> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let length = loop {
        let mut parts = [IoSliceMut::new(bytes)];
        match rustix::net::recvmsg(from, &mut parts, &mut control, RecvFlags::CMSG_CLOEXEC) {
            Ok(received) => break received.bytes,
            Err(Errno::INTR) => {}
            // The other end was killed before it had read what we said.
            Err(Errno::CONNRESET) => return Ok((0, None)),
            Err(error) => return Err(error.into()),
        }
    };
    let mut given = None;
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(fds) = message {
            given = fds.last().or(given);
        }
    }
    Ok((length, given))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Step;

    #[test]
    fn messages_stay_apart_and_bring_their_descriptors() {
        let (a, b) = Channel::pair().unwrap();
        a.send(&Message::Waiting).unwrap();
        let file = tempfile::tempfile().unwrap();
        a.send_with_fd(&Message::Listener, file.as_fd()).unwrap();
        let long = io::Error::other("\u{1f980}".repeat(9000));
        a.send_failure(&StepError::unsupported(Step::MakeProcess)(long));
        assert!(matches!(b.recv().unwrap(), Some((Message::Waiting, None))));
        let Some((Message::Listener, Some(given))) = b.recv().unwrap() else {
            panic!("no descriptor came")
        };
        let same = |fd: BorrowedFd<'_>| rustix::fs::fstat(fd).unwrap().st_ino;
        assert_eq!(same(given.as_fd()), same(file.as_fd()));
        let failed = b.recv().unwrap();
        assert!(matches!(failed, Some((Message::Failed(_), None))));
        drop(a);
        assert!(b.recv().unwrap().is_none());
    }
}
