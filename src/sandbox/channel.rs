//! Words, and descriptors with them, between the supervisor and the process it is starting.
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

/// What is said while a job is started, and when it ends in a namespace of its own.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Word {
    /// To us: started, waiting to be given its names and its control group.
    Waiting,
    /// From us: go on.
    Go,
    /// To us, with a descriptor: the root of a file system whose room is the job's disk limit.
    Disk,
    /// To us, with a descriptor: what the observer's filter reports to.
    Listener,
    /// To us: the program starts now, at this time of the monotonic clock, in nanoseconds.
    Starting(u64),
    /// To us: a step failed. The sender ends.
    Failed {
        /// Which, and why.
        why: String,
        /// Whether it was a fence, which does not hold here.
        fence: bool,
    },
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
pub(super) struct Channel(OwnedFd);

/// Longer than any word; an error's text is cut to fit.
const LONGEST: usize = 4096;

impl Channel {
    /// Both ends. Neither survives `exec`.
    pub(super) fn pair() -> io::Result<(Self, Self)> {
        let (a, b) = pair()?;
        Ok((Self(a), Self(b)))
    }

    pub(super) fn say(&self, word: &Word) -> io::Result<()> {
        self.send(word, None)
    }

    /// Say a word and give a descriptor with it.
    pub(super) fn give(&self, word: &Word, fd: BorrowedFd<'_>) -> io::Result<()> {
        self.send(word, Some(fd))
    }

    fn send(&self, word: &Word, given: Option<BorrowedFd<'_>>) -> io::Result<()> {
        send(self.0.as_fd(), &serde_json::to_vec(word)?, given)
    }

    /// The next word and its descriptor; `None` when the other end has closed.
    pub(super) fn hear(&self) -> io::Result<Option<(Word, Option<OwnedFd>)>> {
        let mut bytes = [0; 2 * LONGEST];
        let (length, given) = receive(self.0.as_fd(), &mut bytes)?;
        if length == 0 {
            return Ok(None);
        }
        Ok(Some((serde_json::from_slice(&bytes[..length])?, given)))
    }

    /// Say what failed, as far as it fits.
    pub(super) fn say_failed(&self, why: &str, fence: bool) {
        let why: String = why.chars().take(LONGEST / 8).collect();
        // If nobody listens any more, nobody needs to know.
        let _ = self.say(&Word::Failed { why, fence });
    }
}

impl AsFd for Channel {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Both ends of a line that keeps messages apart. Neither survives `exec`.
pub(super) fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let (unix, packets) = (AddressFamily::UNIX, SocketType::SEQPACKET);
    Ok(rustix::net::socketpair(
        unix,
        packets,
        SocketFlags::CLOEXEC,
        None,
    )?)
}

/// Send bytes, and a descriptor with them.
pub(super) fn send(
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
pub(super) fn receive(
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

    #[test]
    fn words_stay_apart_and_bring_their_descriptors() {
        let (a, b) = Channel::pair().unwrap();
        a.say(&Word::Waiting).unwrap();
        let file = tempfile::tempfile().unwrap();
        a.give(&Word::Listener, file.as_fd()).unwrap();
        a.say_failed(&"\u{1f980}".repeat(9000), true);
        assert!(matches!(b.hear().unwrap(), Some((Word::Waiting, None))));
        let Some((Word::Listener, Some(given))) = b.hear().unwrap() else {
            panic!("no descriptor came")
        };
        let same = |fd: BorrowedFd<'_>| rustix::fs::fstat(fd).unwrap().st_ino;
        assert_eq!(same(given.as_fd()), same(file.as_fd()));
        let failed = b.hear().unwrap();
        assert!(matches!(
            failed,
            Some((Word::Failed { fence: true, .. }, None))
        ));
        drop(a);
        assert!(b.hear().unwrap().is_none());
    }
}
