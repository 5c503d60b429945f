//! How the observer connects the program with its server, and holds the requests of the program.
//!
//! `server` has the sockets and speaks HTTP. This module asks the kernel about the program's sockets, and puts requests
//! on the virtual disk beside the reads of other files. It never lets the kernel carry out an attempt to connect.

use std::{fs, io, os::fd::AsFd as _};

use rustix::{
    fs::OFlags,
    io::Errno,
    net::{AddressFamily, SocketType, sockopt},
};

use super::{QUIET_TIME, ReadObserver};
use crate::{
    blocks::{Blocks, Charge},
    files::data_files::descriptor,
    memory,
    seccomp::{
        notify::{Notification, Response},
        syscall_table::SocketCall,
    },
    server::{
        Happened,
        address::{LENGTH, SERVER, bytes_of, destination},
    },
    virtual_disk::Waiter,
};

/// The connecting thread of each connection: its number, and its index in the ledger.
pub(super) type Connecting = rustc_hash::FxHashMap<u32, (i32, u32)>;

impl ReadObserver {
    /// Respond to a call about a socket.
    pub(super) fn handle_socket(
        &mut self,
        call: SocketCall,
        notification: Notification,
    ) -> io::Result<Response> {
        if call == SocketCall::Connect {
            let response = match self.connect(notification)? {
                Ok(()) => Response::Value(0),
                Err(number) => Response::Error(number),
            };
            return Ok(response);
        }
        let Notification { tid, arguments, .. } = notification;
        let inode = self
            .files
            .copy(tid, descriptor(arguments[0]))
            .and_then(rustix::fs::fstat)
            .map(|stat| stat.st_ino);
        let Some(end) = inode
            .ok()
            .and_then(|inode| self.server.as_mut()?.end(inode))
        else {
            // Not the program's end of a connection: the kernel knows.
            return Ok(Response::Continue);
        };
        let option = descriptor(arguments[2]);
        let given = match call {
            SocketCall::Connect => return Ok(Response::Error(libc::EISCONN)),
            SocketCall::SetOption => {
                let mut value = [0; 4];
                return Ok(match memory::read(tid, arguments[3], &mut value) {
                    Ok(4) => {
                        end.set(option, i32::from_ne_bytes(value));
                        Response::Value(0)
                    }
                    _ => Response::Error(libc::EFAULT),
                });
            }
            SocketCall::Option => {
                let value = end.option(option).to_ne_bytes();
                give(tid, arguments[3], arguments[4], &value)
            }
            SocketCall::OwnAddress => {
                give(tid, arguments[1], arguments[2], &bytes_of(end.address()))
            }
            SocketCall::PeerAddress => give(tid, arguments[1], arguments[2], &bytes_of(SERVER)),
        };
        Ok(match given {
            Ok(()) => Response::Value(0),
            Err(_) => Response::Error(libc::EFAULT),
        })
    }

    /// Connect the program's socket with the server, if it has asked for that. The inner error is the program's.
    fn connect(&mut self, notification: Notification) -> io::Result<Result<(), i32>> {
        let Notification {
            id, tid, arguments, ..
        } = notification;
        let fd = descriptor(arguments[0]);
        let mut bytes = [0; LENGTH];
        // The address is copied here, once. What the program writes there later is never looked at.
        let length = match usize::try_from(descriptor(arguments[2])) {
            Ok(length) if length <= 128 => length.min(LENGTH),
            _ => return Ok(Err(libc::EINVAL)),
        };
        match memory::read(tid, arguments[1], &mut bytes[..length]) {
            Ok(got) if got == length => {}
            _ => return Ok(Err(libc::EFAULT)),
        }
        if let Err(number) = destination(&bytes[..length]) {
            return Ok(Err(number));
        }
        let Some(flags) = flags_of(tid, fd) else {
            return Ok(Err(libc::EBADF));
        };
        let socket = match self.files.copy(tid, fd) {
            Ok(socket) => Some(socket),
            Err(Errno::BADF) => return Ok(Err(libc::EBADF)),
            // Without a copy nothing is known of its kind. In the place of whatever it is comes a socket of the server.
            Err(_) => None,
        };
        if let Some(socket) = &socket {
            match (sockopt::socket_domain(socket), sockopt::socket_type(socket)) {
                (Ok(AddressFamily::INET), Ok(SocketType::STREAM)) => {}
                // The program's end of a connection, or of a pair of its own.
                (Ok(AddressFamily::UNIX), _) => return Ok(Err(libc::EISCONN)),
                (Err(Errno::NOTSOCK), _) => return Ok(Err(libc::ENOTSOCK)),
                _ => return Ok(Err(libc::ECONNREFUSED)),
            }
        }
        let Some(process) = self.detector.process_of(tid)? else {
            // The thread was killed during its call.
            return Ok(Err(libc::ECONNREFUSED));
        };
        let connected = match &mut self.server {
            Some(server) => server.connect()?,
            None => None,
        };
        let Some((connection, theirs)) = connected else {
            return Ok(Err(libc::ECONNREFUSED));
        };
        let own_flags = rustix::fs::fcntl_getfl(&theirs)?;
        rustix::fs::fcntl_setfl(&theirs, own_flags | (flags & OFlags::NONBLOCK))?;
        if let Some(socket) = &socket {
            for limit in [sockopt::Timeout::Recv, sockopt::Timeout::Send] {
                let set = sockopt::socket_timeout(socket, limit)?;
                sockopt::set_socket_timeout(&theirs, limit, set)?;
            }
        }
        let close_on_exec = flags.contains(OFlags::CLOEXEC);
        let thread = self.ledger.thread(tid, process);
        self.connecting.insert(connection, (tid, thread));
        self.wait_policy.on_read(tid);
        let number = fd.cast_unsigned();
        // If the thread is gone, so is its end of the connection, and the server notices that.
        self.listener
            .replace(id, theirs.as_fd(), number, close_on_exec)?;
        Ok(Ok(()))
    }

    /// Let the server take and give what its sockets have and take. Returns whether anything moved: then the program has
    /// run, or can run.
    pub(super) fn proceed_server(&mut self) -> io::Result<bool> {
        let Some(server) = &mut self.server else {
            return Ok(false);
        };
        let mut happened = Vec::new();
        let moved = server.proceed(&mut happened)?;
        self.take_in(happened)?;
        if moved {
            self.activity += 1;
            self.check_interval = QUIET_TIME;
            if !self.nothing_held() {
                self.next_check = Some(self.start.elapsed() + self.quiet_time());
            }
        }
        Ok(moved)
    }

    /// Answer the request that is held on a connection.
    pub(super) fn answer(
        &mut self,
        connection: u32,
        happened: &mut Vec<Happened>,
    ) -> io::Result<()> {
        match &mut self.server {
            Some(server) => server.answer(connection, happened),
            None => Ok(()),
        }
    }

    /// Hold the requests that have come. If reads are not observed, or not any more, answer them.
    pub(super) fn take_in(&mut self, mut happened: Vec<Happened>) -> io::Result<()> {
        let mut next = 0;
        // An answer may let another request come.
        while let Some(&this) = happened.get(next) {
            next += 1;
            match this {
                Happened::Gone { connection } => {
                    if self.disk.forget_request(connection) {
                        self.ledger.cut_off(1);
                    }
                }
                Happened::Requested { connection, .. }
                    if !self.is_observed || self.exceeded.is_some() =>
                {
                    self.answer(connection, &mut happened)?;
                }
                Happened::Requested {
                    connection,
                    file,
                    brings,
                } => {
                    let Some(&(tid, thread)) = self.connecting.get(&connection) else {
                        continue;
                    };
                    if self.detector.threads().contains(tid) {
                        self.wait_policy.on_read(tid);
                    }
                    if let Some(length) = brings {
                        self.ledger.requested(thread, file, length, length);
                    }
                    let charge = Charge {
                        blocks: brings.map_or(Blocks::NONE, |_| Blocks::ALL),
                        quarters: evidence::BLOCKS,
                        undelivered: None,
                    };
                    if self.disk.held().is_empty() {
                        self.step_start = self.step_start.max(self.start.elapsed());
                    }
                    self.disk
                        .hold(Waiter::Request(connection), thread, file, charge);
                }
            }
        }
        Ok(())
    }
}

/// The flags of a thread's descriptor and of what is behind it.
fn flags_of(tid: i32, fd: i32) -> Option<OFlags> {
    let text = fs::read_to_string(format!("/proc/{tid}/fdinfo/{fd}")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("flags:"))?;
    let bits = u32::from_str_radix(line.trim(), 8).ok()?;
    Some(OFlags::from_bits_retain(bits))
}

/// Write what a call gives to the program: as much of `bytes` as there is room for, and their whole length. The call's
/// argument points to the room.
fn give(tid: i32, at: u64, length_at: u64, bytes: &[u8]) -> io::Result<()> {
    let mut room = [0; 4];
    if memory::read(tid, length_at, &mut room)? != room.len() {
        return Err(io::Error::from_raw_os_error(libc::EFAULT));
    }
    let room = usize::try_from(u32::from_ne_bytes(room)).unwrap_or(0);
    memory::write(tid, at, &bytes[..bytes.len().min(room)])?;
    let length = u32::try_from(bytes.len()).unwrap_or(0);
    memory::write(tid, length_at, &length.to_ne_bytes())
}
