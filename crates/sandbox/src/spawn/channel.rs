//! Messages, and descriptors with them, between the supervisor and the process that it is starting.
//!
//! The channel is a socket pair that keeps messages apart. The kernel closes it when the process becomes the
//! job's program, so a job never holds it, and so the supervisor learns that the start succeeded.

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
    /// To the supervisor: the new process waits until its user and group maps are written.
    Waiting,
    /// From the supervisor: go on.
    Go,
    /// To the supervisor, with a descriptor: the root of the job's file system in memory.
    Tmpfs,
    /// To the supervisor, with a descriptor: where notifications for the monitor arrive.
    Listener,
    /// To the supervisor: the program starts now, at this time of the monotonic clock, in nanoseconds.
    Starting(u64),
    /// To the supervisor: a step failed. The sender exits.
    Failed(SentStepError),
    /// To the supervisor: the system refused to start the program, with this error number. The sender exits.
    NotStarted(i32),
    /// To the supervisor, from the first process of a namespace: the job's first process has ended.
    Ended {
        /// The status that `waitpid` gave.
        status: i32,
        /// Whether other processes were alive then.
        others: bool,
    },
}

/// One end.
#[derive(Debug)]
pub(crate) struct Channel(OwnedFd);

/// The number of bytes that a message may have. The texts of an error are shortened so that it has fewer.
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

    /// Send which step failed, with its texts as far as they fit.
    pub(crate) fn send_failure(&self, error: &StepError) {
        let sent = SentStepError::from(error).shortened(LONGEST / 16);
        // If this fails, the supervisor is gone and nobody waits for the message.
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

/// Receive bytes, and the descriptor that comes with them. No bytes mean that the other end has closed.
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
            // The other end was killed before it had read our message.
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
