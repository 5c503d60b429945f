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
//! This module decides *when* to check. `quiescence` decides what a check finds, and `seccomp::handlers` what a
//! call means. This module never blocks for long.

use std::{
    io,
    os::fd::{BorrowedFd, OwnedFd},
    time::{Duration, Instant},
};

use evidence::{Observation, ObservationLimit};
use rustc_hash::FxHashSet;
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
    sys,
    virtual_disk::{HeldCall, VirtualDisk},
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

/// The largest number of threads with which the observer takes turns on one processor. To wake a thread on another
/// processor takes longer than most threads run between two calls. With many threads, the time for which all of them
/// run together is longer.
const MAX_TURN_TAKERS: usize = 16;

/// The smallest number of rounds after which an observation ends, however few the data files are.
const MIN_ROUNDS_LIMIT: u32 = 1000;

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
        filter::here(config.scope)
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
        let files = if is_observed {
            DataFiles::scan(&data)?
        } else {
            DataFiles::default()
        };
        sys::end_waits_on_time();
        let start = Instant::now();
        let sampler = ProcSampler::new(start, listener.try_clone()?);
        Ok(Self {
            listener: Listener::new(listener),
            is_observed,
            options,
            ledger: Ledger::new(files.len()),
            files,
            opens: Opens::default(),
            disk: VirtualDisk::default(),
            detector: QuiescenceDetector::new(sampler, root.as_raw_nonzero().get()),
            wait_policy: WaitPolicy::default(),
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
        (!self.is_closed).then(|| self.listener.as_fd())
    }

    fn deadline(&self) -> Option<Duration> {
        self.next_check
            .map(|next| next.saturating_sub(self.start.elapsed()))
    }

    fn paused_for(&self) -> Duration {
        self.time_held()
    }

    fn discount(&mut self, lost: Duration) {
        self.step_start = (self.step_start + lost).min(self.start.elapsed());
    }

    fn longest_pause(config: &ReadObserverConfig) -> Duration {
        config.options.hold_limit
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
            if !self.disk.held().is_empty()
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
                Some(timeout) => self.listener.wait(timeout, &[])?,
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
                Readiness::Timeout | Readiness::Interrupted | Readiness::Output => {}
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
        let slept = self.wait_policy.slept();
        self.ledger.close(self.disk, self.exceeded, slept)
    }
}

impl ReadObserver {
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
        self.next_check = match self.disk.held() {
            [] => None,
            // All threads that ran have held reads again: probably no other thread runs.
            _ if self.likely_running.is_empty() => Some(now),
            _ => Some((now + self.quiet_time()).min(self.forced_check().max(now))),
        };
        Ok(())
    }

    /// Check whether the program is quiescent, and if so move the clock.
    fn check_quiescence(
        &mut self,
        now: Duration,
        outputs: &[BorrowedFd<'_>],
    ) -> io::Result<AfterCheck> {
        if self.disk.held().is_empty() {
            self.next_check = None;
            return Ok(AfterCheck::GoOn);
        }
        self.last_check = now;
        let held = self.disk.held().iter();
        let held: FxHashSet<i32> = held.map(|read| read.notification.tid).collect();
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
                Pending::Nothing => self.advance(self.last_check)?,
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
            let held_before = self.disk.held().len();
            self.handle(notification)?;
            let is_held = self.disk.held().len() > held_before;
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

    /// The limit that was exceeded, if any.
    fn exceeded_limit(&self, now: Duration) -> Option<ObservationLimit> {
        let ms = |limit: Duration| u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
        let options = &self.options;
        let files = u32::try_from(self.files.len()).unwrap_or(u32::MAX);
        let rounds = files
            .saturating_mul(options.rounds_per_file)
            .max(MIN_ROUNDS_LIMIT);
        if now.saturating_sub(self.step_start) > options.rest_limit {
            Some(ObservationLimit::NotQuiescent {
                limit_ms: ms(options.rest_limit),
            })
        } else if self.busy_time > options.restless_limit {
            Some(ObservationLimit::BusyThreads {
                limit_ms: ms(options.restless_limit),
            })
        } else if self.time_held() > options.hold_limit {
            Some(ObservationLimit::HeldTooLong {
                limit_ms: ms(options.hold_limit),
            })
        } else if self.disk.rounds() >= rounds {
            Some(ObservationLimit::TooManyRounds { limit: rounds })
        } else {
            None
        }
    }

    /// End the observation early. From now on the program runs unobserved.
    fn stop(&mut self, limit: ObservationLimit) -> io::Result<()> {
        self.time_held_before = self.time_held();
        self.exceeded = Some(limit);
        self.ledger.held_at_limit = self.disk.held().len();
        self.next_check = None;
        for read in self.disk.release_all() {
            self.listener
                .respond(read.notification.id, Response::Continue)?;
        }
        Ok(())
    }

    /// Move the clock to the next time at which a held read is due, and let all reads return that are due then.
    fn advance(&mut self, now: Duration) -> io::Result<()> {
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
        }
        self.record_running_threads();
        self.next_check = None;
        self.likely_running.clear();
        self.ledger.record_overlap(self.disk.held());
        let due = self.disk.take_due();
        self.listener
            .take_turns(due.len() + self.disk.held().len() <= MAX_TURN_TAKERS);
        let mut served = Vec::new();
        for read in due {
            let Notification { id, tid, .. } = read.notification;
            if self.listener.respond(id, Response::Continue)? {
                self.likely_running.insert(tid);
                self.ledger.served(&read);
                served.push(read);
            } else {
                // The thread was killed while its read was held.
                self.ledger.cut_off(1);
            }
        }
        self.disk.advance(&served);
        if !self.disk.held().is_empty() {
            self.step_start = self.start.elapsed();
            self.next_check = Some(self.step_start + self.quiet_time());
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

    fn handle(&mut self, notification: Notification) -> io::Result<()> {
        let tid = notification.tid;
        match self.disk.find_held(&notification) {
            HeldCall::Repeated => return Ok(()),
            HeldCall::Abandoned => self.ledger.cut_off(1),
            HeldCall::None => {}
        }
        let call = syscall_table::find(notification.number);
        let nothing_held = self.disk.held().is_empty();
        let response = if !self.is_observed || self.exceeded.is_some() {
            let response = self.handlers().handle_unobserved(call, notification)?;
            Some(response)
        } else if let Some(call) = call {
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
            self.listener.respond(notification.id, response)?;
        } else {
            self.likely_running.remove(&tid);
            if nothing_held {
                self.step_start = self.start.elapsed();
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
