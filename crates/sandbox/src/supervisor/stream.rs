//! One of a job's two output streams. Reading from it never waits.

use std::{io, os::fd::OwnedFd};

use rustix::io::Errno;

use super::capture::Capture;

/// The reading end of a pipe that the job writes to.
pub(crate) struct Stream {
    pub(crate) pipe: OwnedFd,
    pub(crate) capture: Capture,
    pub(crate) closed: bool,
}

impl Stream {
    pub(crate) fn new(pipe: OwnedFd) -> io::Result<Self> {
        let flags = rustix::fs::fcntl_getfl(&pipe)?;
        rustix::fs::fcntl_setfl(&pipe, flags | rustix::fs::OFlags::NONBLOCK)?;
        Ok(Self {
            pipe,
            capture: Capture::default(),
            closed: false,
        })
    }

    /// Read what is in the pipe, at most one buffer of it. False if nothing is in it now.
    pub(crate) fn read_once(&mut self) -> io::Result<bool> {
        let mut chunk = [0; 16 << 10];
        match rustix::io::read(&self.pipe, &mut chunk) {
            Ok(0) => {
                self.closed = true;
                Ok(false)
            }
            Ok(n) => {
                self.capture.push(&chunk[..n]);
                Ok(true)
            }
            Err(Errno::AGAIN) => Ok(false),
            Err(Errno::INTR) => Ok(true),
            Err(error) => Err(error.into()),
        }
    }

    /// Read what is left in the pipe. All writers are dead, so this is at most what fits into a pipe.
    pub(crate) fn drain(&mut self) -> io::Result<()> {
        while !self.closed && self.read_once()? {}
        Ok(())
    }
}
