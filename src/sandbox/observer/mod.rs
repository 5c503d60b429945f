//! Watch one program from outside: which thread reads which data file, and how many reads overlap.
//!
//! # Theory of operation
//!
//! On a fast disk nobody can tell by a clock whether a program reads in parallel: its threads are done
//! before the next one starts. So every access to a data file is stopped and held, as by a disk that is
//! slower than anything. When nothing in the program can run any more, all that it can have under way
//! at once *is* under way. Then a virtual clock moves on by one unit and all held accesses go on
//! together: one *round*. Files divided by rounds is the mean number of reads in flight, exactly, and
//! independent of the machine, its load and its number of processors. And it is quick: nobody waits
//! for a real disk.
//!
//! Holding is done by the kernel: `filter` is a seccomp filter that hands some system calls to us
//! instead of carrying them out, and `notify` receives and answers them. `calls` says what each of them
//! means: `files` finds which file an access goes to, `passes` decides which accesses wait, `disk` is
//! the clock, `tasks` finds out whether the program is at rest, `patience` for how long a thread that
//! will not rest is waited for, and `ledger` writes down what was seen. `fake_cpus` shows the program
//! the same number of processors everywhere.
//!
//! Everything here runs in the supervisor's one loop: it never blocks, and says when it wants to be
//! called next.
//!
//! This room judges nothing, and a failure of its own is an error, never a smaller number.

mod calls;
mod disk;
mod fake_cpus;
mod files;
pub(super) mod filter;
mod ledger;
mod memory;
mod notify;
mod passes;
mod patience;
mod processes;
mod sleep;
mod syscalls;
mod tasks;

use std::{
    collections::{HashMap, HashSet},
    io,
    os::fd::{BorrowedFd, OwnedFd},
    path::Path,
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
};
use serde::{Deserialize, Serialize};

use self::{
    disk::{Disk, Waiting},
    files::DataFiles,
    ledger::Ledger,
    notify::{Answer, Listener, Notice},
    passes::Passes,
    patience::{Moment, Patience, Standing},
    syscalls::Call,
    tasks::{Rest, Tasks},
};
use crate::evidence::{Cap, Observation};

/// Real time without a call after which the program is looked at. Shorter, and most looks find somebody
/// running; longer, and every round of a program whose threads come back one by one takes longer.
const SETTLE: Duration = Duration::from_micros(30);

/// Between two looks at a program that computes, at most.
const LOOK_AGAIN: Duration = Duration::from_micros(500);

/// A program that makes calls without end is looked at all the same, this often.
const LOOK_AT_LEAST: Duration = Duration::from_millis(1);

/// Calls answered before the supervisor's loop looks at the other things it watches.
const BATCH: usize = 64;

/// What the observer shows, and how much it bears.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ObserverOptions {
    /// Processors that the program sees.
    pub processors: u32,
    /// Real time in which a program must come to rest between two rounds.
    pub rest_limit: Duration,
    /// Real time in all that may pass in rounds in which some thread does not rest, and is given up.
    pub restless_limit: Duration,
    /// Real time in all in which some access may be held. The program's own limit on time stands still
    /// meanwhile.
    pub hold_limit: Duration,
    /// Rounds for each data file, at most.
    pub rounds_per_file: u32,
}

impl Default for ObserverOptions {
    fn default() -> Self {
        Self {
            processors: 8,
            rest_limit: Duration::from_secs(10),
            restless_limit: Duration::from_secs(6),
            hold_limit: Duration::from_secs(30),
            rounds_per_file: 20,
        }
    }
}

/// Watches one program, from before its first instruction until nothing of it is left.
#[derive(Debug)]
pub(super) struct Observer {
    listener: Listener,
    options: ObserverOptions,
    files: DataFiles,
    passes: Passes,
    disk: Disk,
    ledger: Ledger,
    tasks: Tasks,
    patience: Patience,
    /// Threads that made a call, or were let go, since the program was last found at rest.
    awake: HashSet<i32>,
    start: Instant,
    /// When to look next, as real time from the start.
    next: Option<Duration>,
    pause: Duration,
    /// When the present round began to be waited for.
    round_began: Duration,
    last_notice: Duration,
    last_look: Duration,
    /// Counts up whenever somebody was seen who can run and for whom we wait: what threads that are not
    /// waited for did before that proves nothing.
    stir: u64,
    /// Calls of each living thread that had to wait for us.
    calls: HashMap<i32, u64>,
    restless: Duration,
    /// Real time in which accesses were held, of the rounds before this one.
    held: Duration,
    capped: Option<Cap>,
    closed: bool,
}

impl Observer {
    /// Watch the program whose first process is `root`, which runs under [`filter::install`].
    ///
    /// # Errors
    /// The data folder cannot be read.
    pub(super) fn new(
        listener: OwnedFd,
        root: rustix::process::Pid,
        data_folder: &Path,
        options: ObserverOptions,
    ) -> io::Result<Self> {
        let files = DataFiles::scan(data_folder)?;
        memory::wait_exactly();
        #[expect(clippy::disallowed_methods, reason = "this is the sandbox")]
        let start = Instant::now();
        Ok(Self {
            listener: Listener::new(listener),
            options,
            ledger: Ledger::new(files.len()),
            files,
            passes: Passes::default(),
            disk: Disk::default(),
            tasks: Tasks::new(root.as_raw_nonzero().get()),
            patience: Patience::default(),
            awake: HashSet::new(),
            start,
            next: None,
            pause: SETTLE,
            round_began: Duration::ZERO,
            last_notice: Duration::ZERO,
            last_look: Duration::ZERO,
            stir: 0,
            calls: HashMap::new(),
            restless: Duration::ZERO,
            held: Duration::ZERO,
            capped: None,
            closed: false,
        })
    }

    /// Where calls arrive, for `poll`. `None` when nobody is left who could make one.
    pub(super) fn as_fd(&self) -> Option<BorrowedFd<'_>> {
        (!self.closed).then(|| self.listener.as_fd())
    }

    /// How long from now until [`on_tick`](Self::on_tick) wants to be called, if nothing arrives before.
    pub(super) fn next_deadline(&self) -> Option<Duration> {
        self.next
            .map(|next| next.saturating_sub(self.start.elapsed()))
    }

    /// Real time so far in which the program was in our hands: some access of it was held. Its own time
    /// is what remains.
    pub(super) fn held_for(&self) -> Duration {
        if self.disk.waiting().is_empty() {
            return self.held;
        }
        self.held + self.start.elapsed().saturating_sub(self.round_began)
    }

    /// Answer the calls that have arrived. Call it when the descriptor is ready.
    ///
    /// # Errors
    /// The listener is broken, or a thread cannot be looked at.
    pub(super) fn on_readable(&mut self) -> io::Result<()> {
        for _ in 0..BATCH {
            match self.arrivals()? {
                Arrivals::None => break,
                Arrivals::Over => {
                    self.closed = true;
                    self.next = None;
                    return Ok(());
                }
                Arrivals::Some => {}
            }
            if let Some(notice) = self.listener.receive()? {
                if self.patience.standing(notice.tid) == Standing::Full {
                    self.stir += 1;
                }
                self.handle(notice)?;
            }
        }
        let now = self.start.elapsed();
        self.last_notice = now;
        self.pause = SETTLE;
        self.next = match self.disk.waiting() {
            [] => None,
            // All who ran are back in our hands: probably nobody else runs.
            _ if self.awake.is_empty() => Some(now),
            _ => Some((now + SETTLE).min((self.last_look + LOOK_AT_LEAST).max(now))),
        };
        Ok(())
    }

    /// Look whether the program is at rest, and if so move the clock. Call it when the deadline has
    /// passed. `drained` says that nothing the program wrote waits to be read by us: a program that waits
    /// for us is not at rest.
    ///
    /// # Errors
    /// The listener is broken, or the program's processes cannot be listed.
    pub(super) fn on_tick(&mut self, drained: impl FnOnce() -> io::Result<bool>) -> io::Result<()> {
        let now = self.start.elapsed();
        if self.next.is_none_or(|next| next > now) {
            return Ok(());
        }
        if self.disk.waiting().is_empty() {
            self.next = None;
            return Ok(());
        }
        if let Some(cap) = self.cap(now) {
            return self.stop(cap);
        }
        self.last_look = now;
        let held: HashSet<i32> = self.disk.waiting().iter().map(|a| a.tid).collect();
        let start = self.start;
        let moment = Moment {
            round: self.disk.rounds(),
            stir: self.stir,
        };
        let rest = self
            .tasks
            .find_rest(&held, &mut self.patience, moment, || start.elapsed())?;
        match rest {
            Rest::Found => {
                if drained()? && self.only_restless_call(moment)? {
                    self.advance(now)?;
                } else {
                    self.next = Some(self.start.elapsed() + SETTLE);
                }
            }
            Rest::NotYet { waited_for } => {
                self.stir += u64::from(waited_for);
                self.next = Some(self.start.elapsed() + self.pause);
                self.pause = (2 * self.pause).min(LOOK_AGAIN);
            }
            Rest::Until(end) => {
                self.next = Some(end.max(self.start.elapsed() + SETTLE));
            }
        }
        Ok(())
    }

    /// What was seen, once nothing of the program is left.
    pub(super) fn finish(mut self) -> Observation {
        // Who did not end by himself was killed with his process: what was last seen of him counts.
        for (tid, process, used) in self.tasks.last_seen() {
            self.ended(process, tid, used);
        }
        self.ledger.close(self.disk, self.capped)
    }

    /// Whether no call waits for us, but for calls of threads that nobody waits for any more. A thread
    /// whose call waits looks asleep, and is not.
    fn only_restless_call(&mut self, moment: Moment) -> io::Result<bool> {
        for _ in 0..BATCH {
            if self.arrivals()? != Arrivals::Some {
                return Ok(true);
            }
            let Some(notice) = self.listener.receive()? else {
                continue;
            };
            let held_before = self.disk.waiting().len();
            self.handle(notice)?;
            let held = self.disk.waiting().len() > held_before;
            self.stir += u64::from(held || self.patience.standing(notice.tid) == Standing::Full);
            if held
                || self
                    .tasks
                    .is_waited_for(notice.tid, &mut self.patience, moment)?
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn arrivals(&self) -> io::Result<Arrivals> {
        let fd = self.listener.as_fd();
        let mut fds = [PollFd::from_borrowed_fd(fd, PollFlags::IN)];
        match poll(&mut fds, Some(&Timespec::default())) {
            Ok(_) => {}
            Err(Errno::INTR) => return Ok(Arrivals::Some),
            Err(error) => return Err(error.into()),
        }
        let events = fds[0].revents();
        Ok(if events.contains(PollFlags::IN) {
            Arrivals::Some
        } else if events.is_empty() {
            Arrivals::None
        } else {
            Arrivals::Over
        })
    }

    /// Whether enough was borne.
    fn cap(&self, now: Duration) -> Option<Cap> {
        let ms = |limit: Duration| u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
        let options = &self.options;
        let files = u32::try_from(self.files.len()).unwrap_or(u32::MAX);
        let rounds = files.saturating_mul(options.rounds_per_file).max(1000);
        if now.saturating_sub(self.round_began) > options.rest_limit {
            Some(Cap::NeverAtRest {
                limit_ms: ms(options.rest_limit),
            })
        } else if self.restless > options.restless_limit {
            Some(Cap::Restless {
                limit_ms: ms(options.restless_limit),
            })
        } else if self.held_for() > options.hold_limit {
            Some(Cap::HeldTooLong {
                limit_ms: ms(options.hold_limit),
            })
        } else if self.disk.rounds() >= rounds {
            Some(Cap::TooManyRounds { limit: rounds })
        } else {
            None
        }
    }

    /// Watch no further, and let the program run freely.
    fn stop(&mut self, cap: Cap) -> io::Result<()> {
        self.held = self.held_for();
        self.capped = Some(cap);
        self.next = None;
        for access in self.disk.take() {
            self.listener.answer(access.id, Answer::Continue)?;
        }
        Ok(())
    }

    /// One round.
    fn advance(&mut self, now: Duration) -> io::Result<()> {
        let ignored = self.tasks.ignored();
        self.held = self.held_for();
        self.stir += 1;
        if !ignored.is_empty() {
            self.restless += now.saturating_sub(self.round_began);
            self.patience.went_on_without(ignored);
        }
        self.next = None;
        self.awake.clear();
        let mut served = Vec::new();
        for access in self.disk.take() {
            // A thread that was killed is no longer there to be served.
            if self.listener.answer(access.id, Answer::Continue)? {
                self.awake.insert(access.tid);
                let Waiting {
                    thread,
                    file,
                    finds,
                    ..
                } = access;
                self.ledger.charged(thread, file, self.disk.rounds(), finds);
                served.push(access);
            }
        }
        self.disk.advance(&served);
        Ok(())
    }

    fn handle(&mut self, notice: Notice) -> io::Result<()> {
        if self.disk.arrive_again(notice.tid, notice.id) {
            return Ok(());
        }
        *self.calls.entry(notice.tid).or_default() += 1;
        let call = syscalls::find(notice.number);
        let answer = match call {
            _ if self.capped.is_some() => match call {
                Some(call @ (Call::GetAffinity | Call::SetAffinity)) => {
                    Some(self.affinity(call, notice)?)
                }
                Some(Call::AsyncIo) => Some(Answer::Failed(libc::ENOSYS)),
                _ => Some(Answer::Continue),
            },
            Some(call) => self.look_at(call, notice)?,
            None => Some(Answer::Continue),
        };
        match answer {
            Some(answer) => {
                self.awake.insert(notice.tid);
                self.listener.answer(notice.id, answer)?;
            }
            None => {
                self.awake.remove(&notice.tid);
            }
        }
        Ok(())
    }
}

/// What this kernel lacks to observe anything, if it lacks something.
pub(super) fn missing() -> Option<&'static str> {
    (!tasks::are_counted()).then_some(
        "this kernel does not count how often a thread runs (`/proc/PID/schedstat`, CONFIG_SCHED_INFO)",
    )
}

/// What is at the listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Arrivals {
    Some,
    None,
    /// Nobody is left.
    Over,
}
