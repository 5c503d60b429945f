//! The server from which a program gets some of its data files, at `http://127.0.0.1:8000`.
//!
//! # Theory of operation
//!
//! The server is a part of the observer. The kernel reports each `connect` of the program, and never carries one out. For
//! the address of the server the observer makes a pair of connected sockets, keeps one of them, and puts the other into
//! the program in the place of the socket that the program wanted to connect. So the program has a
//! connection to the server and no way to anything else, whatever networks the machine has.
//!
//! A request that has come as a whole is a *held read* of its file: it waits on the virtual disk beside the reads of
//! other files, and is answered when its latency has passed in virtual time. What asks for no file is answered at once.
//!
//! The two sockets are of the local family, and not of TCP. What one side of such a pair writes is there for the other
//! side when the call returns. Over TCP it comes a moment later, even on one machine, in which all threads of the program
//! sleep and the program is not quiescent. With the pair, whatever the program has sent until it is quiescent has come,
//! and one look at the sockets shows it. A program notices the difference only if it asks for the family of its socket:
//! the observer answers for the addresses and for the options of TCP.
//!
//! The server never blocks: it takes and gives what the sockets have and take. What a client does not read stays in its
//! file until the client reads. Connections, requests and what is kept for them are bounded.
//!
//! This module never moves the clock, and never knows a thread.

pub(crate) mod address;
mod connection;
mod http;

use std::{
    fs::File,
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::PathBuf,
};

use rustc_hash::FxHashMap;
use rustix::{
    event::{
        Timespec,
        epoll::{self, CreateFlags, Event, EventData, EventFlags},
    },
    io::Errno,
    net::{AddressFamily, SocketFlags, SocketType, socketpair},
};

use self::{
    address::End,
    connection::{Answer, Body, Connection, Phase},
    http::{Request, Status},
};
use crate::options::{Served, ServerAnswer, SlowData};

/// The largest number of connections at once.
const MAX_OPEN: usize = 256;

/// The largest number of connections in one run.
const MAX_CONNECTIONS: u32 = 50_000;

/// The number of sockets that are looked at in one turn.
const MAX_EVENTS: usize = 64;

/// A path at which the server has something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Route {
    /// The index of the file.
    file: u32,
    answer: ServerAnswer,
}

/// A connection, and the request that waits on it.
#[derive(Debug)]
struct Client {
    connection: Connection,
    waits_for: Option<Route>,
}

/// What happened at the sockets that the virtual disk must know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Happened {
    /// A request for a file has come.
    Requested {
        connection: u32,
        file: u32,
        /// The length of the file, if the answer is about its contents, and not only about where or how long it is.
        brings: Option<u64>,
    },
    /// The client of a request that waits is gone.
    Gone { connection: u32 },
}

/// A data file that is served.
#[derive(Debug)]
struct Content {
    name: String,
    /// The file with the contents.
    path: PathBuf,
    length: u64,
}

/// The server of one program.
#[derive(Debug)]
pub(crate) struct Server {
    /// What is served, by the index of the data file.
    contents: FxHashMap<u32, Content>,
    routes: FxHashMap<String, Route>,
    clients: FxHashMap<u32, Client>,
    /// The sockets of the program by their inodes, also of connections that are over.
    ends: FxHashMap<u64, End>,
    /// The number of connections so far.
    connections: u32,
    epoll: OwnedFd,
}

impl Server {
    /// The server of the files in `data` that are served. `None` if there are none.
    pub(crate) fn new(data: &SlowData) -> io::Result<Option<Self>> {
        let (mut contents, mut routes) = (FxHashMap::default(), FxHashMap::default());
        for (file, slow) in (0..).zip(&data.files) {
            let Some(Served {
                contents: path,
                answer,
            }) = &slow.served
            else {
                continue;
            };
            let (name, path, answer) = (slow.name.clone(), path.clone(), *answer);
            if answer == ServerAnswer::Redirect {
                let answer = ServerAnswer::Whole;
                routes.insert(moved(&name), Route { file, answer });
            }
            routes.insert(format!("/{name}"), Route { file, answer });
            let mut content = Content {
                name,
                path,
                length: 0,
            };
            // A file that cannot be opened is an error of the caller, and must not wait for a request.
            content.length = content.open()?.1;
            contents.insert(file, content);
        }
        if contents.is_empty() {
            return Ok(None);
        }
        Ok(Some(Self {
            contents,
            routes,
            clients: FxHashMap::default(),
            ends: FxHashMap::default(),
            connections: 0,
            epoll: epoll::create(CreateFlags::CLOEXEC)?,
        }))
    }

    /// Whether `data` has a file that is served.
    pub(crate) fn is_needed(data: Option<&SlowData>) -> bool {
        data.is_some_and(|data| data.files.iter().any(|file| file.served.is_some()))
    }

    /// A descriptor that is readable when [`proceed`](Self::proceed) has something to do.
    pub(crate) fn as_fd(&self) -> BorrowedFd<'_> {
        self.epoll.as_fd()
    }

    /// Whether there is a connection now.
    pub(crate) fn has_clients(&self) -> bool {
        !self.clients.is_empty()
    }

    /// The number of connections so far.
    pub(crate) fn connections(&self) -> u32 {
        self.connections
    }

    /// What the program is to see of the socket with this inode, if it is its end of a connection.
    pub(crate) fn end(&mut self, inode: u64) -> Option<&mut End> {
        self.ends.get_mut(&inode)
    }

    /// Make a connection. Returns its number, and the end of the program. `None` if there are too many.
    pub(crate) fn connect(&mut self) -> io::Result<Option<(u32, OwnedFd)>> {
        if self.clients.len() >= MAX_OPEN || self.connections >= MAX_CONNECTIONS {
            return Ok(None);
        }
        let flags = SocketFlags::CLOEXEC;
        let pair = socketpair(AddressFamily::UNIX, SocketType::STREAM, flags, None);
        let (own, theirs) = match pair {
            Ok(pair) => pair,
            // What this process may open is one more bound.
            Err(Errno::MFILE | Errno::NFILE) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let number = self.connections;
        self.connections += 1;
        let connection = Connection::new(own);
        let data = EventData::new_u64(number.into());
        epoll::add(&self.epoll, connection.as_fd(), data, connection.interest())?;
        let client = Client {
            connection,
            waits_for: None,
        };
        self.clients.insert(number, client);
        let inode = rustix::fs::fstat(&theirs)?.st_ino;
        self.ends.insert(inode, End::new(number));
        Ok(Some((number, theirs)))
    }

    /// Take and give what the sockets have and take. Returns whether anything moved. What the virtual disk must know is
    /// added to `happened`.
    pub(crate) fn proceed(&mut self, happened: &mut Vec<Happened>) -> io::Result<bool> {
        let none = Event {
            flags: EventFlags::empty(),
            data: EventData::new_u64(0),
        };
        let mut events = [none; MAX_EVENTS];
        let count = match epoll::wait(&self.epoll, &mut events[..], Some(&Timespec::default())) {
            Ok(count) => count,
            Err(Errno::INTR) => return Ok(true),
            Err(error) => return Err(error.into()),
        };
        for event in &events[..count] {
            let (data, flags) = (event.data, event.flags);
            let Ok(number) = u32::try_from(data.u64()) else {
                continue;
            };
            if !self.clients.contains_key(&number) {
                continue;
            }
            // What has come before the end is a request all the same, whenever the server looks.
            self.go_on(number, happened)?;
            // Both directions are closed, so nobody reads an answer. If only one is, the client still reads.
            if flags.intersects(EventFlags::HUP | EventFlags::ERR)
                && let Some(client) = self.clients.get_mut(&number)
            {
                client.connection.close();
                self.go_on(number, happened)?;
            }
        }
        Ok(count > 0)
    }

    /// Answer the request that waits on a connection.
    pub(crate) fn answer(&mut self, number: u32, happened: &mut Vec<Happened>) -> io::Result<()> {
        let Some(client) = self.clients.get_mut(&number) else {
            return Ok(());
        };
        let Some(route) = client.waits_for.take() else {
            return Ok(());
        };
        let answer = match self.contents.get(&route.file) {
            Some(content) => content.answer(route.answer)?,
            None => Answer::plain(Status::NotFound),
        };
        client.connection.answer(answer);
        self.go_on(number, happened)
    }

    /// Let a connection go on as far as it can.
    fn go_on(&mut self, number: u32, happened: &mut Vec<Happened>) -> io::Result<()> {
        let Some(client) = self.clients.get_mut(&number) else {
            return Ok(());
        };
        while let Some(request) = client.connection.proceed()? {
            let Request {
                path, head_only, ..
            } = request;
            match self.routes.get(&path) {
                Some(&route) => {
                    let is_brought = !head_only && route.answer != ServerAnswer::Redirect;
                    let content = self.contents.get(&route.file).filter(|_| is_brought);
                    let brings = content.map(|content| content.length);
                    client.waits_for = Some(route);
                    happened.push(Happened::Requested {
                        connection: number,
                        file: route.file,
                        brings,
                    });
                }
                None => client.connection.answer(Answer::plain(Status::NotFound)),
            }
        }
        if client.connection.phase() == Phase::Closed {
            if client.waits_for.is_some() {
                happened.push(Happened::Gone { connection: number });
            }
            // Its socket leaves the list of those that are watched when it is closed.
            self.clients.remove(&number);
            return Ok(());
        }
        let data = EventData::new_u64(number.into());
        let interest = client.connection.interest();
        epoll::modify(&self.epoll, client.connection.as_fd(), data, interest)?;
        Ok(())
    }
}

impl Content {
    /// The file and its length.
    fn open(&self) -> io::Result<(File, u64)> {
        let opened = File::open(&self.path).and_then(|file| {
            let length = file.metadata()?.len();
            Ok((file, length))
        });
        opened.map_err(|error| {
            let text = format!("failed to open `{}`: {error}", self.path.display());
            io::Error::new(error.kind(), text)
        })
    }

    fn answer(&self, answer: ServerAnswer) -> io::Result<Answer> {
        let part = |of: fn(u64) -> u64| {
            let (file, length) = self.open()?;
            let bytes = of(length);
            Ok(Answer {
                status: Status::Ok,
                location: None,
                body: Body::File {
                    file,
                    bytes,
                    length,
                },
            })
        };
        match answer {
            ServerAnswer::Whole => part(|length| length),
            ServerAnswer::Truncated => part(|length| length / 2),
            ServerAnswer::NotFound => Ok(Answer::plain(Status::NotFound)),
            ServerAnswer::Unavailable => Ok(Answer::plain(Status::Unavailable)),
            ServerAnswer::Redirect => Ok(Answer {
                location: Some(moved(&self.name)),
                ..Answer::plain(Status::Found)
            }),
        }
    }
}

/// Where a file is to which the server sends its client.
fn moved(name: &str) -> String {
    format!("/moved/{name}")
}

#[cfg(test)]
mod tests;
