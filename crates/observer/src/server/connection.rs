//! One connection of the program with the server: it receives a request, waits until the request is answered, and
//! writes the response, again and again.
//!
//! It hides the socket and the pieces in which bytes come and go. It never blocks, and never decides when a request is
//! answered.

use std::{
    fs::File,
    io::{self, Read},
    os::fd::{AsFd, BorrowedFd, OwnedFd},
};

use rustix::{
    event::epoll::EventFlags,
    io::Errno,
    net::{RecvFlags, SendFlags, recv, send},
};

use super::http::{self, Head, MAX_HEAD, Parsed, Request, Status};

/// The largest number of bytes of a response that are in memory.
const PIECE: usize = 64 << 10;

/// What the server sends behind the head of a response.
#[derive(Debug)]
pub(super) enum Body {
    /// A word for people.
    Text(&'static str),
    /// So many bytes of a file, of which the head announces `length`.
    File { file: File, bytes: u64, length: u64 },
}

/// A response before it is written.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: Status,
    pub(super) location: Option<String>,
    pub(super) body: Body,
}

impl Answer {
    /// An answer that is about no file.
    pub(super) fn plain(status: Status) -> Self {
        Self {
            status,
            location: None,
            body: Body::Text(status.line()),
        }
    }
}

/// What a connection does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// It waits for a request.
    Receiving,
    /// A request waits for its answer.
    Waiting { head_only: bool },
    /// It writes a response.
    Sending,
    /// It is over.
    Closed,
}

/// One connection.
#[derive(Debug)]
pub(super) struct Connection {
    socket: OwnedFd,
    phase: Phase,
    keep_alive: bool,
    /// Bytes that were received, and belong to no request so far.
    input: Vec<u8>,
    /// Bytes to send, those first that `sent` counts and that are sent already.
    output: Vec<u8>,
    sent: usize,
    /// What is to be sent after that: so many bytes of this file.
    rest: Option<(File, u64)>,
}

impl Connection {
    pub(super) fn new(socket: OwnedFd) -> Self {
        Self {
            socket,
            phase: Phase::Receiving,
            keep_alive: true,
            input: Vec::new(),
            output: Vec::new(),
            sent: 0,
            rest: None,
        }
    }

    pub(super) fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    pub(super) fn phase(&self) -> Phase {
        self.phase
    }

    /// The client is gone.
    pub(super) fn close(&mut self) {
        self.phase = Phase::Closed;
    }

    /// The events of the socket on which the connection can go on. That the client is gone is always reported.
    pub(super) fn interest(&self) -> EventFlags {
        match self.phase {
            Phase::Receiving => EventFlags::IN,
            Phase::Sending => EventFlags::OUT,
            Phase::Waiting { .. } | Phase::Closed => EventFlags::empty(),
        }
    }

    /// Go on as far as possible. Returns a request that has come, which then waits for its answer.
    pub(super) fn proceed(&mut self) -> io::Result<Option<Request>> {
        loop {
            match self.phase {
                Phase::Receiving => match http::parse(&self.input) {
                    Parsed::Partial => {
                        if !self.receive()? {
                            return Ok(None);
                        }
                    }
                    Parsed::Request(request, length) => {
                        self.input.drain(..length);
                        self.keep_alive = request.keep_alive;
                        self.phase = Phase::Waiting {
                            head_only: request.head_only,
                        };
                        return Ok(Some(request));
                    }
                    Parsed::Refused(status) => {
                        self.keep_alive = false;
                        self.respond(Answer::plain(status), false);
                    }
                },
                Phase::Sending => {
                    if !self.send()? {
                        return Ok(None);
                    }
                }
                Phase::Waiting { .. } | Phase::Closed => return Ok(None),
            }
        }
    }

    /// Answer the request that waits. The response is sent when the connection proceeds.
    pub(super) fn answer(&mut self, answer: Answer) {
        if let Phase::Waiting { head_only } = self.phase {
            self.respond(answer, head_only);
        }
    }

    fn respond(&mut self, answer: Answer, head_only: bool) {
        let Answer {
            status,
            location,
            body,
        } = answer;
        let (length, content_type) = match &body {
            Body::Text(text) => (text.len() as u64, "text/plain"),
            Body::File { length, .. } => (*length, "application/octet-stream"),
        };
        let is_cut = matches!(&body, Body::File { bytes, .. } if *bytes < length);
        let head = Head {
            status,
            length,
            content_type,
            location: location.as_deref(),
            keep_alive: self.keep_alive,
        };
        self.output = head.bytes();
        if is_cut && !head_only {
            // The client learns from the end of the connection that the rest does not come.
            self.keep_alive = false;
        }
        self.sent = 0;
        match body {
            _ if head_only => {}
            Body::Text(text) => self.output.extend_from_slice(text.as_bytes()),
            Body::File { file, bytes, .. } => self.rest = Some((file, bytes)),
        }
        self.phase = Phase::Sending;
    }

    /// Receive what has come. False if nothing has.
    fn receive(&mut self) -> io::Result<bool> {
        let mut piece = [0; MAX_HEAD];
        let room = &mut piece[..MAX_HEAD.saturating_sub(self.input.len())];
        match recv(&self.socket, room, RecvFlags::DONTWAIT) {
            Ok((_, 0)) | Err(Errno::CONNRESET) => {
                self.phase = Phase::Closed;
                Ok(true)
            }
            Ok((_, n)) => {
                self.input.extend_from_slice(&piece[..n]);
                Ok(true)
            }
            Err(Errno::AGAIN | Errno::INTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Send what the socket takes. False if it takes nothing.
    fn send(&mut self) -> io::Result<bool> {
        if self.sent == self.output.len() && !self.fill()? {
            self.phase = if self.keep_alive {
                Phase::Receiving
            } else {
                Phase::Closed
            };
            return Ok(true);
        }
        let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
        match send(&self.socket, &self.output[self.sent..], flags) {
            Ok(n) => {
                self.sent += n;
                Ok(true)
            }
            Err(Errno::AGAIN | Errno::INTR) => Ok(false),
            Err(Errno::PIPE | Errno::CONNRESET) => {
                self.phase = Phase::Closed;
                Ok(true)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Take the next piece of the file into the output. False if there is none.
    fn fill(&mut self) -> io::Result<bool> {
        self.output.clear();
        self.sent = 0;
        let Some((file, left)) = &mut self.rest else {
            return Ok(false);
        };
        if *left == 0 {
            self.rest = None;
            return Ok(false);
        }
        let length = usize::try_from(*left).unwrap_or(PIECE).min(PIECE);
        self.output.resize(length, 0);
        // Nobody but the caller of the observer can change the file: if it is shorter now, that is an error of ours.
        file.read_exact(&mut self.output)?;
        *left -= length as u64;
        Ok(true)
    }
}
