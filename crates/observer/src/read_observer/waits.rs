//! How the observer holds the waits with a limit on time, and responds to them.
//!
//! `timed_waits` has the account of them and says why they are held. This module asks the kernel about them. It never
//! moves the clock.

use std::{io, time::Duration};

use rustix::{fs::OFlags, io::Errno, net::sockopt};

use super::{QUIET_TIME, ReadObserver};
use crate::{
    files::data_files::{DataFiles, descriptor},
    memory,
    quiescence::sleep,
    seccomp::{
        notify::{Notification, Response},
        syscall_table::{self, At, Call, Length, Timeout, Until},
    },
    server::Server,
    timed_waits::{Awaited, Naps, TimedWait, rounded},
};

/// The longest wait that is held. Nobody waits for the end of a longer one.
const LONGEST: Duration = Duration::from_secs(1 << 20);

impl ReadObserver {
    /// A thread goes on after a call. What it computes from the time of day, it computes after this.
    pub(super) fn note_resumed(&mut self, tid: i32) {
        if self.options.slow.is_some() {
            self.resumed.insert(tid, self.start.elapsed());
        }
    }

    /// Hold a wait. If that is not possible, or if it is over already, returns the response.
    pub(super) fn hold_wait(
        &mut self,
        notification: Notification,
        until: Until,
    ) -> Option<Response> {
        let Notification {
            tid,
            number,
            arguments,
            ..
        } = notification;
        let timeout = syscall_table::timeout_of(number.into(), arguments);
        let left = timeout.and_then(|timeout| sleep::left(tid, timeout));
        let now = self.start.elapsed();
        let (Some(timeout), Some(left)) = (timeout, left) else {
            return Some(Response::Continue);
        };
        if left.is_zero() || left > LONGEST {
            return Some(Response::Continue);
        }
        let resumed = self.resumed.get(&tid).copied().unwrap_or_default();
        let running = now.saturating_sub(resumed.max(self.last_move));
        // A span in whole milliseconds is what the program asked for, except where a runtime computes it.
        let is_exact =
            matches!(timeout, Timeout::For(_)) && left.subsec_nanos().is_multiple_of(1_000_000);
        let most = if is_exact { left } else { left + running };
        let due = self.disk.now().saturating_add(rounded(left, most));
        let wait = TimedWait {
            notification,
            awaited: match until {
                Until::Limit => Awaited::Nothing,
                Until::WordDiffers { address, value } => Awaited::Word {
                    address: arguments[address],
                    // The kernel uses the low half.
                    value: descriptor(arguments[value]).cast_unsigned(),
                },
                Until::EventReady { fd } => Awaited::Event {
                    fd: descriptor(arguments[fd]),
                },
            },
            due,
            ends: now + left,
        };
        self.hold_unless_over(wait)
    }

    fn hold_unless_over(&mut self, mut wait: TimedWait) -> Option<Response> {
        let is_over = early_response(&mut self.files, &wait);
        if is_over.is_none() {
            let tid = wait.notification.tid;
            let naps = Naps::next(self.naps, tid, (self.last_move, self.disk.now()));
            wait.ends = naps.shortened(wait.ends, wait.due);
            self.naps = Some(naps);
            self.waits.hold(wait);
        }
        is_over
    }

    /// Hold a call that waits for the server's answer at a socket with a limit on time. Returns whether it is held.
    pub(super) fn hold_receive(&mut self, call: Call, notification: Notification) -> bool {
        let Notification { tid, arguments, .. } = notification;
        let is_empty = match call {
            Call::Access {
                at: At::Position,
                length: Length::Argument(i),
                ..
            } => arguments[i] == 0,
            Call::Receive
            | Call::Access {
                at: At::Position, ..
            } => false,
            _ => return false,
        };
        let fd = descriptor(arguments[0]);
        if is_empty || !self.server.as_ref().is_some_and(Server::has_clients) {
            return false;
        }
        // Without a copy, the kernel's own limit of real time counts.
        let Ok(Some(limit)) = self.limit_of_socket(tid, fd) else {
            return false;
        };
        if limit > LONGEST {
            return false;
        }
        let wait = TimedWait {
            notification,
            awaited: Awaited::Input { fd },
            // The kernel keeps the limit in ticks of its clock, and has rounded it up to them.
            due: self.disk.now().saturating_add(rounded(limit, limit)),
            ends: self.start.elapsed() + limit,
        };
        self.hold_unless_over(wait).is_none()
    }

    /// How long a call that receives from the program's end of a connection waits, if it waits, and not for ever.
    fn limit_of_socket(&mut self, tid: i32, fd: i32) -> Result<Option<Duration>, Errno> {
        let socket = self.files.copy(tid, fd)?;
        let inode = rustix::fs::fstat(&socket)?.st_ino;
        let is_end = self.server.as_mut().is_some_and(|s| s.end(inode).is_some());
        if !is_end || rustix::fs::fcntl_getfl(&socket)?.contains(OFlags::NONBLOCK) {
            return Ok(None);
        }
        sockopt::socket_timeout(&socket, sockopt::Timeout::Recv)
    }

    /// Respond to the waits that have come to their end, as what the thread waits for has happened. Returns whether there
    /// were any.
    pub(super) fn release_awaited(&mut self) -> io::Result<bool> {
        let files = &mut self.files;
        let over = self.waits.take(|wait| early_response(files, wait));
        if !over.is_empty() {
            self.naps = None;
        }
        self.release_waits(&over)
    }

    /// Respond to the waits whose limit has passed in virtual and in real time. The program is quiescent. Returns whether
    /// there were any.
    pub(super) fn release_limits(&mut self) -> io::Result<bool> {
        let (now, virtual_now) = (self.start.elapsed(), self.disk.now());
        let over = self.waits.take(|wait| {
            let is_over = wait.due <= virtual_now && wait.ends <= now;
            is_over.then_some(match wait.awaited {
                Awaited::Nothing | Awaited::Event { .. } => Response::Value(0),
                Awaited::Input { .. } => Response::Error(libc::EAGAIN),
                Awaited::Word { .. } => Response::Error(libc::ETIMEDOUT),
            })
        });
        if let [(wait, _), others @ ..] = &over[..] {
            let tid = wait.notification.tid;
            self.naps = self.naps.filter(|_| others.is_empty());
            self.naps = self.naps.and_then(|naps| naps.end(tid));
        }
        self.release_waits(&over)
    }

    fn release_waits(&mut self, over: &[(TimedWait, Response)]) -> io::Result<bool> {
        for (wait, response) in over {
            let Notification { id, tid, .. } = wait.notification;
            if self.listener.respond(id, *response)? {
                self.likely_running.insert(tid);
                self.note_resumed(tid);
            }
        }
        if over.is_empty() {
            return Ok(false);
        }
        self.activity += 1;
        self.check_interval = QUIET_TIME;
        self.next_check = Some(self.start.elapsed() + self.quiet_time());
        Ok(true)
    }

    /// Whether the limit of a wait has passed in virtual time, and not yet in real time. If so, the program is checked
    /// again when it has.
    pub(super) fn must_wait_for_real_time(&mut self) -> bool {
        let listener = &self.listener;
        self.waits
            .take(|wait| (!listener.waits(wait.notification.id)).then_some(()));
        let ends = self.waits.next_end(self.disk.now());
        if let Some(ends) = ends {
            self.next_check = Some(ends.max(self.start.elapsed()));
        }
        ends.is_some()
    }

    /// Let virtual time follow real time, if a thread naps again and again.
    pub(super) fn follow_real_time(&mut self) {
        if let (Some(naps), Some(next_due)) = (self.naps, self.disk.first_due()) {
            let (now, time) = (self.start.elapsed(), self.disk.now());
            let followed = naps.followed(now, time, next_due);
            if followed > time {
                self.disk.move_to(followed);
            }
        }
    }

    /// The virtual time at which the first limit of a wait passes, if that is before the first held read is due.
    pub(super) fn limit_before_reads(&self) -> Option<u32> {
        let first = self.waits.first_due()?;
        let is_first = self.disk.first_due().is_none_or(|due| first < due);
        is_first.then_some(first)
    }
}

/// The response to a wait for something that has happened.
fn early_response(files: &mut DataFiles, wait: &TimedWait) -> Option<Response> {
    let tid = wait.notification.tid;
    match wait.awaited {
        Awaited::Nothing => None,
        Awaited::Word { address, value } => {
            let mut word = [0; 4];
            match memory::read(tid, address, &mut word) {
                Ok(4) if u32::from_ne_bytes(word) == value => None,
                Ok(4) => Some(Response::Error(libc::EAGAIN)),
                // The kernel says what is wrong.
                _ => Some(Response::Continue),
            }
        }
        Awaited::Event { fd } | Awaited::Input { fd } => match files.is_ready(tid, fd) {
            Ok(false) => None,
            // The kernel reports the events, or says what is wrong.
            Ok(true) | Err(_) => Some(Response::Continue),
        },
    }
}
