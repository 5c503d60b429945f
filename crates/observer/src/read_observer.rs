//! The observer itself: it receives calls, holds reads, and moves the virtual clock whenever the program is
//! quiescent.
//!
//! # Theory of operation
//!
//! The supervisor has one loop that watches the program, its output and its limits. It calls
//! [`serve`](Monitor::serve) when a call arrives, or when the [`deadline`](Monitor::deadline) has passed.
//!
//! To sample all threads costs more than to handle a call. So the observer checks whether the program is quiescent
//! only when no call has arrived for a while, and doubles this while as long as it finds a thread that runs. A
//! program that makes calls without end is checked as well, but less often.
//!
//! Where each file has a latency of its own, waits with a limit on time are held as well (`timed_waits`). The observer
//! then checks the program also while no read is held, and the clock moves to the first time at which a read is due or
//! a limit has passed.
//!
//! This module decides *when* to check. `quiescence` decides what a check finds, and `seccomp::handlers` what a
//! call means. This module never blocks for long.

mod clock;
mod limits;
mod network;
mod waits;

use std::{
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    time::{Duration, Instant},
};

use evidence::{Observation, ObservationLimit, TimeUnit};
use rustc_hash::{FxHashMap, FxHashSet};
use rustix::event::epoll;
use sandbox::{Monitor, Standstill, bpf::Filter};

use crate::{
    blocks::Opens,
    files::data_files::DataFiles,
    ledger::Ledger,
    options::{ObserverOptions, ReadObserverConfig, Scope},
    quiescence::{
        detector::{Quiescence, QuiescenceDetector},
        sampler::ProcSampler,
        wait_policy::{Epoch, Wait, WaitPolicy},
    },
    seccomp::{
        filter,
        handlers::Handlers,
        notify::{Listener, Notification, Readiness, Response},
        syscall_table::{self, Call},
    },
    server::Server,
    sys,
    timed_waits::{Naps, TimedWaits},
    virtual_disk::{HeldCall, HeldRead, VirtualDisk},
};

/// Real time without a call after which the observer checks whether the program is quiescent. After a shorter
/// time most checks would find a thread that runs; a longer one would lengthen every step of a program whose
/// threads call one after the other.
const QUIET_TIME: Duration = Duration::from_micros(30);

/// The same real time if more than two threads run. It is longer, as one of them will call soon.
const QUIET_TIME_OF_MANY: Duration = Duration::from_micros(90);

/// The longest real time between two checks of a program that computes. A step starts later than it could by this
/// time at most.
const MAX_CHECK_INTERVAL: Duration = Duration::from_micros(500);

/// The real time after which the observer checks a program even if it makes calls without end. Such a program
/// has a thread that never rests, and one check in a millisecond slows it down little.
const FORCED_CHECK_INTERVAL: Duration = Duration::from_millis(1);

/// The real time by which such a check is later for each thread that runs. A thread takes about so long to its
/// next call, and most of them are on their way to it.
const TIME_TO_NEXT_CALL: Duration = Duration::from_micros(100);

/// The longest real time by which such a check is later for all threads that run together. Some of them have
/// exited, and will not call.
const MAX_TIME_TO_NEXT_CALLS: Duration = Duration::from_millis(20);

/// The real time for which the observer itself waits for the next call. A thread that called will most likely
/// call again within it, and to wait here is cheaper than to return to the supervisor's loop.
const CALL_WAIT: Duration = Duration::from_micros(50);

/// The real time after which the observer returns to the supervisor's loop. The supervisor watches the program's
/// output and its limits, which must not wait longer.
const SERVE_TIME: Duration = Duration::from_millis(2);

/// The number of calls of ignored threads to which the observer responds in one check. More of them would keep the
/// observer from the supervisor's loop.
const MAX_PENDING_CALLS: usize = 64;

/// Watches one program, from before its first instruction until nothing of it is left.
#[derive(Debug)]
pub struct ReadObserver {
    listener: Listener,
    /// Whether reads are observed, and not the surroundings alone.
    is_observed: bool,
    options: ObserverOptions,
    files: DataFiles,
    opens: Opens,
    disk: VirtualDisk,
    /// The server, if some data files are served, and what becomes readable when it or the listener has something.
    server: Option<Server>,
    readable: Option<OwnedFd>,
    connecting: network::Connecting,
    /// The waits with a limit on time. There are none where the unit of virtual time is a quarter of a round.
    waits: TimedWaits,
    naps: Option<Naps>,
    /// When each thread last went on after a call, in real time, and when the clock last moved. Known only where waits
    /// are held.
    resumed: FxHashMap<i32, Duration>,
    last_move: Duration,
    /// The number of bytes of standard output that the supervisor has read.
    output: u64,
    /// The rounds after which the observation ends, or milliseconds.
    rounds_limit: u32,
    ledger: Ledger,
    detector: QuiescenceDetector<ProcSampler>,
    wait_policy: WaitPolicy,
    /// Threads that probably run: since the program was last quiescent they made a call that returned, or their
    /// held read returned.
    likely_running: FxHashSet<i32>,
    /// When the program was started. All real times below count from here.
    start: Instant,
    /// When to check next whether the program is quiescent.
    next_check: Option<Duration>,
    /// The real time until the next check, if the program is still active then.
    check_interval: Duration,
    /// When the present step of the clock began: when the clock last moved, or the first read was held after that.
    step_start: Duration,
    /// When the program was last checked.
    last_check: Duration,
    /// How long that check took. With a thousand threads this is long, and threads that call meanwhile have to wait.
    last_check_took: Duration,
    /// Counts up whenever a thread ran for which the detector waits. What ignored threads did before that proves
    /// nothing.
    activity: u64,
    /// Real time of all steps after which some thread was ignored, without the sleep that has budgets of its own.
    busy_time: Duration,
    /// Real time in which reads were held, of all steps before the present one.
    time_held_before: Duration,
    /// The limit at which the observation ended early.
    exceeded: Option<ObservationLimit>,
    /// No thread is left that could call.
    is_closed: bool,
    standstill: Standstill,
}

impl Monitor for ReadObserver {
    type Config = ReadObserverConfig;
    type Report = Observation;

    fn filter(config: &ReadObserverConfig) -> Filter {
        let slow = config.options.slow.as_ref();
        filter::here(config.scope, slow.is_some(), Server::is_needed(slow))
    }

    fn attach(
        config: ReadObserverConfig,
        listener: OwnedFd,
        root: rustix::process::Pid,
    ) -> io::Result<Self> {
        let ReadObserverConfig {
            data,
            options,
            scope,
        } = config;
        let is_observed = matches!(scope, Scope::Reads { .. });
        let (files, disk) = match &options.slow {
            _ if !is_observed => (DataFiles::default(), VirtualDisk::default()),
            None => (DataFiles::scan(&data)?, VirtualDisk::default()),
            Some(slow) => {
                let names = slow.files.iter().map(|file| {
                    let is_in_folder = file.served.is_none();
                    is_in_folder.then_some(file.name.as_str())
                });
                let latencies = slow.files.iter().map(|file| file.latency_ms);
                (
                    DataFiles::find(&data, names)?,
                    VirtualDisk::of_latencies(latencies),
                )
            }
        };
        let server = match &options.slow {
            Some(slow) => Server::new(slow)?,
            None => None,
        };
        let readable = match &server {
            Some(server) => Some(either(listener.as_fd(), server.as_fd())?),
            None => None,
        };
        let wait_policy = match disk.unit() {
            TimeUnit::QuarterRound => WaitPolicy::default(),
            TimeUnit::Millisecond => WaitPolicy::of_printing_program(),
        };
        sys::end_waits_on_time();
        let start = Instant::now();
        let sampler = ProcSampler::new(start, listener.try_clone()?);
        Ok(Self {
            listener: Listener::new(listener),
            is_observed,
            rounds_limit: limits::rounds(&options, files.len()),
            options,
            ledger: Ledger::new(files.len()),
            files,
            opens: Opens::default(),
            disk,
            server,
            readable,
            connecting: network::Connecting::default(),
            waits: TimedWaits::default(),
            naps: None,
            resumed: FxHashMap::default(),
            last_move: Duration::ZERO,
            output: 0,
            detector: QuiescenceDetector::new(sampler, root.as_raw_nonzero().get()),
            wait_policy,
            likely_running: FxHashSet::default(),
            start,
            next_check: None,
            check_interval: QUIET_TIME,
            step_start: Duration::ZERO,
            last_check: Duration::ZERO,
            last_check_took: Duration::ZERO,
            activity: 0,
            busy_time: Duration::ZERO,
            time_held_before: Duration::ZERO,
            exceeded: None,
            is_closed: false,
            standstill: Standstill::new(start),
        })
    }

    fn as_fd(&self) -> Option<BorrowedFd<'_>> {
        let readable = self.readable.as_ref().map(AsFd::as_fd);
        (!self.is_closed).then(|| readable.unwrap_or_else(|| self.listener.as_fd()))
    }

    fn deadline(&self) -> Option<Duration> {
        self.next_check
            .map(|next| next.saturating_sub(self.start.elapsed()))
    }

    fn paused_for(&self) -> Duration {
        self.time_held()
    }

    fn discount(&mut self, lost: Duration) {
        // A step that begins in the future begins there all the same.
        let latest = self.start.elapsed().max(self.step_start);
        self.step_start = (self.step_start + lost).min(latest);
    }

    fn longest_pause(config: &ReadObserverConfig) -> Duration {
        config.options.hold_limit
    }

    fn output_read(&mut self, bytes: u64) {
        self.output = bytes;
    }

    fn serve(&mut self, outputs: &[BorrowedFd<'_>]) -> io::Result<()> {
        let end = self.start.elapsed() + SERVE_TIME;
        while !self.is_closed {
            // One look at the clock for each turn: a program that reads byte by byte makes many.
            let turn = Instant::now();
            self.note_standstill(turn);
            let now = turn.saturating_duration_since(self.start);
            if now >= end {
                break;
            }
            if !self.nothing_held()
                && let Some(limit) = self.exceeded_limit(now)
            {
                self.stop(limit)?;
            }
            let is_due = self.next_check.is_some_and(|next| next <= now);
            let timeout = match self.next_check {
                // All threads that ran have held reads: most likely no call waits, and the check asks for one at its end.
                _ if is_due && (self.likely_running.is_empty() || now >= self.forced_check()) => {
                    None
                }
                Some(next) => Some(next.saturating_sub(now).min(CALL_WAIT)),
                None => Some(CALL_WAIT),
            };
            self.standstill.wait(turn, timeout.unwrap_or_default());
            let readiness = match timeout {
                Some(timeout) => {
                    let server = self.server.as_ref().map(Server::as_fd);
                    self.listener.wait(timeout, server.as_slice())?
                }
                None => Readiness::Timeout,
            };
            match readiness {
                Readiness::Call => self.receive()?,
                Readiness::Timeout if is_due => {
                    if self.check_quiescence(now, outputs)? == AfterCheck::Return {
                        break;
                    }
                }
                Readiness::Timeout if self.next_check.is_none_or(|next| next > now + CALL_WAIT) => {
                    break;
                }
                Readiness::Output => {
                    self.proceed_server()?;
                }
                Readiness::Timeout | Readiness::Interrupted => {}
                Readiness::Closed => {
                    self.is_closed = true;
                    self.next_check = None;
                }
            }
        }
        // Without a held read no limit of the observer counts.
        let sleep = self.deadline().unwrap_or(self.options.hold_limit);
        self.standstill.wait(Instant::now(), sleep);
        Ok(())
    }

    fn finish(mut self) -> Observation {
        self.ledger.cut_off(self.disk.held().len());
        self.ledger.connections = self.server.as_ref().map_or(0, Server::connections);
        let slept = self.wait_policy.slept();
        self.ledger.close(self.disk, self.exceeded, slept)
    }
}

/// A descriptor that is readable when one of two others is.
fn either(one: BorrowedFd<'_>, other: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    for (fd, number) in [(one, 0), (other, 1)] {
        let data = epoll::EventData::new_u64(number);
        epoll::add(&epoll, fd, data, epoll::EventFlags::IN)?;
    }
    Ok(epoll)
}

impl ReadObserver {
    /// Whether no thread is held, neither in a read nor in a wait.
    fn nothing_held(&self) -> bool {
        self.disk.held().is_empty() && self.waits.is_empty()
    }

    /// Take time in which this process did not run off the present step: most likely nothing else ran.
    fn note_standstill(&mut self, now: Instant) {
        if let Some(late) = self.standstill.resume(now) {
            self.discount(late);
        }
    }

    /// Real time so far in which some read was held. The program's own limit on real time does not count it.
    fn time_held(&self) -> Duration {
        if self.disk.held().is_empty() {
            return self.time_held_before;
        }
        self.time_held_before + self.start.elapsed().saturating_sub(self.step_start)
    }

    /// Real time without a call after which the program is checked.
    fn quiet_time(&self) -> Duration {
        let quiet_time = if self.likely_running.len() > 2 {
            QUIET_TIME_OF_MANY
        } else {
            QUIET_TIME
        };
        quiet_time.max(self.last_check_took / 2)
    }

    /// When the program is checked, even if it makes calls without end.
    fn forced_check(&self) -> Duration {
        let running = u32::try_from(self.likely_running.len()).unwrap_or(u32::MAX);
        let to_next_calls = TIME_TO_NEXT_CALL
            .saturating_mul(running)
            .min(MAX_TIME_TO_NEXT_CALLS);
        self.last_check + (FORCED_CHECK_INTERVAL + to_next_calls).max(10 * self.last_check_took)
    }

    /// Receive one call and handle it.
    fn receive(&mut self) -> io::Result<()> {
        if let Some(notification) = self.listener.receive()? {
            if self.wait_policy.wait(notification.tid) == Wait::UntilBudget {
                self.activity += 1;
            }
            self.handle(notification)?;
        }
        let now = self.start.elapsed();
        self.check_interval = QUIET_TIME;
        self.next_check = if self.nothing_held() {
            None
        } else if self.likely_running.is_empty() {
            // All threads that ran have held reads again: probably no other thread runs.
            Some(now)
        } else {
            Some((now + self.quiet_time()).min(self.forced_check().max(now)))
        };
        Ok(())
    }

    /// Check whether the program is quiescent, and if so move the clock.
    fn check_quiescence(
        &mut self,
        now: Duration,
        outputs: &[BorrowedFd<'_>],
    ) -> io::Result<AfterCheck> {
        if self.nothing_held() {
            self.next_check = None;
            return Ok(AfterCheck::GoOn);
        }
        if self.release_awaited()? {
            return Ok(AfterCheck::GoOn);
        }
        self.last_check = now;
        let reads = self
            .disk
            .held()
            .iter()
            .filter_map(HeldRead::sleeping_thread);
        let waits = self.waits.iter().map(|wait| wait.notification.tid);
        let held: FxHashSet<i32> = reads.chain(waits).collect();
        let epoch = Epoch {
            step: self.disk.steps(),
            activity: self.activity,
        };
        let found =
            self.detector
                .detect(&held, &self.likely_running, &mut self.wait_policy, epoch)?;
        self.last_check_took = self.start.elapsed().saturating_sub(self.last_check);
        match found {
            Quiescence::Quiescent => match self.handle_pending_calls(epoch, outputs)? {
                Pending::Nothing => {
                    // What a thread did just before it came to rest may end the wait of another, or be a request.
                    if !self.proceed_server()?
                        && !self.release_awaited()?
                        && !self.release_limits()?
                    {
                        self.advance(self.last_check)?;
                    }
                }
                Pending::Call => self.next_check = Some(self.start.elapsed() + QUIET_TIME),
                Pending::Output => {
                    self.next_check = Some(self.start.elapsed() + QUIET_TIME);
                    return Ok(AfterCheck::Return);
                }
            },
            Quiescence::CallPending => self.next_check = Some(self.start.elapsed() + QUIET_TIME),
            Quiescence::Active { waited_for } => {
                self.activity += u64::from(waited_for);
                self.next_check = Some(self.start.elapsed() + self.check_interval);
                self.check_interval = (2 * self.check_interval).min(MAX_CHECK_INTERVAL);
            }
            Quiescence::AsleepUntil(end) => {
                let ends = self.waits.next_end(self.disk.now());
                let end = ends.map_or(end, |ends| ends.min(end));
                self.next_check = Some(end.max(self.start.elapsed() + QUIET_TIME));
            }
        }
        Ok(AfterCheck::GoOn)
    }

    /// Handle the calls that arrived during a check which found the program quiescent. The program is not quiescent
    /// if one of them is the call of a thread for which the detector waits: such a thread looks asleep while its
    /// call waits. Nor is a program quiescent that waits until its output is read.
    fn handle_pending_calls(
        &mut self,
        epoch: Epoch,
        outputs: &[BorrowedFd<'_>],
    ) -> io::Result<Pending> {
        for _ in 0..MAX_PENDING_CALLS {
            match self.listener.wait(Duration::ZERO, outputs)? {
                Readiness::Call => {}
                Readiness::Interrupted => continue,
                Readiness::Timeout | Readiness::Closed => break,
                Readiness::Output => return Ok(Pending::Output),
            }
            let Some(notification) = self.listener.receive()? else {
                continue;
            };
            let tid = notification.tid;
            let held_before = self.disk.held().len() + self.waits.len();
            self.handle(notification)?;
            let is_held = self.disk.held().len() + self.waits.len() > held_before;
            let is_trusted = self.wait_policy.wait(tid) == Wait::UntilBudget;
            self.activity += u64::from(is_held || is_trusted);
            if is_held
                || self
                    .detector
                    .is_waited_for(tid, &mut self.wait_policy, epoch)?
            {
                return Ok(Pending::Call);
            }
        }
        Ok(Pending::Nothing)
    }

    fn handle(&mut self, notification: Notification) -> io::Result<()> {
        let tid = notification.tid;
        match self.disk.find_held(&notification) {
            HeldCall::Repeated => return Ok(()),
            HeldCall::Abandoned => self.ledger.cut_off(1),
            HeldCall::None if self.waits.repeats(&notification) => return Ok(()),
            HeldCall::None => {}
        }
        let call = syscall_table::find(notification.number);
        let no_read_held = self.disk.held().is_empty();
        let response = if let Some(Call::Socket(call)) = call {
            Some(self.handle_socket(call, notification)?)
        } else if !self.is_observed || self.exceeded.is_some() {
            let response = self.handlers().handle_unobserved(call, notification)?;
            Some(response)
        } else if let Some(Call::TimedWait(until)) = call {
            self.hold_wait(notification, until)
        } else if let Some(call) = call
            && self.hold_receive(call, notification)
        {
            None
        } else if let Some(call) = call {
            // What other threads do meanwhile takes no virtual time.
            self.naps = self.naps.filter(|naps| naps.tid != tid);
            if matches!(call, Call::Clone { .. }) {
                // The new thread can run at the same time as the observer.
                self.listener.take_turns(false);
            }
            self.handlers().handle_syscall(call, notification)?
        } else {
            Some(Response::Continue)
        };
        if let Some(response) = response {
            self.likely_running.insert(tid);
            if call == Some(Call::Exit) {
                self.resumed.remove(&tid);
            } else {
                self.note_resumed(tid);
            }
            self.listener.respond(notification.id, response)?;
        } else {
            self.likely_running.remove(&tid);
            if no_read_held && !self.disk.held().is_empty() {
                self.step_start = self.step_start.max(self.start.elapsed());
            }
        }
        Ok(())
    }

    fn handlers(&mut self) -> Handlers<'_> {
        Handlers {
            processors: self.options.processors,
            files: &mut self.files,
            opens: &mut self.opens,
            disk: &mut self.disk,
            ledger: &mut self.ledger,
            detector: &mut self.detector,
            wait_policy: &mut self.wait_policy,
        }
    }
}

/// What waits for the observer after a check that found the program quiescent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pending {
    /// Nothing, except calls of ignored threads, which were responded to.
    Nothing,
    /// A call of a thread for which the detector waits. It was handled.
    Call,
    /// Output of the program.
    Output,
}

/// What [`serve`](Monitor::serve) does after a check of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AfterCheck {
    /// It receives the next call.
    GoOn,
    /// It returns to the supervisor, which must read the program's output.
    Return,
}
