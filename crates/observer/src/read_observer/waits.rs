//! How the observer holds the waits with a limit on time, and responds to them.
//!
//! `timed_waits` has the account of them and says why they are held. This module asks the kernel about them. It never
//! moves the clock.

use std::{io, time::Duration};

use super::{QUIET_TIME, ReadObserver};
use crate::{
    files::data_files::{DataFiles, descriptor},
    memory,
    quiescence::sleep,
    seccomp::{
        notify::{Notification, Response},
        syscall_table::{self, Timeout, Until},
    },
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
        let mut wait = TimedWait {
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
        let is_over = early_response(&mut self.files, &wait);
        if is_over.is_none() {
            let naps = Naps::next(self.naps, tid, (self.last_move, self.disk.now()));
            wait.ends = naps.shortened(wait.ends, due);
            self.naps = Some(naps);
            self.waits.hold(wait);
        }
        is_over
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
        Awaited::Event { fd } => match files.is_ready(tid, fd) {
            Ok(false) => None,
            // The kernel reports the events, or says what is wrong.
            Ok(true) | Err(_) => Some(Response::Continue),
        },
    }
}
