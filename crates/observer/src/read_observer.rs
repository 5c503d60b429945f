//! The observer itself: receives calls, holds reads, and moves the virtual clock whenever the program is at
//! rest.
//!
//! Everything here runs in the supervisor's one loop: it never blocks for long, and says when it must be
//! called next.

use std::{
    io,
    os::fd::{BorrowedFd, OwnedFd},
    path::PathBuf,
    time::{Duration, Instant},
};

use evidence::{Cap, Observation};
use rustc_hash::FxHashSet;
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
};
use sandbox::{Monitor, bpf::Filter};
use serde::{Deserialize, Serialize};

use crate::{
    disk::Disk,
    files::DataFiles,
    filter,
    ledger::Ledger,
    memory,
    notify::{Answer, Listener, Notice},
    passes::Passes,
    patience::{Moment, Patience, Standing},
    syscalls::{self, Call},
    task_files,
    tasks::{Rest, Tasks},
};

/// Real time without a call after which the program is looked at. Shorter, and most looks find somebody
/// running; longer, and every round of a program whose threads come back one by one takes longer.
const SETTLE: Duration = Duration::from_micros(30);

/// The same where several threads run: one of them will call soon.
const SETTLE_MANY: Duration = Duration::from_micros(90);

/// Between two looks at a program that computes, at most.
const LOOK_AGAIN: Duration = Duration::from_micros(500);

/// A program that makes calls without end is looked at all the same, this often,
const LOOK_AT_LEAST: Duration = Duration::from_millis(1);

/// and so much later for each thread that is awake: most are on their way back to us.
const COMES_BACK: Duration = Duration::from_micros(100);

/// but not more: among those that were awake are some that have ended.
const ALL_COME_BACK: Duration = Duration::from_millis(20);

/// Whoever called will call again so soon, most likely. Waiting here for that is cheaper than in the
/// supervisor's loop, which watches six things.
const LINGER: Duration = Duration::from_micros(50);

/// Real time after which the supervisor's loop looks at the other things it watches.
const SHIFT: Duration = Duration::from_millis(2);

/// Calls of threads that do not rest which are answered while a rest is looked for.
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

/// Which reads are observed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReadObserverConfig {
    /// The folder of the data files.
    pub data: PathBuf,
    /// What the program is shown, and how long the observer waits for it.
    pub options: ObserverOptions,
}

/// Watches one program, from before its first instruction until nothing of it is left.
#[derive(Debug)]
pub struct ReadObserver {
    pub(crate) listener: Listener,
    pub(crate) options: ObserverOptions,
    pub(crate) files: DataFiles,
    pub(crate) passes: Passes,
    pub(crate) disk: Disk,
    pub(crate) ledger: Ledger,
    pub(crate) tasks: Tasks,
    pub(crate) patience: Patience,
    /// Threads that made a call, or were let go, since the program was last found at rest.
    pub(crate) awake: FxHashSet<i32>,
    pub(crate) start: Instant,
    /// When to look next, as real time from the start.
    pub(crate) next: Option<Duration>,
    pub(crate) pause: Duration,
    /// When the present round began to be waited for.
    pub(crate) round_began: Duration,
    pub(crate) last_look: Duration,
    /// A look at a thousand threads takes its time, and those that call meanwhile wait for us.
    pub(crate) look_took: Duration,
    /// Counts up whenever somebody was seen who can run and for whom we wait: what threads that are not
    /// waited for did before that proves nothing.
    pub(crate) stir: u64,
    pub(crate) restless: Duration,
    /// Real time in which accesses were held, of the rounds before this one.
    pub(crate) held: Duration,
    pub(crate) capped: Option<Cap>,
    pub(crate) closed: bool,
}

impl Monitor for ReadObserver {
    type Config = ReadObserverConfig;
    type Report = Observation;

    fn filter() -> Filter {
        filter::here()
    }

    fn attach(
        config: ReadObserverConfig,
        listener: OwnedFd,
        root: rustix::process::Pid,
    ) -> io::Result<Self> {
        let ReadObserverConfig { data, options } = config;
        let files = DataFiles::scan(&data)?;
        memory::wait_exactly();
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
            awake: FxHashSet::default(),
            start,
            next: None,
            pause: SETTLE,
            round_began: Duration::ZERO,
            last_look: Duration::ZERO,
            look_took: Duration::ZERO,
            stir: 0,
            restless: Duration::ZERO,
            held: Duration::ZERO,
            capped: None,
            closed: false,
        })
    }

    fn as_fd(&self) -> Option<BorrowedFd<'_>> {
        (!self.closed).then(|| self.listener.as_fd())
    }

    fn deadline(&self) -> Option<Duration> {
        self.next
            .map(|next| next.saturating_sub(self.start.elapsed()))
    }

    fn paused_for(&self) -> Duration {
        self.held_for()
    }

    fn longest_pause(config: &ReadObserverConfig) -> Duration {
        config.options.hold_limit
    }

    fn serve(&mut self, outputs: &[BorrowedFd<'_>]) -> io::Result<()> {
        let end = self.start.elapsed() + SHIFT;
        while !self.closed {
            let now = self.start.elapsed();
            if now >= end {
                break;
            }
            if !self.disk.waiting().is_empty()
                && let Some(cap) = self.cap(now)
            {
                self.stop(cap)?;
            }
            let due = self.next.is_some_and(|next| next <= now);
            let wait = match self.next {
                _ if due && now >= self.look_at_least() => None,
                Some(next) => Some(next.saturating_sub(now).min(LINGER)),
                None => Some(LINGER),
            };
            let arrivals = match wait {
                Some(wait) => arrivals(&self.listener, wait, &[])?,
                None => Arrivals::None,
            };
            match arrivals {
                Arrivals::Some => self.hear()?,
                Arrivals::None if due => {
                    if self.look(now, outputs)? == Look::ReadFirst {
                        break;
                    }
                }
                Arrivals::None if self.next.is_none_or(|next| next > now + LINGER) => break,
                Arrivals::None | Arrivals::Interrupted | Arrivals::Unread => {}
                Arrivals::Over => {
                    self.closed = true;
                    self.next = None;
                }
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Observation {
        self.ledger.cut_off(self.disk.waiting().len());
        let slept = self.patience.slept();
        self.ledger.close(self.disk, self.capped, slept)
    }
}

impl ReadObserver {
    /// Real time so far in which the program was in our hands: some access of it was held. Its own time
    /// is what remains.
    fn held_for(&self) -> Duration {
        if self.disk.waiting().is_empty() {
            return self.held;
        }
        self.held + self.start.elapsed().saturating_sub(self.round_began)
    }

    /// Real time without a call after which the program is looked at.
    fn settle(&self) -> Duration {
        let own = if self.awake.len() > 2 {
            SETTLE_MANY
        } else {
            SETTLE
        };
        own.max(self.look_took / 2)
    }

    /// When the program is looked at, even if it makes calls without end.
    fn look_at_least(&self) -> Duration {
        let many = u32::try_from(self.awake.len()).unwrap_or(u32::MAX);
        let come_back = COMES_BACK.saturating_mul(many).min(ALL_COME_BACK);
        self.last_look + (LOOK_AT_LEAST + come_back).max(10 * self.look_took)
    }

    /// Receive one call, and see to it.
    fn hear(&mut self) -> io::Result<()> {
        if let Some(notice) = self.listener.receive()? {
            if self.patience.standing(notice.tid) == Standing::Full {
                self.stir += 1;
            }
            self.handle(notice)?;
        }
        let now = self.start.elapsed();
        self.pause = SETTLE;
        self.next = match self.disk.waiting() {
            [] => None,
            // All who ran are back in our hands: probably nobody else runs.
            _ if self.awake.is_empty() => Some(now),
            _ => Some((now + self.settle()).min(self.look_at_least().max(now))),
        };
        Ok(())
    }

    /// Look whether the program is at rest, and if so move the clock.
    fn look(&mut self, now: Duration, outputs: &[BorrowedFd<'_>]) -> io::Result<Look> {
        if self.disk.waiting().is_empty() {
            self.next = None;
            return Ok(Look::Done);
        }
        self.last_look = now;
        let held: FxHashSet<i32> = self.disk.waiting().iter().map(|a| a.notice.tid).collect();
        let start = self.start;
        let moment = Moment {
            round: self.disk.rounds(),
            stir: self.stir,
        };
        let now = || start.elapsed();
        let listener = &self.listener;
        let called = || Ok(arrivals(listener, Duration::ZERO, &[])? == Arrivals::Some);
        let (awake, patience) = (&self.awake, &mut self.patience);
        let rest = self
            .tasks
            .find_rest(&held, awake, patience, moment, now, called)?;
        self.look_took = self.start.elapsed().saturating_sub(self.last_look);
        match rest {
            Rest::Found => match self.last_calls(moment, outputs)? {
                LastCalls::OfNobody => self.advance(self.last_look)?,
                LastCalls::OfSomebody => self.next = Some(self.start.elapsed() + SETTLE),
                LastCalls::Unread => {
                    self.next = Some(self.start.elapsed() + SETTLE);
                    return Ok(Look::ReadFirst);
                }
            },
            Rest::Interrupted => self.next = Some(self.start.elapsed() + SETTLE),
            Rest::NotYet { waited_for } => {
                self.stir += u64::from(waited_for);
                self.next = Some(self.start.elapsed() + self.pause);
                self.pause = (2 * self.pause).min(LOOK_AGAIN);
            }
            Rest::Until(end) => {
                self.next = Some(end.max(self.start.elapsed() + SETTLE));
            }
        }
        Ok(Look::Done)
    }

    /// Whether a call waits for us, other than calls of threads that nobody waits for any more, or
    /// something that the program wrote. A thread whose call waits looks asleep, and is not; and a program
    /// that waits for us to read is not at rest.
    fn last_calls(&mut self, moment: Moment, outputs: &[BorrowedFd<'_>]) -> io::Result<LastCalls> {
        for _ in 0..BATCH {
            match arrivals(&self.listener, Duration::ZERO, outputs)? {
                Arrivals::Some => {}
                Arrivals::Interrupted => continue,
                Arrivals::None | Arrivals::Over => break,
                Arrivals::Unread => return Ok(LastCalls::Unread),
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
                return Ok(LastCalls::OfSomebody);
            }
        }
        Ok(LastCalls::OfNobody)
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
        self.ledger.held_at_cap = self.disk.waiting().len();
        self.next = None;
        for access in self.disk.take() {
            self.listener.answer(access.notice.id, Answer::Continue)?;
        }
        Ok(())
    }

    /// One round.
    fn advance(&mut self, now: Duration) -> io::Result<()> {
        let ignored = self.tasks.ignored();
        self.held = self.held_for();
        self.stir += 1;
        // For how long it is waited for sleepers is bounded otherwise.
        let slept = self.patience.next_round();
        if !ignored.is_empty() {
            let waited = now.saturating_sub(self.round_began);
            self.restless += waited.saturating_sub(slept);
            if self.restless > self.options.restless_limit * 3 / 4 {
                self.patience.hurry();
            }
            self.patience.went_on_without(ignored);
        }
        self.write_down_who_ran();
        self.next = None;
        self.awake.clear();
        self.listener.take_turns(self.disk.waiting().len() == 1);
        let mut served = Vec::new();
        for access in self.disk.take() {
            // A thread that was killed is no longer there to be served.
            if self.listener.answer(access.notice.id, Answer::Continue)? {
                self.awake.insert(access.notice.tid);
                self.ledger.charged(&access, self.disk.rounds());
                served.push(access);
            } else {
                self.ledger.cut_off(1);
            }
        }
        self.disk.advance(&served);
        Ok(())
    }

    /// Who ran since the last rest. Until the first, everybody starts.
    fn write_down_who_ran(&mut self) {
        for (tid, process) in self.tasks.gone() {
            self.ledger.ended(tid, process);
        }
        let most = &mut self.ledger.threads_at_once;
        *most = self.tasks.most_threads(*most);
        let ran = self.tasks.ran(&self.patience);
        if self.disk.rounds() == 0 {
            self.ledger.all_have_started();
        } else {
            self.ledger.ran(&ran);
        }
    }

    fn handle(&mut self, notice: Notice) -> io::Result<()> {
        match self.disk.arrive_again(&notice) {
            Some(true) => return Ok(()),
            // The process became another program, which has the number of the one who waited.
            Some(false) => self.ledger.cut_off(1),
            None => {}
        }
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

/// Wait for a call, so long at most; and see whether there is something to read at one of `outputs`.
fn arrivals(
    listener: &Listener,
    wait: Duration,
    outputs: &[BorrowedFd<'_>],
) -> io::Result<Arrivals> {
    let listener = listener.as_fd();
    let mut fds: Vec<_> = std::iter::once(&listener)
        .chain(outputs)
        .map(|fd| PollFd::from_borrowed_fd(*fd, PollFlags::IN))
        .collect();
    let wait = Timespec::try_from(wait).map_err(io::Error::other)?;
    match poll(&mut fds, Some(&wait)) {
        Ok(_) => {}
        Err(Errno::INTR) => return Ok(Arrivals::Interrupted),
        Err(error) => return Err(error.into()),
    }
    let at_listener = fds[0].revents();
    let at_outputs = fds[1..].iter().any(|fd| !fd.revents().is_empty());
    Ok(if at_outputs {
        Arrivals::Unread
    } else if at_listener.contains(PollFlags::IN) {
        Arrivals::Some
    } else if at_listener.is_empty() {
        Arrivals::None
    } else {
        Arrivals::Over
    })
}

/// What this kernel lacks to observe anything, if it lacks something.
pub(crate) fn missing() -> Option<&'static str> {
    (!task_files::are_counted()).then_some(
        "this kernel does not count how often a thread runs (`/proc/PID/schedstat`, CONFIG_SCHED_INFO)",
    )
}

/// What there is for us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Arrivals {
    /// A call.
    Some,
    None,
    /// Nobody is left who could call.
    Over,
    /// Something that the program wrote.
    Unread,
    /// Not known: a signal came.
    Interrupted,
}

/// What came while a rest was looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LastCalls {
    OfNobody,
    /// A call of somebody who is waited for.
    OfSomebody,
    /// Output of the program.
    Unread,
}

/// What has to follow a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    Done,
    /// What the program wrote must be read.
    ReadFirst,
}
