//! Watches a running job: reads its output, serves its monitor, and says when and why it is over.
//!
//! Hides which descriptors are waited on, and which real time counts against no limit. Never kills.

use std::{
    io,
    os::fd::{AsFd, BorrowedFd},
    time::{Duration, Instant},
};

use evidence::Termination;
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
};

use super::stream::Stream;
use crate::{
    accounting::{
        explain::{Shortage, limit_ms},
        limits_monitor::{LimitsMonitor, TICK},
        progress::{self, NoProgress, ProgressMonitor},
    },
    client::protocol::SupervisorRequest,
    monitor::Monitor,
    spawn::channel::{Channel, Message},
    standstill::Standstill,
};

/// The shortest real time that the supervisor sleeps when only a sample is due, so that it does not spin.
const SHORTEST_SLEEP: Duration = Duration::from_micros(100);

/// Why the supervisor stopped watching.
pub(super) enum Ended {
    /// The job's first process ended. `status` is its status, if it is known already; `others` says whether
    /// other processes are alive.
    Exited { status: Option<i32>, others: bool },
    /// The job exceeded a limit, or nothing of it ran at all.
    Stopped(Termination),
    /// The client has closed its side.
    ClientGone,
}

impl Ended {
    /// Whether the job was stopped while it may have waited for something.
    pub(super) fn may_have_waited(&self) -> bool {
        matches!(
            self,
            Self::Stopped(
                Termination::WallLimit { .. }
                    | Termination::CpuLimit { .. }
                    | Termination::Deadlock
            )
        )
    }
}

/// Where the supervisor learns about the job's end.
pub(super) struct Sources<'a> {
    /// Our child.
    pidfd: BorrowedFd<'a>,
    /// The first process of the job's namespace, if it has one.
    control: Option<&'a Channel>,
}

impl<'a> Sources<'a> {
    pub(super) fn new(pidfd: BorrowedFd<'a>, control: Option<&'a Channel>) -> Self {
        Self { pidfd, control }
    }
}

/// Real time that counts against no limit of the job.
pub(super) struct LostTime {
    /// Nothing ran.
    pub(super) standstill: Standstill,
    /// The job had no processor.
    progress: ProgressMonitor,
}

impl LostTime {
    /// That of a job which starts at this time.
    pub(super) fn new(start: Instant, progress: ProgressMonitor) -> Self {
        Self {
            standstill: Standstill::new(start),
            progress,
        }
    }

    fn total(&self) -> Duration {
        self.standstill.total() + self.progress.starved()
    }

    /// This process goes on after a wait, or after work.
    fn resume(&mut self, now: Instant) {
        if self.standstill.resume(now).is_some() {
            // The job did not run either, and the time is taken off once.
            self.progress.begin_anew();
        }
    }

    /// Whether the job is in a deadlock. If it has no processor, that time is taken off. `notified` says that it made a
    /// call since the last time.
    fn is_deadlock<M: Monitor>(
        &mut self,
        notified: bool,
        monitor: Option<&mut M>,
    ) -> io::Result<bool> {
        if notified {
            self.progress.begin_anew();
            return Ok(false);
        }
        match self.progress.poll(Instant::now())? {
            Some(NoProgress::Deadlock) => return Ok(true),
            Some(NoProgress::NoProcessor(time)) => {
                if let Some(monitor) = monitor {
                    monitor.discount(time);
                }
                if self.progress.starved() > progress::LONGEST {
                    let seconds = progress::LONGEST.as_secs();
                    return Err(Shortage::Processor { seconds }.into());
                }
            }
            None => {}
        }
        Ok(false)
    }
}

/// Read the job's output and serve its monitor, until its first process ends, it exceeds a limit, or the
/// client is gone.
pub(super) fn watch<M: Monitor>(
    request: &SupervisorRequest<M::Config>,
    sources: &Sources<'_>,
    streams: &mut [Stream; 2],
    limits_monitor: &mut LimitsMonitor<'_>,
    mut monitor: Option<&mut M>,
    start: Instant,
    lost: &mut LostTime,
) -> io::Result<Ended> {
    let limits = &request.job.limits;
    let mut next_poll = start + TICK;
    let mut notified = false;
    loop {
        lost.resume(Instant::now());
        if let Some(monitor) = monitor.as_deref_mut()
            && (notified || monitor.deadline() == Some(Duration::ZERO))
        {
            let open = streams.iter().filter(|stream| !stream.closed);
            let outputs: Vec<_> = open.map(|stream| stream.pipe.as_fd()).collect();
            lost.standstill.wait(Instant::now(), TICK);
            monitor.output_read(streams[0].capture.total());
            monitor.serve(&outputs)?;
            lost.resume(Instant::now());
        }
        if lost.is_deadlock(notified, monitor.as_deref_mut())? {
            return Ok(Ended::Stopped(Termination::Deadlock));
        }
        // Time in which the monitor holds the job does not count against the job's limit.
        let paused = monitor.as_deref().map_or(Duration::ZERO, M::paused_for);
        // Nor does time in which nothing ran, or everything but the job.
        let spent = start.elapsed().saturating_sub(paused + lost.total());
        let Some(left) = limits
            .wall
            .checked_sub(spent)
            .filter(|left| !left.is_zero())
        else {
            return Ok(Ended::Stopped(Termination::WallLimit {
                limit_ms: limit_ms(limits.wall),
            }));
        };
        let now = Instant::now();
        if now >= next_poll {
            if let Some(termination) = limits_monitor.poll(now)? {
                return Ok(Ended::Stopped(termination));
            }
            next_poll = now + TICK;
        }
        let mut sleep = left
            .min(next_poll.saturating_duration_since(now))
            .max(SHORTEST_SLEEP);
        if let Some(deadline) = monitor.as_deref().and_then(M::deadline) {
            sleep = sleep.min(deadline);
        }
        let listener = monitor.as_deref().and_then(M::as_fd);
        lost.standstill.wait(Instant::now(), sleep);
        let ready = wait(sources, streams, listener, sleep)?;
        notified = ready.monitor;
        for (stream, ready) in streams.iter_mut().zip([ready.stdout, ready.stderr]) {
            if ready {
                stream.read_once()?;
            }
            if stream.capture.total() > limits.output_bytes {
                return Ok(Ended::Stopped(Termination::OutputLimit {
                    limit_bytes: limits.output_bytes,
                }));
            }
        }
        if ready.client {
            return Ok(Ended::ClientGone);
        }
        if ready.control
            && let Some(control) = sources.control
            && let Some((Message::Ended { status, others }, _)) = control.recv()?
        {
            return Ok(Ended::Exited {
                status: Some(status),
                others,
            });
        }
        if ready.ended || ready.control {
            return Ok(Ended::Exited {
                status: None,
                others: false,
            });
        }
    }
}

/// Which sources have something for the supervisor.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "one for each source")]
struct Ready {
    /// Our child has ended.
    ended: bool,
    /// The first process of the namespace sent a message.
    control: bool,
    /// The client closed its side.
    client: bool,
    stdout: bool,
    stderr: bool,
    /// A notification waits for the monitor.
    monitor: bool,
}

/// Wait until a source has something for the supervisor, for `timeout` at most.
fn wait(
    sources: &Sources<'_>,
    streams: &[Stream; 2],
    monitor: Option<BorrowedFd<'_>>,
    timeout: Duration,
) -> io::Result<Ready> {
    let stdin = io::stdin();
    // A closed pipe would always be ready, so it is left out.
    let sources: [Option<BorrowedFd<'_>>; 6] = [
        Some(sources.pidfd),
        sources.control.map(AsFd::as_fd),
        Some(stdin.as_fd()),
        (!streams[0].closed).then(|| streams[0].pipe.as_fd()),
        (!streams[1].closed).then(|| streams[1].pipe.as_fd()),
        monitor,
    ];
    let mut fds: Vec<PollFd<'_>> = sources
        .iter()
        .flatten()
        .map(|&fd| PollFd::from_borrowed_fd(fd, PollFlags::IN))
        .collect();
    let timeout = Timespec::try_from(timeout).map_err(io::Error::other)?;
    match poll(&mut fds, Some(&timeout)) {
        Ok(0) | Err(Errno::INTR) => return Ok(Ready::default()),
        Ok(_) => {}
        Err(error) => return Err(error.into()),
    }
    let mut results = fds.iter().map(|fd| !fd.revents().is_empty());
    let [ended, control, client, stdout, stderr, monitor] =
        sources.map(|source| source.is_some() && results.next().unwrap_or(false));
    Ok(Ready {
        ended,
        control,
        client,
        stdout,
        stderr,
        monitor,
    })
}
