//! The interface of a monitor, which watches a job's system calls from outside while the job runs.
//!
//! A monitor is part of the supervisor: it runs in the supervisor's one loop and must never block for long. By
//! its filter, the kernel reports some of the job's system calls to it (seccomp user notification), and the
//! job waits for its answer.

use std::{
    fmt::Debug,
    io,
    os::fd::{BorrowedFd, OwnedFd},
    time::Duration,
};

use rustix::process::Pid;
use serde::{Serialize, de::DeserializeOwned};

use crate::bpf::{Answer, Case, Filter};

/// Watches one job, from before its first instruction until no process of it is left.
pub trait Monitor: Sized {
    /// Its configuration for one job. The client sends it to the supervisor as JSON.
    type Config: Clone + Debug + Serialize + DeserializeOwned;
    /// What it saw. The supervisor sends it to the client as JSON.
    type Report: Debug + Serialize + DeserializeOwned;

    /// Which calls are reported to the monitor, by [`Answer::Notify`]. It is
    /// installed before the filter that refuses: both filters see every call, and the stricter answer wins.
    /// From then on the job makes no call but `seccomp`, `sendmsg`, `execve` and `poll` until its program runs.
    ///
    /// For a job that [may connect](crate::Job::may_connect), its first case of `connect` must have no condition and not
    /// allow the call.
    fn filter(config: &Self::Config) -> Filter;

    /// Start to watch the job whose first process is `root`.
    ///
    /// # Errors
    /// What `config` names cannot be read.
    fn attach(config: Self::Config, listener: OwnedFd, root: Pid) -> io::Result<Self>;

    /// The descriptor at which notifications arrive, for `poll`. `None` when no process is left that could
    /// cause one.
    fn as_fd(&self) -> Option<BorrowedFd<'_>>;

    /// How long from now until [`serve`](Self::serve) must be called even if nothing arrives.
    fn deadline(&self) -> Option<Duration>;

    /// The supervisor has read so many bytes of the job's standard output until now. It says so before each call of
    /// [`serve`](Self::serve).
    fn output_read(&mut self, bytes: u64) {
        let _ = bytes;
    }

    /// Answer the notifications that have arrived. Returns early when the job has written to one of `outputs`,
    /// which the supervisor must read before the job can go on.
    ///
    /// # Errors
    /// The listener is broken, or the job's processes cannot be read.
    fn serve(&mut self, outputs: &[BorrowedFd<'_>]) -> io::Result<()>;

    /// Real time so far in which the monitor made the job wait. It does not count against the job's limit.
    fn paused_for(&self) -> Duration;

    /// The job lost this real time, because it had no processor although it could run. It is part of the time since the
    /// monitor last served, and counts against no limit on real time.
    fn discount(&mut self, lost: Duration);

    /// The longest that [`paused_for`](Self::paused_for) can become.
    fn longest_pause(config: &Self::Config) -> Duration;

    /// The report, once no process of the job is left.
    fn finish(self) -> Self::Report;
}

/// The configuration of [`NoMonitor`], of which there is none.
#[derive(Debug, Clone, Serialize, serde::Deserialize)]
pub enum NoConfig {}

/// The monitor of programs whose jobs have none.
#[derive(Debug)]
pub enum NoMonitor {}

impl Monitor for NoMonitor {
    type Config = NoConfig;
    type Report = ();

    fn filter(config: &NoConfig) -> Filter {
        match *config {}
    }

    fn attach(config: NoConfig, _: OwnedFd, _: Pid) -> io::Result<Self> {
        match config {}
    }

    fn as_fd(&self) -> Option<BorrowedFd<'_>> {
        match *self {}
    }

    fn deadline(&self) -> Option<Duration> {
        match *self {}
    }

    fn serve(&mut self, _: &[BorrowedFd<'_>]) -> io::Result<()> {
        match *self {}
    }

    fn paused_for(&self) -> Duration {
        match *self {}
    }

    fn discount(&mut self, _: Duration) {
        match *self {}
    }

    fn longest_pause(config: &NoConfig) -> Duration {
        match *config {}
    }

    fn finish(self) {
        match self {}
    }
}

/// The configuration of [`RefusesConnections`].
#[doc(hidden)]
#[derive(Debug, Clone, Serialize, serde::Deserialize)]
pub struct RefusingConfig {
    /// Whether its filter has a case for `connect` at all.
    pub refuses: bool,
}

/// The monitor of a job that may connect and finds nobody who answers. Only tests have such jobs.
#[doc(hidden)]
#[derive(Debug)]
pub struct RefusesConnections;

impl Monitor for RefusesConnections {
    type Config = RefusingConfig;
    type Report = ();

    fn filter(config: &RefusingConfig) -> Filter {
        let refusal = u16::try_from(libc::ECONNREFUSED).unwrap_or(u16::MAX);
        let connect = u32::try_from(libc::SYS_connect).ok();
        let refused = connect.filter(|_| config.refuses).map(|number| Case {
            number,
            conditions: Vec::new(),
            answer: Answer::Errno(refusal),
        });
        Filter {
            cases: refused.into_iter().collect(),
            ..Filter::default()
        }
    }

    fn attach(_: RefusingConfig, _: OwnedFd, _: Pid) -> io::Result<Self> {
        Ok(Self)
    }

    fn as_fd(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    fn deadline(&self) -> Option<Duration> {
        None
    }

    fn serve(&mut self, _: &[BorrowedFd<'_>]) -> io::Result<()> {
        Ok(())
    }

    fn paused_for(&self) -> Duration {
        Duration::ZERO
    }

    fn discount(&mut self, _: Duration) {}

    fn longest_pause(_: &RefusingConfig) -> Duration {
        Duration::ZERO
    }

    fn finish(self) {}
}
