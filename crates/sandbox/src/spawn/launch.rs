//! All that the start of a job needs to know. Plain data.

use std::{io, os::fd::OwnedFd};

use crate::{
    host::{cgroup::Group, mode::Mode},
    job::Job,
};

/// Tasks beyond the limit that `RLIMIT_NPROC` leaves, so that whoever counts sees the limit passed
/// before the kernel refuses: only then do we know that it was hit.
pub(crate) const SLACK: u64 = 64;

/// Installs the filter of a [`Monitor`](crate::Monitor) on this process and returns its listener.
pub(crate) type InstallMonitor = fn() -> io::Result<OwnedFd>;

/// All that a start needs to know.
pub(crate) struct Launch<'a> {
    pub(crate) job: &'a Job,
    pub(crate) mode: &'a Mode,
    /// The user that the job runs as, where that is not us.
    pub(crate) user: Option<u32>,
    /// `RLIMIT_NPROC`, where it counts something that we know.
    pub(crate) most_tasks: Option<u64>,
    pub(crate) group: Option<&'a Group>,
    /// Puts the monitor's filter on the new process.
    pub(crate) install_monitor: Option<InstallMonitor>,
    /// Whether to stop right before the program would start: a trial of the layers.
    pub(crate) trial: bool,
}
