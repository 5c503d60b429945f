//! How the observer moves the virtual clock, once the program is quiescent.
//!
//! It never finds out whether the program is quiescent.

use std::{io, time::Duration};

use evidence::TimeUnit;

use super::ReadObserver;
use crate::{
    seccomp::notify::{Notification, Response},
    virtual_disk::Waiter,
};

/// The largest number of threads with which the observer takes turns on one processor. To wake a thread on another
/// processor takes longer than most threads run between two calls. With many threads, the time for which all of them
/// run together is longer.
const MAX_TURN_TAKERS: usize = 16;

impl ReadObserver {
    /// Move the clock to the next time at which a held read is due, and let all reads return that are due then. If the
    /// limit of a wait passes before that, move the clock there.
    pub(super) fn advance(&mut self, now: Duration) -> io::Result<()> {
        if self.must_wait_for_real_time() {
            return Ok(());
        }
        if self.disk.unit() == TimeUnit::Millisecond {
            // What was written came before the wait in which virtual time follows real time.
            self.ledger.record_output(self.disk.now(), self.output);
        }
        self.follow_real_time();
        let limit = self.limit_before_reads();
        let ignored = self.detector.ignored();
        self.time_held_before = self.time_held();
        self.activity += 1;
        let slept = self.wait_policy.next_step();
        if !ignored.is_empty() {
            let waited = now.saturating_sub(self.step_start);
            // Sleep has budgets of its own.
            self.busy_time += waited.saturating_sub(slept);
            if self.busy_time > self.options.restless_limit * 3 / 4 {
                self.wait_policy.stop_waiting_for_dispatchers();
            }
            self.wait_policy.mark_skipped(ignored);
            self.ledger.record_spinning(self.detector.spinning());
        }
        self.record_running_threads();
        self.next_check = None;
        self.likely_running.clear();
        self.ledger.record_overlap(self.disk.held());
        let due = match limit {
            Some(_) => Vec::new(),
            None => self.disk.take_due(),
        };
        self.listener
            .take_turns(due.len() + self.disk.held().len() <= MAX_TURN_TAKERS);
        let (mut served, mut happened) = (Vec::new(), Vec::new());
        for read in due {
            let is_awaited = match read.waiter {
                Waiter::Call(Notification { id, tid, .. }) => {
                    let is_awaited = self.listener.respond(id, Response::Continue)?;
                    if is_awaited {
                        self.likely_running.insert(tid);
                        self.note_resumed(tid);
                    }
                    is_awaited
                }
                Waiter::Request(connection) => {
                    self.answer(connection, &mut happened)?;
                    true
                }
            };
            if is_awaited {
                self.ledger.served(&read);
                served.push(read);
            } else {
                // The thread was killed while its read was held.
                self.ledger.cut_off(1);
            }
        }
        if let Some(limit) = limit {
            self.disk.move_to(limit);
        } else {
            self.naps = None;
            self.disk.advance(&served);
        }
        // Requests that came together with those that are answered now begin to wait now.
        self.take_in(happened)?;
        let now = self.start.elapsed();
        self.last_move = now;
        if !self.nothing_held() {
            // Real time in which the program waits by itself is its own: the next step begins after it.
            let ends = self.waits.next_end(self.disk.now());
            self.step_start = ends.map_or(now, |ends| ends.max(now));
            self.next_check = Some(match (limit, ends) {
                (Some(_), Some(ends)) => ends.max(now),
                _ => now + self.quiet_time(),
            });
        }
        Ok(())
    }

    /// Record which threads ran since the program was last quiescent. Before the first quiescence all threads
    /// start, and that is not recorded.
    fn record_running_threads(&mut self) {
        let threads = self.detector.threads();
        for (tid, process) in threads.take_exited() {
            self.ledger.thread_exits(tid, process);
        }
        let most = &mut self.ledger.threads_at_once;
        *most = threads.most_threads(*most);
        let ran = threads.take_ran(&self.wait_policy);
        if self.disk.steps() == 0 {
            self.ledger.forget_startup();
        } else {
            self.ledger.threads_ran(&ran);
        }
    }
}
