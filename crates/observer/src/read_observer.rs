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

use evidence::{Observation, ObservationLimit};
use rustc_hash::FxHashSet;
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
};
use sandbox::{Monitor, bpf::Filter};
use serde::{Deserialize, Serialize};

use crate::{
    blocks::Opens,
    files::data_files::DataFiles,
    ledger::Ledger,
    memory,
    quiescence::{
        detector::{Quiescence, QuiescenceDetector},
        sampler::{ProcSampler, slices_are_counted},
        wait_policy::{Epoch, Wait, WaitPolicy},
    },
    seccomp::{
        filter,
        notify::{Answer, Listener, Notice},
        syscall_table::{self, Call},
    },
    virtual_disk::VirtualDisk,
};

/// Real time without a call after which the observer looks whether the program is quiescent. After a shorter
/// time most looks would find a thread that runs; a longer one would lengthen every round of a program whose
/// threads come back one by one.
const SETTLE: Duration = Duration::from_micros(30);

/// The same real time where several threads run. It is longer, as one of them will call soon.
const SETTLE_MANY: Duration = Duration::from_micros(90);

/// The longest real time between two looks at a program that computes. It bounds by how much a look can come
/// too late.
const LOOK_AGAIN: Duration = Duration::from_micros(500);

/// The real time after which the observer looks at a program even if it makes calls without end. Such a program
/// has a thread that never rests, and a look costs it little in a millisecond.
const LOOK_AT_LEAST: Duration = Duration::from_millis(1);

/// The real time by which such a look comes later for each thread that is awake: most of them are on their way
/// to their next call, which takes about so long.
const COMES_BACK: Duration = Duration::from_micros(100);

/// The longest real time by which such a look comes later for all threads that are awake: some of them have
/// exited, and will not call.
const ALL_COME_BACK: Duration = Duration::from_millis(20);

/// The real time for which the observer itself waits for the next call: a thread that called will most likely
/// call again within it. That is cheaper than a return to the supervisor's loop, which watches six things.
const LINGER: Duration = Duration::from_micros(50);

/// The real time after which the observer returns to the supervisor's loop, which then looks at the other things
/// that it watches.
const SHIFT: Duration = Duration::from_millis(2);

/// The number of calls of threads that never rest which are answered in one look. More of them would keep the
/// observer from the supervisor's loop.
const BATCH: usize = 64;

/// What the observer shows to the program, and the limits of an observation.
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
    pub(crate) opens: Opens,
    pub(crate) disk: VirtualDisk,
    pub(crate) ledger: Ledger,
    pub(crate) tasks: QuiescenceDetector<ProcSampler>,
    pub(crate) patience: WaitPolicy,
    /// Threads that made a call, or were let go, since the program was last found at rest.
    pub(crate) awake: FxHashSet<i32>,
    pub(crate) start: Instant,
    /// When to look next, as real time from the start.
    pub(crate) next: Option<Duration>,
    pub(crate) pause: Duration,
    /// When the present step of the clock began to be waited for.
    pub(crate) round_began: Duration,
    pub(crate) last_look: Duration,
    /// A look at a thousand threads takes its time, and those that call meanwhile wait for us.
    pub(crate) look_took: Duration,
    /// Counts up whenever a thread was seen to run for which the observer waits: what other threads did before
    /// that proves nothing.
    pub(crate) activity_epoch: u64,
    pub(crate) restless: Duration,
    /// Real time in which accesses were held, of the steps before this one.
    pub(crate) held: Duration,
    pub(crate) capped: Option<ObservationLimit>,
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
        let sampler = ProcSampler::new(start, listener.try_clone()?);
        Ok(Self {
            listener: Listener::new(listener),
            options,
            ledger: Ledger::new(files.len()),
            files,
            opens: Opens::default(),
            disk: VirtualDisk::default(),
            tasks: QuiescenceDetector::new(sampler, root.as_raw_nonzero().get()),
            patience: WaitPolicy::default(),
            awake: FxHashSet::default(),
            start,
            next: None,
            pause: SETTLE,
            round_began: Duration::ZERO,
            last_look: Duration::ZERO,
            look_took: Duration::ZERO,
            activity_epoch: 0,
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
            if !self.disk.held().is_empty()
                && let Some(limit) = self.exceeded_limit(now)
            {
                self.stop(limit)?;
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
                Arrivals::Some => self.receive()?,
                Arrivals::None if due => {
                    if self.check_quiescence(now, outputs)? == Checked::OutputWaits {
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
        self.ledger.cut_off(self.disk.held().len());
        let slept = self.patience.slept();
        self.ledger.close(self.disk, self.capped, slept)
    }
}

impl ReadObserver {
    /// Real time so far in which the program was in our hands: some access of it was held. Its own time
    /// is what remains.
    fn held_for(&self) -> Duration {
        if self.disk.held().is_empty() {
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

    /// Receive one call and handle it.
    fn receive(&mut self) -> io::Result<()> {
        if let Some(notice) = self.listener.receive()? {
            if self.patience.wait(notice.tid) == Wait::UntilBudget {
                self.activity_epoch += 1;
            }
            self.handle(notice)?;
        }
        let now = self.start.elapsed();
        self.pause = SETTLE;
        self.next = match self.disk.held() {
            [] => None,
            // All threads that ran have held reads again: probably no other thread runs.
            _ if self.awake.is_empty() => Some(now),
            _ => Some((now + self.settle()).min(self.look_at_least().max(now))),
        };
        Ok(())
    }

    /// Look whether the program is quiescent, and if so move the clock.
    fn check_quiescence(
        &mut self,
        now: Duration,
        outputs: &[BorrowedFd<'_>],
    ) -> io::Result<Checked> {
        if self.disk.held().is_empty() {
            self.next = None;
            return Ok(Checked::Done);
        }
        self.last_look = now;
        let held: FxHashSet<i32> = self.disk.held().iter().map(|a| a.notice.tid).collect();
        let epoch = Epoch {
            round: self.disk.steps(),
            activity: self.activity_epoch,
        };
        let found = self
            .tasks
            .detect(&held, &self.awake, &mut self.patience, epoch)?;
        self.look_took = self.start.elapsed().saturating_sub(self.last_look);
        match found {
            Quiescence::Quiescent => match self.handle_pending_calls(epoch, outputs)? {
                Pending::Nothing => self.advance(self.last_look)?,
                Pending::Call => self.next = Some(self.start.elapsed() + SETTLE),
                Pending::Output => {
                    self.next = Some(self.start.elapsed() + SETTLE);
                    return Ok(Checked::OutputWaits);
                }
            },
            Quiescence::CallPending => self.next = Some(self.start.elapsed() + SETTLE),
            Quiescence::Active { waited_for } => {
                self.activity_epoch += u64::from(waited_for);
                self.next = Some(self.start.elapsed() + self.pause);
                self.pause = (2 * self.pause).min(LOOK_AGAIN);
            }
            Quiescence::AsleepUntil(end) => {
                self.next = Some(end.max(self.start.elapsed() + SETTLE));
            }
        }
        Ok(Checked::Done)
    }

    /// Handle the calls that wait, and tell whether a thread made one that is waited for, or whether the program
    /// has written something. A thread whose call waits looks asleep, and is not; and a program that waits until
    /// its output is read is not quiescent.
    fn handle_pending_calls(
        &mut self,
        epoch: Epoch,
        outputs: &[BorrowedFd<'_>],
    ) -> io::Result<Pending> {
        for _ in 0..BATCH {
            match arrivals(&self.listener, Duration::ZERO, outputs)? {
                Arrivals::Some => {}
                Arrivals::Interrupted => continue,
                Arrivals::None | Arrivals::Over => break,
                Arrivals::Unread => return Ok(Pending::Output),
            }
            let Some(notice) = self.listener.receive()? else {
                continue;
            };
            let held_before = self.disk.held().len();
            self.handle(notice)?;
            let held = self.disk.held().len() > held_before;
            let trusted = self.patience.wait(notice.tid) == Wait::UntilBudget;
            self.activity_epoch += u64::from(held || trusted);
            if held
                || self
                    .tasks
                    .is_waited_for(notice.tid, &mut self.patience, epoch)?
            {
                return Ok(Pending::Call);
            }
        }
        Ok(Pending::Nothing)
    }

    /// The limit that was exceeded, if any.
    fn exceeded_limit(&self, now: Duration) -> Option<ObservationLimit> {
        let ms = |limit: Duration| u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
        let options = &self.options;
        let files = u32::try_from(self.files.len()).unwrap_or(u32::MAX);
        let rounds = files.saturating_mul(options.rounds_per_file).max(1000);
        if now.saturating_sub(self.round_began) > options.rest_limit {
            Some(ObservationLimit::NotQuiescent {
                limit_ms: ms(options.rest_limit),
            })
        } else if self.restless > options.restless_limit {
            Some(ObservationLimit::BusyThreads {
                limit_ms: ms(options.restless_limit),
            })
        } else if self.held_for() > options.hold_limit {
            Some(ObservationLimit::HeldTooLong {
                limit_ms: ms(options.hold_limit),
            })
        } else if self.disk.rounds() >= rounds {
            Some(ObservationLimit::TooManyRounds { limit: rounds })
        } else {
            None
        }
    }

    /// Watch no further, and let the program run freely.
    fn stop(&mut self, limit: ObservationLimit) -> io::Result<()> {
        self.held = self.held_for();
        self.capped = Some(limit);
        self.ledger.held_at_cap = self.disk.held().len();
        self.next = None;
        for read in self.disk.release_all() {
            self.listener.answer(read.notice.id, Answer::Continue)?;
        }
        Ok(())
    }

    /// The clock moves to the next time at which somebody is due.
    fn advance(&mut self, now: Duration) -> io::Result<()> {
        let ignored = self.tasks.ignored();
        self.held = self.held_for();
        self.activity_epoch += 1;
        // For how long it is waited for sleepers is bounded otherwise.
        let slept = self.patience.next_round();
        if !ignored.is_empty() {
            let waited = now.saturating_sub(self.round_began);
            self.restless += waited.saturating_sub(slept);
            if self.restless > self.options.restless_limit * 3 / 4 {
                self.patience.stop_waiting_for_dispatchers();
            }
            self.patience.mark_skipped(ignored);
        }
        self.write_down_who_ran();
        self.next = None;
        self.awake.clear();
        self.ledger.in_flight(self.disk.held());
        let due = self.disk.take_due();
        self.listener
            .take_turns(due.len() == 1 && self.disk.held().is_empty());
        let mut served = Vec::new();
        for read in due {
            // A thread that was killed is no longer there to be served.
            if self.listener.answer(read.notice.id, Answer::Continue)? {
                self.awake.insert(read.notice.tid);
                self.ledger.charged(&read);
                served.push(read);
            } else {
                self.ledger.cut_off(1);
            }
        }
        self.disk.advance(&served);
        if !self.disk.held().is_empty() {
            self.round_began = self.start.elapsed();
            self.next = Some(self.round_began + self.settle());
        }
        Ok(())
    }

    /// Write down the threads that ran since the program was last quiescent. Until it first is, all threads
    /// start.
    fn write_down_who_ran(&mut self) {
        for (tid, process) in self.tasks.threads().take_exited() {
            self.ledger.ended(tid, process);
        }
        let most = &mut self.ledger.threads_at_once;
        *most = self.tasks.threads().most_threads(*most);
        let ran = self.tasks.threads().take_ran(&self.patience);
        if self.disk.steps() == 0 {
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
        let call = syscall_table::find(notice.number);
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
    (!slices_are_counted()).then_some(
        "this kernel does not count how often a thread runs (`/proc/PID/schedstat`, CONFIG_SCHED_INFO)",
    )
}

/// What there is for us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Arrivals {
    /// A call.
    Some,
    None,
    /// No thread is left that could call.
    Over,
    /// Something that the program wrote.
    Unread,
    /// Not known: a signal came.
    Interrupted,
}

/// What waits for the observer at the end of a detection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pending {
    /// Nothing, but for calls of ignored threads, which were answered.
    Nothing,
    /// A call of a thread that is waited for. It was handled.
    Call,
    /// Output of the program.
    Output,
}

/// What has to follow a look at the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Checked {
    /// Nothing.
    Done,
    /// The supervisor must read the program's output.
    OutputWaits,
}
